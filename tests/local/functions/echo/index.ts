// Says what it was asked, and what it may do.
Deno.serve(async (request) => {
  const url = new URL(request.url);
  if (url.searchParams.has("status")) {
    return new Response(null, { status: 302, headers: { location: "https://example.com/%C3%A9" } });
  }
  return Response.json({
    method: request.method,
    path: url.pathname,
    search: url.search,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
    environment: Deno.env.toObject(),
    permissions: {
      read: (await Deno.permissions.query({ name: "read" })).state,
      write: (await Deno.permissions.query({ name: "write" })).state,
      run: (await Deno.permissions.query({ name: "run" })).state,
      net: (await Deno.permissions.query({ name: "net" })).state,
      stack: (await Deno.permissions.query({
        name: "net",
        host: new URL(Deno.env.get("SUPABASE_URL") ?? "").host,
      })).state,
      named: (await Deno.permissions.query({ name: "net", host: "127.0.0.1:9" })).state,
    },
  });
});
