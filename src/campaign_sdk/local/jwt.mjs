// What a token says that this stack's Auth has signed.

import { createHmac, timingSafeEqual } from "node:crypto";

/** The claims of a good token in an Authorization header; undefined for anything else. */
export function claimsOf(secret, authorization) {
  const [scheme, token, ...rest] = (authorization ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer" || rest.length || !token) return undefined;
  const [head, body, signature, ...more] = token.split(".");
  if (!signature || more.length) return undefined;
  const meant = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== meant.length || !timingSafeEqual(given, meant)) return undefined;
  const claims = JSON.parse(Buffer.from(body, "base64url").toString());
  return isNow(claims) ? claims : undefined;
}

function isNow({ exp, nbf, iat }) {
  const now = Date.now() / 1000;
  return !(exp <= now) && !(nbf > now) && !(iat > now);
}
