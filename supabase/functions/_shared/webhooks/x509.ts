// The public key of a certificate: the few lines of DER that this takes.

import { type Bytes, fromBase64 } from "./bytes.ts";

type Element = { tag: number; start: number; body: number; end: number };

const [SEQUENCE, VERSION] = [0x30, 0xa0];
const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/;

/** The SubjectPublicKeyInfo of a certificate in PEM; null if it can't be read. */
export function publicKeyOf(pem: string): Bytes | null {
  const der = fromBase64((PEM.exec(pem)?.[1] ?? "").replace(/\s/g, ""));
  if (!der?.length) return null;
  try {
    // Certificate, and in it what is signed: [version], serial, algorithm, issuer, validity,
    // subject, key.
    const signed = element(der, element(der, 0).body);
    const parts = inside(der, signed);
    const key = parts[parts[0].tag === VERSION ? 6 : 5];
    return key?.tag === SEQUENCE ? der.slice(key.start, key.end) : null;
  } catch {
    return null;
  }
}

function inside(der: Bytes, outer: Element): Element[] {
  const found: Element[] = [];
  for (let at = outer.body; at < outer.end; at = found.at(-1)!.end) found.push(element(der, at));
  return found;
}

function element(der: Bytes, start: number): Element {
  const first = der[start + 1];
  const long = first > 0x80 ? first - 0x80 : 0;
  let length = long ? 0 : first;
  for (let i = 0; i < long; i++) length = length * 256 + der[start + 2 + i];
  const body = start + 2 + long;
  // Beyond the end, `undefined` makes it not a number, which isn't smaller either.
  if (first === 0x80 || long > 4 || !(body + length <= der.length)) throw new RangeError("DER");
  return { tag: der[start], start, body, end: body + length };
}
