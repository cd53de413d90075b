// What each provider's reports mean. Pure: nothing here is proven.
//
// The same in Python: src/campaign_sdk/webhooks/_providers.py and _ses.py.

import {
  address, CONTENT, type DeliveryEvent, event, flat, HARD, identifier, isoMoment, items, type Kind,
  link, marks, messageId, moment, pick, SOFT, words,
} from "./fields.ts";

export type Provider = "resend" | "postmark" | "sendgrid" | "mailgun" | "ses";

/** Make events of a payload; `id` is the report's own, `now` in milliseconds. */
type Reader = (payload: unknown, id: string | null, now: number) => Promise<DeliveryEvent[]>;

const named = (kinds: Record<string, Kind>, name: string | null): Kind =>
  name !== null && Object.hasOwn(kinds, name) ? kinds[name] : "ignored";

const RESEND: Record<string, Kind> = {
  "email.delivered": "delivered",
  "email.bounced": "bounced",
  "email.complained": "complained",
  "email.opened": "opened",
  "email.clicked": "clicked",
};
const REFUSED_CONTENT: unknown[] = ["MessageTooLarge", "ContentRejected", "AttachmentRejected"];

const resend: Reader = async (payload, id, now) => {
  const [data, kind] = [pick(payload, "data"), words(pick(payload, "type"))];
  const [click, sent] = [pick(data, "click"), messageId(pick(data, "email_id"))];
  const when = words(pick(click, "timestamp")) || words(pick(payload, "created_at"));
  const gone = kind === "contact.updated" && pick(data, "unsubscribed") === true;
  const parts = {
    marked: marks(flat(pick(data, "tags")), flat(pick(data, "headers"))),
    provider_id: sent,
    address: address(pick(data, gone ? "email" : "to")),
    url: link(pick(click, "link")),
    reason: kind === "email.bounced" ? bounce(pick(data, "bounce"), "type", "subType") : kind,
  };
  const meant = gone ? "unsubscribed" : named(RESEND, kind);
  return [event(await identifier("resend", ...(id ? [id] : [sent, kind, when])), meant, moment(when, now), parts)];
};

function bounce(details: unknown, type: string, subtype: string): string {
  if (REFUSED_CONTENT.includes(pick(details, subtype))) return CONTENT;
  return pick(details, type) === "Permanent" ? HARD : SOFT;
}

const POSTMARK: Record<string, [Kind, string, string]> = {
  Delivery: ["delivered", "DeliveredAt", "Recipient"],
  Bounce: ["bounced", "BouncedAt", "Email"],
  SpamComplaint: ["complained", "BouncedAt", "Email"],
  Open: ["opened", "ReceivedAt", "Recipient"],
  Click: ["clicked", "ReceivedAt", "Recipient"],
  SubscriptionChange: ["unsubscribed", "ChangedAt", "Recipient"],
};
const POSTMARK_BOUNCES: Record<string, string> = {
  HardBounce: HARD, BadEmailAddress: HARD,
  SoftBounce: SOFT, Transient: SOFT, DnsError: SOFT, Blocked: SOFT,
  SpamNotification: CONTENT, DMARCPolicy: CONTENT, VirusNotification: CONTENT,
};

const postmark: Reader = async (payload, _id, now) => {
  const record = words(pick(payload, "RecordType"));
  const known = record !== null && Object.hasOwn(POSTMARK, record);
  let [kind, time, who]: [Kind, string, string] = known
    ? POSTMARK[record]
    : ["ignored", "ReceivedAt", "Recipient"];
  const [sent, when] = [messageId(pick(payload, "MessageID")), words(pick(payload, time))];
  let reason = record;
  if (kind === "bounced") {
    const type = words(pick(payload, "Type"));
    const found = type && Object.hasOwn(POSTMARK_BOUNCES, type) ? POSTMARK_BOUNCES[type] : null;
    [kind, reason] = found ? [kind, found] : ["ignored", type];
  }
  if (kind === "unsubscribed" && !hasOptedOut(payload)) kind = "ignored";
  const number = pick(payload, "ID");
  // One that JavaScript can tell from its neighbours.
  const isId = Number.isSafeInteger(number) && Number(number) > 0;
  const parts = isId ? [record, number] : [record, sent, when];
  const made = event(await identifier("postmark", ...parts), kind, moment(when, now), {
    marked: marks(flat(pick(payload, "Metadata"))),
    provider_id: sent,
    address: address(pick(payload, who)),
    url: link(pick(payload, "OriginalLink")),
    reason,
  });
  return [made];
};

/** A bounce or a complaint changes the subscription as well, and is reported by itself. */
function hasOptedOut(payload: unknown): boolean {
  const reason = pick(payload, "SuppressionReason");
  return pick(payload, "SuppressSending") === true && reason !== "HardBounce" && reason !== "SpamComplaint";
}

const SENDGRID: Record<string, Kind> = {
  delivered: "delivered",
  bounce: "bounced",
  spamreport: "complained",
  open: "opened",
  click: "clicked",
  unsubscribe: "unsubscribed",
  group_unsubscribe: "unsubscribed",
};

const sendgrid: Reader = (payload, _id, now) =>
  Promise.all(items(payload).map((one) => ofSendgrid(one, now)));

async function ofSendgrid(one: unknown, now: number): Promise<DeliveryEvent> {
  const [name, when] = [words(pick(one, "event")), moment(pick(one, "timestamp"), now)];
  const [sent, who] = [messageId(pick(one, "sg_message_id")), address(pick(one, "email"))];
  const own = words(pick(one, "sg_event_id"));
  // Not every event has an id; the rest of it tells it from others, who it is included.
  const parts = own ? [own] : [name, Math.floor(isoMoment(when)! / 1000), sent, who, ""];
  const content = pick(one, "bounce_classification") === "Content";
  const bounced = content ? CONTENT : pick(one, "type") === "blocked" ? SOFT : HARD;
  return event(await identifier("sendgrid", ...parts), named(SENDGRID, name), when, {
    marked: marks(flat(one)),
    // What sending was answered with is the part before the first point.
    provider_id: sent?.split(".")[0] || null,
    address: who,
    url: link(pick(one, "url")),
    actor: pick(one, "sg_machine_open") === true ? "proxy" : "unknown",
    reason: name === "bounce" ? bounced : name,
  });
}

const MAILGUN: Record<string, Kind> = {
  delivered: "delivered",
  failed: "bounced",
  complained: "complained",
  opened: "opened",
  clicked: "clicked",
  unsubscribed: "unsubscribed",
};
// SMTP's own word for "too large".
const TOO_LARGE = 552;

const mailgun: Reader = async (payload, _id, now) => {
  const [data, token] = [pick(payload, "event-data"), words(pick(payload, "signature", "token"))];
  const [name, headers] = [words(pick(data, "event")), pick(data, "message", "headers")];
  const tooLarge = pick(data, "delivery-status", "code") === TOO_LARGE;
  const bounced = tooLarge ? CONTENT : pick(data, "severity") === "permanent" ? HARD : SOFT;
  const id = await identifier("mailgun", token || words(pick(data, "id")));
  const made = event(id, named(MAILGUN, name), moment(pick(data, "timestamp"), now), {
    marked: marks(flat(pick(data, "user-variables")), flat(headers)),
    provider_id: messageId(pick(headers, "message-id")),
    address: address(pick(data, "recipient")),
    url: link(pick(data, "url")),
    actor: words(pick(data, "client-info", "bot")) ? "proxy" : "unknown",
    reason: name === "failed" ? bounced : name,
  });
  return [made];
};

// Kind, where its details stand, and where its recipients do.
const SES: Record<string, [Kind, string, string | null]> = {
  Delivery: ["delivered", "delivery", "recipients"],
  Bounce: ["bounced", "bounce", "bouncedRecipients"],
  Complaint: ["complained", "complaint", "complainedRecipients"],
  Open: ["opened", "open", null],
  Click: ["clicked", "click", null],
};

const ses: Reader = async (payload, _id, now) => {
  const type = pick(payload, "Type");
  if (type === "SubscriptionConfirmation" || type === "UnsubscribeConfirmation") return [];
  const [report, wrapper] = unwrapped(payload);
  const name = words(pick(report, "eventType")) || words(pick(report, "notificationType"));
  const known = name !== null && Object.hasOwn(SES, name);
  const [kind, place, list]: [Kind, string, string | null] = known ? SES[name] : ["ignored", "", null];
  const [details, mail] = [pick(report, place), pick(report, "mail")];
  const sent = messageId(pick(mail, "messageId"));
  const when = words(pick(details, "timestamp")) || words(pick(mail, "timestamp"));
  const own = wrapper || words(pick(details, "feedbackId")) || await identifier(sent, name, when);
  const make = async (who: unknown, n: number) =>
    event(await identifier("ses", own, n), kind, moment(when, now), {
      marked: marks(flat(pick(mail, "tags")), flat(pick(mail, "headers"))),
      provider_id: sent,
      address: address(who),
      url: link(pick(details, "link")),
      reason: kind === "bounced" ? bounce(details, "bounceType", "bounceSubType") : name,
    });
  return Promise.all(recipients(details, mail, list).map(make));
};

/** The report in an SNS message, and the id of that. */
function unwrapped(payload: unknown): [unknown, string | null] {
  const inner = pick(payload, "Message");
  if (typeof inner !== "string") return [payload, null];
  let report: unknown = null;
  try {
    report = JSON.parse(inner);
  } catch {
    // "Successfully validated SNS topic for Amazon SES event publishing."
  }
  return [report, words(pick(payload, "MessageId"))];
}

function recipients(details: unknown, mail: unknown, list: string | null): unknown[] {
  if (list !== null) {
    const found = items(pick(details, list))
      .map((one) => (typeof one === "string" ? one : pick(one, "emailAddress")));
    return found.length ? found : [null];
  }
  // Of an opened message it isn't said who of several has opened it.
  const destination = items(pick(mail, "destination"));
  return destination.length === 1 ? destination : [null];
}

export const READERS: Record<Provider, Reader> = { resend, postmark, sendgrid, mailgun, ses };
