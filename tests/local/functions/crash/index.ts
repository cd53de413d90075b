// Ends in the middle of a request when told to.
Deno.serve(async (request) => {
  if ((await request.text()) === "crash") Deno.exit(3);
  return new Response("here");
});
