// A provider's webhook: proven first, read then.

import type { Bytes } from "./bytes.ts";
import type { DeliveryEvent } from "./fields.ts";
import { type Proof, Refused, sharedSecret, signed, svix, tokens } from "./proofs.ts";
import { type Provider, READERS } from "./providers.ts";
import { type Fetch, sns } from "./sns.ts";

// Bytes of one request. SendGrid, which sends the most, stays below a tenth of it.
export const LARGEST = 10_000_000;

/** Prove and read what is posted; `now` in seconds. Throws `Refused` or `Unavailable`. */
export type Webhook = (headers: Headers, body: Bytes, now: number) => Promise<DeliveryEvent[]>;

const PROOFS: Record<Provider, (secrets: string[], fetch?: Fetch) => Proof> = {
  resend: svix,
  postmark: sharedSecret,
  sendgrid: signed,
  mailgun: (secrets) => tokens(secrets),
  ses: sns,
};

export const isProvider = (name: string): name is Provider => Object.hasOwn(PROOFS, name);

/** Keep it: it remembers tokens and certificates. */
export function webhook(provider: Provider, secrets: string[], fetch?: Fetch): Webhook {
  const prove = PROOFS[provider](secrets, fetch);
  return async (headers, body, now) => {
    if (body.length > LARGEST) throw new Refused("size");
    const { payload, id } = await prove({ headers, body, now });
    return READERS[provider](payload, id, now * 1000);
  };
}
