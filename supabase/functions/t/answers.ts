// What links answer.

import { text } from "../_shared/answers.ts";

export const PRIVATE = {
  "cache-control": "no-store, private",
  "referrer-policy": "no-referrer",
  "x-robots-tag": "noindex, nofollow",
};

/** Lead on, to an address that comes out byte for byte: as its octets in UTF-8. */
export function redirect(address: string): Response {
  const octets = Array.from(new TextEncoder().encode(address), (each) => String.fromCharCode(each));
  return new Response(null, { status: 302, headers: { ...PRIVATE, location: octets.join("") } });
}

/** Nothing is here for whoever has no valid token. */
export function notThere(): Response {
  return text(404, "This link isn't valid (any more).");
}
