// The language model behind the server: /draft/responses and /draft/chat/completions, as
// OpenAI has them, for users of the project. The key stays here; each user has a budget for
// the day, which the database keeps; and nothing that is asked or answered is logged.

import { background } from "../_shared/background.ts";
import { Budget } from "./budget.ts";
import { refuse, refusal, withCors } from "./answers.ts";
import { checked, type Path } from "./request.ts";
import { metered } from "./usage.ts";

const OPENAI = "https://api.openai.com/v1";
const PATHS: Record<string, Path> = {
  "/draft/responses": "responses",
  "/draft/chat/completions": "chat/completions",
};
const PASSED = ["content-type", "retry-after", "x-request-id"];

/** Ask the model; `null` if it can't be reached. */
async function ask(path: Path, body: unknown, signal: AbortSignal): Promise<Response | null> {
  const base = (Deno.env.get("OPENAI_BASE_URL") || OPENAI).replace(/\/+$/, "");
  try {
    return await fetch(`${base}/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${Deno.env.get("OPENAI_API_KEY")}`,
      },
      body: JSON.stringify(body),
      redirect: "error",
      signal,
    });
  } catch {
    return null;
  }
}

async function draft(request: Request, path: Path): Promise<Response> {
  if (!Deno.env.get("OPENAI_API_KEY")) return refuse("not_configured");
  const authorization = request.headers.get("authorization") ?? "";
  const asked = checked(path, await request.text());
  if ("refused" in asked) return refuse(asked.refused);
  const budget = new Budget(authorization);
  if (!await budget.isUsers()) return refuse("not_signed_in");
  const refused = await budget.begin(asked.tokens);
  if (refused) return refuse(refused);
  const answer = await ask(path, asked.body, request.signal);
  if (!answer?.ok) {
    // No answer may have been one that was lost: it stays spent.
    if (answer) background(budget.settle(0));
    return await failed(answer);
  }
  const headers = new Headers();
  for (const name of PASSED) {
    const value = answer.headers.get(name);
    if (value) headers.set(name, value);
  }
  const isStream = headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const settle = (tokens: number) => background(budget.settle(tokens));
  const body = answer.body && metered(answer.body, isStream, settle);
  return new Response(body, { status: 200, headers });
}

/** An error of the model's server is the user's to see, but for one of our own key's. */
async function failed(answer: Response | null): Promise<Response> {
  if (!answer) return refuse("unreachable");
  console.warn(`draft: the model's server answered ${answer.status}`);
  if (answer.status === 401 || answer.status === 403) {
    await answer.body?.cancel();
    return refuse("key_refused");
  }
  const later = answer.headers.get("retry-after");
  return refusal(answer.status, await answer.text(), later ? { "retry-after": later } : {});
}

Deno.serve(async (request) => {
  const path = PATHS[new URL(request.url).pathname];
  if (request.method === "OPTIONS") return withCors(new Response(null, { status: 204 }));
  if (!path || request.method !== "POST") return withCors(refuse("not_found"));
  try {
    return withCors(await draft(request, path));
  } catch (error) {
    console.error(`draft: ${(error as Error).name}`);
    return withCors(refuse("unreachable"));
  }
});
