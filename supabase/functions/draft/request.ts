// What may be asked of the model: a text for a text, and no more.

export type Path = "responses" | "chat/completions";
export type Asked = { body: Record<string, unknown>; tokens: number } | { refused: string };

const LARGEST = 200_000;
// Tokens that an answer may have, unless the request says less.
const [DEFAULT_TOKENS, MOST_TOKENS] = [8_000, 32_000];
const KEYS: Record<Path, string[]> = {
  "responses": [
    "model", "input", "instructions", "text", "max_output_tokens", "stream", "store",
    "reasoning", "temperature", "top_p",
  ],
  "chat/completions": [
    "model", "messages", "response_format", "max_completion_tokens", "stream", "stream_options",
    "store", "reasoning_effort", "temperature", "top_p",
  ],
};
const BOUNDS: Record<Path, string> = {
  "responses": "max_output_tokens",
  "chat/completions": "max_completion_tokens",
};

/** Check a request, and say how many tokens it may take, its own included. */
export function checked(path: Path, text: string): Asked {
  if (text.length > LARGEST) return { refused: "too_large" };
  const body = parsed(text);
  if (!body || Object.keys(body).some((key) => !KEYS[path].includes(key))) {
    return { refused: "request_refused" };
  }
  if (!isText(body.input ?? body.messages)) return { refused: "request_refused" };
  if (typeof body.model !== "string" || !isAllowed(body.model)) return { refused: "model_refused" };
  const most = body[BOUNDS[path]] ?? DEFAULT_TOKENS;
  if (!Number.isInteger(most) || Number(most) < 1) return { refused: "request_refused" };
  const bound = Math.min(Number(most), MOST_TOKENS);
  // A token has three bytes at least, in the languages that are written most densely.
  const read = Math.ceil(new TextEncoder().encode(text).length / 3);
  return { body: { ...body, store: false, [BOUNDS[path]]: bound }, tokens: read + bound };
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const body = JSON.parse(text);
    return body && typeof body === "object" && !Array.isArray(body) ? body : null;
  } catch {
    return null;
  }
}

/** Text alone: no images, files or tools, which cost what nobody has counted. */
function isText(asked: unknown): boolean {
  if (typeof asked === "string") return true;
  return Array.isArray(asked) && asked.every((one) => typeof one?.content === "string");
}

/** DRAFT_MODELS names those that are allowed, with commas between; all are without it. */
function isAllowed(model: string): boolean {
  const allowed = (Deno.env.get("DRAFT_MODELS") ?? "").split(",").map((name) => name.trim());
  return /^[\w.:/-]{1,100}$/.test(model) && (allowed.join("") === "" || allowed.includes(model));
}
