// Providers' webhooks: POST /hook/<provider>, or /hook/<provider>/<owner> where several people
// share a project. What isn't proven gets 401 and nothing more; 200 is said after the commit
// only, so that the provider comes again whenever something stood in the way.

import { json, text } from "../_shared/answers.ts";
import { call } from "../_shared/database.ts";
import { type Bytes, hex, hmac, joined, utf8 } from "../_shared/webhooks/bytes.ts";
import type { DeliveryEvent } from "../_shared/webhooks/fields.ts";
import { Refused, Unavailable } from "../_shared/webhooks/proofs.ts";
import type { Provider } from "../_shared/webhooks/providers.ts";
import { isProvider, LARGEST, type Webhook, webhook } from "../_shared/webhooks/webhook.ts";

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const known = new Map<Provider, Webhook | null>();

/** The webhook of a provider, whose secrets are RESEND_WEBHOOK_SECRET and …_SECRET_2; null if
 *  there are none, or they are of no use. */
function of(provider: Provider): Webhook | null {
  if (!known.has(provider)) known.set(provider, made(provider));
  return known.get(provider)!;
}

function made(provider: Provider): Webhook | null {
  const name = `${provider.toUpperCase()}_WEBHOOK_SECRET`;
  const secrets = [name, `${name}_2`].map((each) => Deno.env.get(each)?.trim() ?? "").filter(Boolean);
  try {
    if (secrets.length) return webhook(provider, secrets);
    console.error(`hook: ${name} isn't set`);
  } catch (error) {
    console.error(`hook: ${name} is of no use: ${(error as Error).message}`);
  }
  return null;
}

/** The body, unless it is larger than any provider's. */
async function bodyOf(request: Request): Promise<Bytes | null> {
  const parts: Bytes[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    if ((size += part.length) > LARGEST) return null;
    parts.push(part as Bytes);
  }
  return joined(...parts);
}

/** Give reports to the database, which verifies again that it was us. */
async function store(events: DeliveryEvent[], owner: string | null): Promise<Response> {
  const key = Deno.env.get("CAMPAIGN_INGEST_KEY");
  if (!key) {
    console.error("hook: CAMPAIGN_INGEST_KEY isn't set");
    return text(503, "Not now.");
  }
  const body = JSON.stringify({ owner, reports: events.map(({ key: _key, ...event }) => event) });
  const answer = await call("receive_events", { body, proof: hex(await hmac(utf8(key), utf8(body))) });
  if (answer.ok) return json(200, answer.data);
  console.error(`hook: the database took nothing (${answer.status} ${answer.code})`);
  return text(503, "Not now.");
}

async function receive(request: Request, provider: Provider, owner: string | null): Promise<Response> {
  const read = of(provider);
  if (!read) return text(503, "Not now.");
  const body = await bodyOf(request);
  if (!body) return text(413, "Too large.");
  try {
    return await store(await read(request.headers, body, Date.now() / 1000), owner);
  } catch (error) {
    if (error instanceof Refused) {
      console.warn(`hook: ${provider} refused (${error.reason})`);
      return new Response(null, { status: 401 });
    }
    if (!(error instanceof Unavailable)) console.error(`hook: ${provider}: ${(error as Error).name}`);
    return text(503, "Not now.");
  }
}

Deno.serve(async (request) => {
  const [, , provider, owner, ...more] = new URL(request.url).pathname.split("/");
  const isKnown = provider && isProvider(provider) && !more.length && (!owner || ID.test(owner));
  if (!isKnown) return text(404, "There is nothing here.");
  if (request.method !== "POST") return text(405, "Webhooks are posted.", { allow: "POST" });
  return await receive(request, provider, owner || null);
});
