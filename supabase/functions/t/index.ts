// Links in messages: /t/c/<token> leads on, /t/o/<token> is a pixel, /t/u/<token> unsubscribes.

import { text } from "../_shared/answers.ts";
import { background } from "../_shared/background.ts";
import { notThere, PRIVATE, redirect } from "./answers.ts";
import { label } from "./actor.ts";
import { note } from "./note.ts";
import { Reader } from "./token.ts";
import { unsubscribe } from "./unsubscribe.ts";

// How long a redirect waits to hear that its link has been revoked, how many wait at a time, and
// how long nobody does once an answer was late. A database that is slow, busy or down keeps
// nobody: the redirect goes on, and the note is taken after it.
const VERDICT_MS = 150;
const MOST_WAITING = 2;
const REST_MS = 1_000;
let waiting = 0;
let restsUntil = 0;
// Keys that the database has called revoked, late or in time: nobody waits for these again.
const revoked = new Set<string>();
const REVOKED_KEPT = 1_000;
const GIF = Uint8Array.from(
  atob("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="),
  (character) => character.charCodeAt(0),
);

const reader = new Reader(Deno.env.get("CAMPAIGN_LINK_KEY") ?? "");

async function click(request: Request, token: string): Promise<Response> {
  const visit = await reader.read("click", token);
  if (!visit) return notThere();
  const key = `${visit.owner} ${visit.keyId}`;
  if (revoked.has(key)) return notThere();
  const noted = note("click", token, label("click", request)).then((isGood) => {
    if (!isGood && revoked.size < REVOKED_KEPT) revoked.add(key);
    return isGood;
  });
  background(noted);
  if (!(await verdict(noted))) return notThere();
  return redirect(visit.address);
}

async function open(request: Request, token: string): Promise<Response> {
  if (!(await reader.read("open", token))) return notThere();
  background(note("open", token, label("open", request)));
  return new Response(GIF, {
    headers: { ...PRIVATE, "content-type": "image/gif", "content-length": String(GIF.length) },
  });
}

/** What the database says in time; true if it takes longer, or others wait already. */
async function verdict(noted: Promise<boolean>): Promise<boolean> {
  if (waiting >= MOST_WAITING || performance.now() < restsUntil) return true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(resolve, VERDICT_MS, null)));
  waiting++;
  const said = await Promise.race([noted, late]);
  waiting--;
  clearTimeout(timer);
  if (said === null) restsUntil = performance.now() + REST_MS;
  return said ?? true;
}

const DOORS = new Map([["c", click], ["o", open], ["u", unsubscribe]]);
const READS = ["GET", "HEAD"];

Deno.serve(async (request) => {
  const [, , kind, token, ...more] = new URL(request.url).pathname.split("/");
  const door = DOORS.get(kind);
  if (!door || !token || more.length) return notThere();
  const methods = kind === "u" ? [...READS, "POST"] : READS;
  if (methods.includes(request.method)) return await door(request, token);
  return text(405, "This can't be done with a link.", { allow: methods.join(", ") });
});
