// What a token says that this stack's Auth has signed.

import { createHmac, timingSafeEqual } from "node:crypto";

// A client comes back with its token a thousand times: what was checked once is good until it ends.
const MOST = 256;
const known = new Map();

/** The claims of a good token in an Authorization header; undefined for anything else. */
export function claimsOf(secret, authorization) {
  const key = `${secret} ${authorization}`;
  const claims = known.get(key) ?? signedClaims(secret, authorization);
  if (!claims || !isNow(claims)) return undefined;
  if (known.size >= MOST) known.clear();
  known.set(key, claims);
  return claims;
}

function signedClaims(secret, authorization) {
  const [scheme, token, ...rest] = (authorization ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer" || rest.length || !token) return undefined;
  const [head, body, signature, ...more] = token.split(".");
  if (!signature || more.length) return undefined;
  const meant = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== meant.length || !timingSafeEqual(given, meant)) return undefined;
  const claims = read(body);
  return read(head)?.alg === "HS256" ? claims : undefined;
}

function read(part) {
  try {
    const value = JSON.parse(Buffer.from(part, "base64url").toString());
    return value && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isNow({ exp, nbf, iat }) {
  const now = Date.now() / 1000;
  const times = [exp, nbf, iat].filter((time) => time !== undefined);
  if (times.some((time) => typeof time !== "number")) return false;
  return !(exp <= now) && !(nbf > now) && !(iat > Math.floor(now));
}
