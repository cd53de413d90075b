// What proves a message of Amazon SNS: RSA under a certificate of Amazon's own.
//
// Anybody can own a topic, whose messages Amazon signs as well: so the topic must be known.
// And a message names where its certificate is, and where a subscription is confirmed: so
// both must be Amazon's. The same in Python: src/campaign_sdk/webhooks/_sns.py.

import { type Bytes, fromBase64, utf8 } from "./bytes.ts";
import { isoMoment } from "./fields.ts";
import { checkAge, objectOf, type Proof, Refused, SNS_AGE, Unavailable } from "./proofs.ts";
import { publicKeyOf } from "./x509.ts";

/** Get a file of Amazon's. */
export type Fetch = (url: string) => Promise<string>;

// A region, not a bucket: sns.s3.amazonaws.com is anybody's.
const HOST =
  "^https://sns\\.(?:cn-[a-z]+-[0-9]\\.amazonaws\\.com\\.cn|[a-z]{2}(?:-[a-z]+)+-[0-9]\\.amazonaws\\.com)";
const CERTIFICATE = new RegExp(`${HOST}/SimpleNotificationService-[0-9a-zA-Z]{1,64}\\.pem$`);
const CONFIRMATION = new RegExp(`${HOST}/\\?Action=ConfirmSubscription&[!-~]{1,2000}$`);

const TOPIC = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$/;

const CONFIRMATIONS = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
const SIGNED: Record<string, string[]> = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: CONFIRMATIONS,
  UnsubscribeConfirmation: CONFIRMATIONS,
};
const HASHES: Record<string, string> = { "1": "SHA-1", "2": "SHA-256" };
const LARGEST = 65_536;

type Message = Record<string, unknown>;

/** SES through SNS; the secrets are the names (ARNs) of one's own topics. */
export function sns(topics: string[], fetch: Fetch = fetched): Proof {
  if (!topics.every((topic) => TOPIC.test(topic))) throw new TypeError("isn't the ARN of a topic");
  const known = new Map<string, Bytes>();
  return async (request) => {
    const message = objectOf(request.body);
    const [kind, topic] = [text(message, "Type"), text(message, "TopicArn")];
    const [signature, version] = [text(message, "Signature"), text(message, "SignatureVersion")];
    if (!Object.hasOwn(SIGNED, kind)) throw new Refused("malformed");
    if (!topics.includes(topic)) throw new Refused("topic");
    const sent = isoMoment(text(message, "Timestamp"));
    if (sent === null) throw new Refused("malformed");
    checkAge(sent / 1000, request.now, SNS_AGE);
    const lines = canonical(message, kind);
    const spki = await key(text(message, "SigningCertURL"), known, fetch);
    if (!Object.hasOwn(HASHES, version) || !await fits(spki, HASHES[version], signature, lines)) {
      throw new Refused("signature");
    }
    if (kind === "SubscriptionConfirmation") await confirm(String(message.SubscribeURL), fetch);
    return { payload: message, id: null };
  };
}

function text(message: Message, name: string): string {
  const value = message[name];
  if (typeof value !== "string" || !value) throw new Refused("unsigned");
  return value;
}

function canonical(message: Message, kind: string): Bytes {
  const lines = SIGNED[kind].map((name) => {
    const value = message[name] ?? null;
    if (value === null && name === "Subject") return "";
    if (typeof value !== "string") throw new Refused("malformed");
    return `${name}\n${value}\n`;
  });
  return utf8(lines.join(""));
}

async function key(url: string, known: Map<string, Bytes>, fetch: Fetch): Promise<Bytes> {
  if (!CERTIFICATE.test(url)) throw new Refused("certificate");
  const found = known.get(url) ?? publicKeyOf(await fetch(url));
  if (!found) throw new Refused("certificate");
  known.set(url, found);
  return found;
}

async function fits(spki: Bytes, hash: string, signature: string, lines: Bytes): Promise<boolean> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash };
  const key = await crypto.subtle.importKey("spki", spki, algorithm, false, ["verify"])
    .catch(() => null);
  if (!key) throw new Refused("certificate");
  const bytes = fromBase64(signature);
  return bytes !== null && await crypto.subtle.verify(algorithm, key, bytes, lines);
}

async function confirm(url: string, fetch: Fetch): Promise<void> {
  if (!CONFIRMATION.test(url)) throw new Refused("address");
  await fetch(url);
}

async function fetched(url: string): Promise<string> {
  const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(10_000) })
    .catch(() => null);
  const body = answer?.ok ? await answer.text() : null;
  if (body === null || body.length > LARGEST) throw new Unavailable("Amazon SNS can't be reached");
  return body;
}
