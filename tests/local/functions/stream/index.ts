// Sends a second part only after the first was read by somebody: waits for being told so.
let told: () => void;
Deno.serve((request) => {
  if (request.method === "POST") {
    told();
    return new Response(null, { status: 204 });
  }
  const more = new Promise<void>((resolve) => (told = resolve));
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode("first"));
      await more;
      controller.enqueue(new TextEncoder().encode("second"));
      controller.close();
    },
  });
  return new Response(body);
});
