// What proves a provider's webhook. Nothing here says anything of a secret.
//
// The same in Python: src/campaign_sdk/webhooks/_proofs.py.

import { anyEqual, type Bytes, fromBase64, hex, hmac, joined, sha256, toBase64, utf8 } from "./bytes.ts";
import { isObject } from "./fields.ts";

/** A webhook isn't who it claims to be; `reason` is one of Python's. */
export class Refused extends Error {
  constructor(readonly reason: string) {
    super(`the webhook is refused (${reason})`);
  }
}

/** Whoever is needed for the proof can't be reached now. */
export class Unavailable extends Error {}

export type Request = { headers: Headers; body: Bytes; now: number };
export type Proven = { payload: unknown; id: string | null };
export type Proof = (request: Request) => Promise<Proven>;

// Seconds that a proof holds. Resend signs each try anew; Mailgun's tries go on for eight
// hours, and what SNS repeats is up to an hour old.
const [RESEND_AGE, SENDGRID_AGE, MAILGUN_AGE] = [300, 300, 8 * 3600];
export const SNS_AGE = 3900;
// Seconds by which a provider's clock may be ahead of ours.
const AHEAD = 300;
const TOKENS_KEPT = 100_000;

function header(request: Request, name: string): string {
  const value = request.headers.get(name);
  if (!value) throw new Refused("unsigned");
  return value;
}

export function readJson(body: Bytes): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    throw new Refused("malformed");
  }
}

export function objectOf(body: Bytes): Record<string, unknown> {
  const payload = readJson(body);
  if (!isObject(payload)) throw new Refused("malformed");
  return payload;
}

/** Refuse what is too old, or from the future. Seconds. */
export function checkAge(sent: number, now: number, longest: number): void {
  const age = now - sent;
  if (!(age >= -AHEAD && age <= longest)) throw new Refused("age");
}

function seconds(text: string): number {
  if (!/^[0-9]{1,12}$/.test(text)) throw new Refused("malformed");
  return Number(text);
}

function needed(text: string, secret: Bytes | null): Bytes {
  if (!secret) throw new TypeError(text);
  return secret;
}

/** Resend: HMAC-SHA256 over id, timestamp and body, as Svix signs it. */
export function svix(secrets: string[]): Proof {
  const keys = secrets.map((secret) =>
    needed("Resend's signing secret isn't base64", fromBase64(secret.replace(/^whsec_/, "")))
  );
  return async (request) => {
    const [id, sent] = [header(request, "svix-id"), header(request, "svix-timestamp")];
    const signatures = header(request, "svix-signature").split(" ");
    checkAge(seconds(sent), request.now, RESEND_AGE);
    const signed = joined(utf8(`${id}.${sent}.`), request.body);
    const right = keys.map(async (key) => utf8(`v1,${toBase64(await hmac(key, signed))}`));
    const fits = await anyEqual(signatures.map(utf8), await Promise.all(right));
    if (!fits) throw new Refused("signature");
    return { payload: objectOf(request.body), id };
  };
}

/** Postmark: a secret of one's own, as the password of HTTP basic, or in a header. */
export function sharedSecret(secrets: string[]): Proof {
  const known = secrets.map(utf8);
  return async (request) => {
    const given = basic(request.headers.get("authorization") ?? "");
    const own = request.headers.get("x-webhook-secret");
    if (own) given.push(utf8(own));
    if (!given.length) throw new Refused("unsigned");
    if (!await anyEqual(given, known)) throw new Refused("signature");
    return { payload: objectOf(request.body), id: null };
  };
}

/** The whole pair, and the password alone. */
function basic(value: string): Bytes[] {
  const [, scheme, encoded] = /^(\S+) (.*)$/.exec(value) ?? [];
  const pair = scheme?.toLowerCase() === "basic" ? fromBase64(encoded.trim()) : null;
  if (!pair) return [];
  const colon = pair.indexOf(0x3a);
  return [pair, colon < 0 ? new Uint8Array() : pair.slice(colon + 1)];
}

/** SendGrid: ECDSA on P-256 over timestamp and body. */
export function signed(secrets: string[]): Proof {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = Promise.all(secrets.map((secret) => {
    const der = fromBase64(secret.replace(/-----[A-Z ]+-----|\s/g, ""));
    const spki = needed("SendGrid's verification key isn't base64", der);
    return crypto.subtle.importKey("spki", spki, algorithm, false, ["verify"]);
  }));
  keys.catch(() => {});
  return async (request) => {
    const signature = header(request, "x-twilio-email-event-webhook-signature");
    const sent = header(request, "x-twilio-email-event-webhook-timestamp");
    checkAge(seconds(sent), request.now, SENDGRID_AGE);
    const raw = rawSignature(fromBase64(signature));
    const message = joined(utf8(sent), request.body);
    const hashed = { name: "ECDSA", hash: "SHA-256" };
    const fits = raw && await Promise.all(
      (await keys).map((key) => crypto.subtle.verify(hashed, key, raw, message)),
    );
    if (!fits || !fits.includes(true)) throw new Refused("signature");
    const payload = readJson(request.body);
    if (!Array.isArray(payload) || !payload.every(isObject)) throw new Refused("malformed");
    return { payload, id: null };
  };
}

/** Two numbers of 32 bytes, as WebCrypto has them, out of two integers in DER. */
function rawSignature(der: Bytes | null): Bytes | null {
  if (!der || der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const first = integer(der, 2);
  const second = first && integer(der, first.end);
  return second && second.end === der.length ? joined(first.number, second.number) : null;
}

function integer(der: Bytes, at: number): { number: Bytes; end: number } | null {
  const [length, end] = [der[at + 1], at + 2 + der[at + 1]];
  if (der[at] !== 0x02 || !length || length > 33 || !(end <= der.length)) return null;
  const bytes = der.slice(at + 2, end);
  // Neither negative nor with a needless zero.
  if (bytes[0] > 0x7f || (bytes[0] === 0 && length > 1 && bytes[1] < 0x80)) return null;
  const digits = bytes[0] === 0 ? bytes.slice(1) : bytes;
  if (digits.length > 32) return null;
  return { number: joined(new Uint8Array(32 - digits.length), digits), end };
}

/** Mailgun: HMAC-SHA256 over timestamp and token. The event isn't covered, so a token that
 *  was seen stands for its body only: who has captured one signature could sign anything. */
export function tokens(secrets: string[], memory = new Map<string, string>()): Proof {
  const keys = secrets.map(utf8);
  return async (request) => {
    const payload = objectOf(request.body);
    const proof = isObject(payload.signature) ? payload.signature : {};
    const [sent, token, signature] = ["timestamp", "token", "signature"]
      .map((name) => (typeof proof[name] === "string" ? proof[name] : ""));
    if (!(sent && token && signature)) throw new Refused("unsigned");
    checkAge(seconds(sent), request.now, MAILGUN_AGE);
    const right = keys.map(async (key) => utf8(hex(await hmac(key, utf8(sent + token)))));
    const fits = await anyEqual([utf8(signature)], await Promise.all(right));
    if (!fits) throw new Refused("signature");
    remember(memory, sent + token, hex(await sha256(request.body)));
    return { payload, id: null };
  };
}

function remember(memory: Map<string, string>, token: string, body: string): void {
  if ((memory.get(token) ?? body) !== body) throw new Refused("replay");
  memory.set(token, body);
  if (memory.size > TOKENS_KEPT) memory.delete(memory.keys().next().value!);
}
