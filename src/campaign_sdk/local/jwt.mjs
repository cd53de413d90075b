// What `verify_jwt` asks of a request: a token that this stack's Auth has signed.

import { createHmac, timingSafeEqual } from "node:crypto";

/** Whether an Authorization header holds a token signed with `secret` that hasn't expired. */
export function signedBy(secret, authorization) {
  const [scheme, token, ...rest] = (authorization ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer" || rest.length || !token) return false;
  const [head, body, signature, ...more] = token.split(".");
  if (!signature || more.length) return false;
  const meant = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== meant.length || !timingSafeEqual(given, meant)) return false;
  const { exp } = JSON.parse(Buffer.from(body, "base64url").toString());
  return typeof exp !== "number" || exp > Date.now() / 1000;
}
