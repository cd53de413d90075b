// Answers that more than one function gives.

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** Plain text: hosted turns a function's HTML into it anyhow. */
export function text(status: number, words: string, headers: HeadersInit = {}): Response {
  return new Response(`${words}\n`, {
    status,
    headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

/** JSON, for programs. */
export function json(status: number, body: unknown, headers: HeadersInit = {}): Response {
  return Response.json(body, { status, headers: { ...HEADERS, ...headers } });
}
