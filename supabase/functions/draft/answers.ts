// Refusals in OpenAI's own shape, so that its libraries read them; and what browsers ask for.

const REFUSALS: Record<string, [status: number, message: string]> = {
  not_found: [404, "There is nothing here."],
  not_signed_in: [401, "The session isn't valid."],
  not_configured: [501, "The function draft has no OPENAI_API_KEY."],
  key_refused: [502, "The OPENAI_API_KEY of the function draft is refused."],
  budget_exceeded: [429, "Today's budget for drafting is used up."],
  model_refused: [400, "This model isn't allowed here."],
  request_refused: [400, "This request isn't one for a draft."],
  too_large: [413, "The request is too large."],
  unreachable: [503, "The model can't be reached."],
};

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*, authorization",
  "access-control-allow-methods": "POST",
  "access-control-expose-headers": "retry-after, x-request-id",
};

/** Refuse with a code of ours: `draft_…`. */
export function refuse(code: string): Response {
  const [status, message] = REFUSALS[code];
  const error = { message, type: "draft", param: null, code: `draft_${code}` };
  return refusal(status, JSON.stringify({ error }));
}

export function refusal(status: number, body: string, headers: HeadersInit = {}): Response {
  const kind = { "content-type": "application/json", "cache-control": "no-store" };
  return new Response(body, { status, headers: { ...kind, ...headers } });
}

/** Any page may ask: what it shows is the user's token, never a cookie. */
export function withCors(response: Response): Response {
  for (const [name, value] of Object.entries(CORS)) response.headers.set(name, value);
  return response;
}
