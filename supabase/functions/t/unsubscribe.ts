// Unsubscribing. Scanners open every link of a message: opening one never unsubscribes. A POST
// does (RFC 8058), at once, without a redirect and without a cookie.

import { text } from "../_shared/answers.ts";
import { call } from "../_shared/database.ts";
import { notThere, redirect } from "./answers.ts";

const ASK_MS = 5_000;
const BY_HAND =
  "To unsubscribe, use the button of your mail program, or answer the message and say so.\n" +
  "Opening this page has changed nothing.";
const LATER = "This didn't work just now. Please try again in a few minutes.";

/** Answer a request to an unsubscribe link. */
export async function unsubscribe(request: Request, token: string): Promise<Response> {
  // What a program sends along says nothing that the link doesn't say.
  await request.body?.cancel();
  return request.method === "POST" ? await end(token) : await show(token);
}

async function end(token: string): Promise<Response> {
  const answer = await ask("unsubscribe_by_link", token);
  if (!answer.ok) return text(503, LATER, { "retry-after": "300" });
  return answer.data === true ? text(200, "You are unsubscribed.") : notThere();
}

async function show(token: string): Promise<Response> {
  const answer = await ask("unsubscribe_page", token);
  if (!answer.ok) return text(200, BY_HAND);
  if (answer.data === null) return notThere();
  const page = String(answer.data);
  return page ? redirect(page) : text(200, BY_HAND);
}

function ask(name: string, token: string) {
  return call(name, { token }, AbortSignal.timeout(ASK_MS));
}
