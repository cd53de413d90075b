// Reading what others wrote: anything may be missing, or of another type.
//
// The same in Python: src/campaign_sdk/webhooks/_fields.py. One table of cases holds the two
// together.

import { hex, sha256, utf8 } from "./bytes.ts";

export type Kind =
  | "delivered" | "bounced" | "complained" | "opened" | "clicked" | "unsubscribed" | "ignored";

export type DeliveryEvent = {
  id: string;
  kind: Kind;
  key: string | null;
  campaign_id: string | null;
  contact_id: string | null;
  provider_id: string | null;
  at: string;
  url: string | null;
  actor: "proxy" | "unknown";
  reason: string | null;
  address: string | null;
};

export type Marks = Pick<DeliveryEvent, "key" | "campaign_id" | "contact_id">;
type Texts = Record<string, string>;

// Of a bounce: the address is no good; not now; or it was this message that wasn't wanted.
export const [HARD, SOFT, CONTENT] = ["hard", "soft", "content"];

const ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const ONLY_ID = new RegExp(`^${ID}$`, "i");
// A tag of Resend can't hold a slash.
const KEY = new RegExp(`^(${ID})(?:[/_.](${ID}))?$`, "i");
const MOMENT =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?$/;
const EARLIEST = Date.UTC(2000, 0, 1);
const DAY = 86_400_000;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a path. */
export function pick(value: unknown, ...path: string[]): unknown {
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return null;
    value = value[name];
  }
  return value ?? null;
}

/** A text that a database can store; none if it is empty, too long or holds NUL. */
export function words(value: unknown, longest = 500): string | null {
  if (typeof value !== "string" || !value || value.includes("\0")) return null;
  return letters(value) > longest ? null : value.toWellFormed();
}

/** Letters, not the halves of them that JavaScript counts. */
function letters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

export const items = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Tags, headers or custom arguments as names and texts, whatever form they come in. */
export function flat(value: unknown): Texts {
  const pairs: [string, unknown][] = Array.isArray(value)
    ? value.map((one) => [String(pick(one, "name")), pick(one, "value")])
    : isObject(value) ? Object.entries(value) : [];
  const found: Texts = Object.create(null);
  for (const [name, one] of pairs) {
    const first = Array.isArray(one) && one.length ? one[0] : one;
    if (typeof first === "string") {
      found[name.toLowerCase().replaceAll("-", "_").replace(/^x_/, "")] = first;
    }
  }
  return found;
}

/** An id of a report: its parts, or their digest if they aren't plain. */
export async function identifier(...parts: unknown[]): Promise<string> {
  const text = parts.map((part) => (part === null ? "" : String(part))).join("/");
  if (/^[!-~]{1,150}$/.test(text)) return text;
  return hex(await sha256(utf8(text.toWellFormed())));
}

/** A message's id without its angle brackets. */
export function messageId(value: unknown): string | null {
  return words(value)?.replace(/^[<> ]+|[<> ]+$/g, "") || null;
}

/** The address of `Ann <ann@example.com>`, or of a list's first recipient. */
export function address(value: unknown): string | null {
  let text = words(Array.isArray(value) && value.length ? value[0] : value);
  if (text?.endsWith(">") && text.includes("<")) text = text.slice(text.lastIndexOf("<") + 1, -1);
  return text || null;
}

/** An http address. */
export function link(value: unknown): string | null {
  const text = words(value, 4096);
  return text && /^https?:\/\//i.test(text) ? text : null;
}

/** When it happened; now if that isn't said, or can't be. */
export function moment(value: unknown, now: number): string {
  const found = typeof value === "string"
    ? isoMoment(value)
    : typeof value === "number" ? Math.trunc(value * 1000) : null;
  const known = found !== null && found >= EARLIEST && found <= now + DAY;
  return new Date(known ? found : Math.trunc(now)).toISOString();
}

/** Milliseconds of a moment in ISO form; without an offset it is meant in UTC. */
export function isoMoment(text: string): number | null {
  const read = MOMENT.exec(text);
  if (!read) return null;
  const [year, month, day, hour, minute, second] = read.slice(1, 7).map(Number);
  const found = new Date(0);
  found.setUTCFullYear(year, month - 1, day);
  found.setUTCHours(hour, minute, second, Number((read[7] ?? "").padEnd(3, "0").slice(0, 3)));
  // Dates that don't exist would become others.
  const shown = found.toISOString().slice(0, 19);
  if (year < 1 || shown !== `${read[1]}-${read[2]}-${read[3]}T${read[4]}:${read[5]}:${read[6]}`) return null;
  const offset = (Number(read[9] ?? 0) * 60 + Number(read[10] ?? 0)) * 60_000;
  return read[8] === "-" ? found.getTime() + offset : found.getTime() - offset;
}

/** Key, campaign and contact that the message carried. */
export function marks(...sources: Texts[]): Marks {
  for (const source of sources) {
    const read = KEY.exec(source.campaign_key ?? "");
    if (read) return marked(read[1].toLowerCase(), read[2]?.toLowerCase() ?? null);
  }
  const campaign = first(sources, "campaign_id", "campaign");
  return marked(campaign, campaign ? first(sources, "contact_id", "contact") : null);
}

function first(sources: Texts[], ...names: string[]): string | null {
  for (const source of sources) {
    for (const name of names) {
      if (ONLY_ID.test(source[name] ?? "")) return source[name].toLowerCase();
    }
  }
  return null;
}

function marked(campaign: string | null, contact: string | null): Marks {
  const key = contact ? `${campaign}/${contact}` : null;
  return { key, campaign_id: campaign, contact_id: contact };
}

type Parts = {
  marked: Marks;
  provider_id: string | null;
  address: string | null;
  url?: string | null;
  actor?: DeliveryEvent["actor"];
  reason?: string | null;
};

/** Put an event together. */
export function event(id: string, kind: Kind, at: string, parts: Parts): DeliveryEvent {
  const said = kind === "bounced" || kind === "ignored";
  return {
    id,
    kind,
    ...parts.marked,
    provider_id: parts.provider_id,
    at,
    url: kind === "clicked" ? parts.url ?? null : null,
    actor: parts.actor ?? "unknown",
    reason: said ? words(parts.reason, 100) : null,
    address: parts.address,
  };
}
