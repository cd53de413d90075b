// Who asks, told by the token that this stack has signed.
//
// Lite checks a token twice, each time in another thread, and looks its user and session up,
// without any consequence for what is under /rest/v1: PostgREST trusts the signature.

import { claimsOf } from "./jwt.mjs";

/** What Lite runs before its own look at a request. */
export function identify(secret) {
  return async (context, next) => {
    const claims = context.req.path.startsWith("/rest/v1/")
      ? claimsOf(secret, context.req.header("Authorization"))
      : undefined;
    if (claims) {
      context.set("jwt", claims);
      context.set("userId", claims.sub);
      context.set("sessionId", claims.session_id);
      // Lite's word for: it is known who asks.
      context.set("ignoreAuthorization", true);
    }
    await next();
  };
}
