// Tokens of links, as campaign_sdk.tracking makes them:
//
//   version (1 octet) | kind (1) | number of the key (2) | owner (16) | campaign (16)
//   | contact (16) | different links beside it (1) | address (UTF-8) | signature (16)
//
// in base64url without padding. The signature is HMAC-SHA256, cut to 16 octets, under the
// owner's key = HMAC-SHA256("link" | owner | number of the key) under the functions' secret.
// What unsubscribes is signed under a secret that only the database has, and read there.

export type Kind = "click" | "open";
export type Visit = { kind: Kind; keyId: number; owner: string; contact: string; address: string };

const VERSION = 1;
const HEAD = 53;
const SIGNATURE = 16;
const LONGEST = 8_192;
const KINDS: Record<number, Kind> = { 1: "click", 2: "open" };
const KEYS_KEPT = 1_000;
const HMAC = { name: "HMAC", hash: "SHA-256" };
// Whoever has an owner's key could sign anything: a line end would write headers of its own.
const ADDRESS = /^https?:\/\/[^/?#\s\\]/i;
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/** Reads tokens with the functions' secret for links. */
export class Reader {
  #secret: Promise<CryptoKey>;
  #owners = new Map<string, Promise<CryptoKey>>();

  constructor(secret: string) {
    this.#secret = imported(decoded(secret) ?? new Uint8Array());
  }

  /** What a token of this kind says if its owner's key has signed it; null for any other text. */
  async read(kind: Kind, token: string): Promise<Visit | null> {
    const octets = token.length <= LONGEST ? decoded(token) : null;
    if (!octets || octets.length < HEAD + SIGNATURE || octets[0] !== VERSION) return null;
    if (KINDS[octets[1]] !== kind) return null;
    const said = octets.subarray(0, -SIGNATURE);
    const owners = await this.#keyOf(said.subarray(4, 20), said.subarray(2, 4));
    const meant = new Uint8Array(await crypto.subtle.sign("HMAC", owners, said));
    return same(meant, octets.subarray(-SIGNATURE)) ? visit(kind, said) : null;
  }

  #keyOf(owner: Bytes, keyId: Bytes): Promise<CryptoKey> {
    const name = hex(owner) + hex(keyId);
    const known = this.#owners.get(name);
    if (known) return known;
    if (this.#owners.size >= KEYS_KEPT) this.#owners.clear();
    const derived = this.#derive(owner, keyId);
    this.#owners.set(name, derived);
    return derived;
  }

  async #derive(owner: Bytes, keyId: Bytes): Promise<CryptoKey> {
    const said = new Uint8Array([...new TextEncoder().encode("link"), ...owner, ...keyId]);
    return imported(new Uint8Array(await crypto.subtle.sign("HMAC", await this.#secret, said)));
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

function imported(key: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, HMAC, false, ["sign"]);
}

/** Compare all that there is of the signature, so that the time says nothing of where it differs. */
function same(meant: Bytes, given: Bytes): boolean {
  let difference = 0;
  given.forEach((octet, index) => (difference |= octet ^ meant[index]));
  return difference === 0;
}

function visit(kind: Kind, said: Bytes): Visit | null {
  let address: string;
  try {
    address = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      said.subarray(HEAD),
    );
  } catch {
    return null;
  }
  if (kind === "click" && (!ADDRESS.test(address) || CONTROL.test(address))) return null;
  return {
    kind,
    keyId: 256 * said[2] + said[3],
    owner: uuid(said.subarray(4, 20)),
    contact: uuid(said.subarray(36, 52)),
    address,
  };
}

/** The octets of base64url; null if it isn't the one way to write them. */
function decoded(text: string): Bytes | null {
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return null;
  const octets = Uint8Array.from(
    atob(text.replaceAll("-", "+").replaceAll("_", "/")),
    (c) => c.charCodeAt(0),
  );
  return encoded(octets) === text ? octets : null;
}

function encoded(octets: Bytes): string {
  let binary = "";
  for (const octet of octets) binary += String.fromCharCode(octet);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function hex(octets: Bytes): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

function uuid(octets: Bytes): string {
  return hex(octets).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
