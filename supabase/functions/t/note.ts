// Noting a visit: three tries, and if all fail, a line in the log that says nothing of whom.

import { type Answer, call } from "../_shared/database.ts";
import type { Label } from "./actor.ts";
import type { Kind } from "./token.ts";

const TRIES = 3;
const PAUSE_MS = [1_000, 5_000];
const TRY_MS = 5_000;

/** Have a visit noted; false if the database says that the link isn't valid any more. */
export async function note(kind: Kind, token: string, { actor, rule }: Label): Promise<boolean> {
  const visit = { token, at: new Date().toISOString(), actor, rule };
  for (let tried = 1;; tried++) {
    const answer = await call("note_visit", visit, AbortSignal.timeout(TRY_MS));
    if (answer.ok) return answer.data !== false;
    if (tried === TRIES || !isWorthAnother(answer)) return lost(kind, answer);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS[tried - 1]));
  }
}

/** What the database has refused it will refuse again. */
function isWorthAnother(answer: Answer): boolean {
  return !answer.ok && (answer.status === 0 || answer.status === 429 || answer.status >= 500);
}

function lost(kind: Kind, answer: Answer): boolean {
  const why = answer.ok ? "" : `${answer.status} ${answer.code}`.trim();
  console.error(JSON.stringify({ lost: kind, at: new Date().toISOString(), why }));
  return true;
}
