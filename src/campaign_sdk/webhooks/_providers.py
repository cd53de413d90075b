"""What each provider's reports mean. Pure: nothing here is proven.

The same in TypeScript: `supabase/functions/_shared/webhooks/providers.ts`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.webhooks import _ses
from campaign_sdk.webhooks._events import CONTENT, HARD, SOFT, DeliveryEvent, Kind
from campaign_sdk.webhooks._fields import (
    address,
    event,
    flat,
    identifier,
    items,
    link,
    marks,
    message_id,
    moment,
    pick,
    words,
)

Provider = Literal["resend", "postmark", "sendgrid", "mailgun", "ses"]
"""A sender of webhooks that can be proven and read."""
PROVIDERS: tuple[Provider, ...] = get_args(Provider)
"""All of them."""

_RESEND: dict[str | None, Kind] = {
    "email.delivered": "delivered",
    "email.bounced": "bounced",
    "email.complained": "complained",
    "email.opened": "opened",
    "email.clicked": "clicked",
}
_REFUSED_CONTENT = {"MessageTooLarge", "ContentRejected", "AttachmentRejected"}


def resend(payload: Any, id: str | None, now: datetime) -> list[DeliveryEvent]:
    """Read a report of Resend: one event."""
    data, kind = pick(payload, "data"), words(pick(payload, "type"))
    click, sent = pick(data, "click"), message_id(pick(data, "email_id"))
    when = words(pick(click, "timestamp")) or words(pick(payload, "created_at"))
    gone = kind == "contact.updated" and pick(data, "unsubscribed") is True
    return [
        event(
            identifier("resend", *((id,) if id else (sent, kind, when))),
            "unsubscribed" if gone else _RESEND.get(kind, "ignored"),
            moment(when, now),
            marked=marks(flat(pick(data, "tags")), flat(pick(data, "headers"))),
            provider_id=sent,
            address=address(pick(data, "email") if gone else pick(data, "to")),
            url=link(pick(click, "link")),
            reason=_bounce_of_ses(pick(data, "bounce")) if kind == "email.bounced" else kind,
        )
    ]


def _bounce_of_ses(bounce: Any) -> str:
    if words(pick(bounce, "subType")) in _REFUSED_CONTENT:
        return CONTENT
    return HARD if pick(bounce, "type") == "Permanent" else SOFT


_POSTMARK: dict[str | None, tuple[Kind, str, str]] = {
    "Delivery": ("delivered", "DeliveredAt", "Recipient"),
    "Bounce": ("bounced", "BouncedAt", "Email"),
    "SpamComplaint": ("complained", "BouncedAt", "Email"),
    "Open": ("opened", "ReceivedAt", "Recipient"),
    "Click": ("clicked", "ReceivedAt", "Recipient"),
    "SubscriptionChange": ("unsubscribed", "ChangedAt", "Recipient"),
}
_POSTMARK_BOUNCES: dict[str | None, str | None] = {
    **dict.fromkeys(("HardBounce", "BadEmailAddress"), HARD),
    **dict.fromkeys(("SoftBounce", "Transient", "DnsError", "Blocked"), SOFT),
    **dict.fromkeys(("SpamNotification", "DMARCPolicy", "VirusNotification"), CONTENT),
}


def postmark(payload: Any, _id: str | None, now: datetime) -> list[DeliveryEvent]:
    """Read a report of Postmark: one event."""
    record = words(pick(payload, "RecordType"))
    kind, time, who = _POSTMARK.get(record, ("ignored", "ReceivedAt", "Recipient"))
    sent, when, reason = message_id(pick(payload, "MessageID")), words(pick(payload, time)), record
    if kind == "bounced":
        reason = words(pick(payload, "Type"))
        kind = "bounced" if reason in _POSTMARK_BOUNCES else "ignored"
        reason = _POSTMARK_BOUNCES.get(reason, reason)
    if kind == "unsubscribed" and not _has_opted_out(payload):
        kind = "ignored"
    number = pick(payload, "ID")
    # One that JavaScript can tell from its neighbours.
    is_id = isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**53
    return [
        event(
            identifier("postmark", *((record, number) if is_id else (record, sent, when))),
            kind,
            moment(when, now),
            marked=marks(flat(pick(payload, "Metadata"))),
            provider_id=sent,
            address=address(pick(payload, who)),
            url=link(pick(payload, "OriginalLink")),
            reason=reason,
        )
    ]


def _has_opted_out(payload: Any) -> bool:
    # A bounce or a complaint changes the subscription as well, and is reported by itself.
    reason = pick(payload, "SuppressionReason")
    return pick(payload, "SuppressSending") is True and reason not in (
        "HardBounce",
        "SpamComplaint",
    )


_SENDGRID: dict[str | None, Kind] = {
    "delivered": "delivered",
    "bounce": "bounced",
    "spamreport": "complained",
    "open": "opened",
    "click": "clicked",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}


def sendgrid(payload: Any, _id: str | None, now: datetime) -> list[DeliveryEvent]:
    """Read a report of SendGrid: many events."""
    return [_sendgrid(one, now) for one in items(payload)]


def _sendgrid(one: Any, now: datetime) -> DeliveryEvent:
    name, at = words(pick(one, "event")), pick(one, "timestamp")
    sent, who = message_id(pick(one, "sg_message_id")), address(pick(one, "email"))
    own = words(pick(one, "sg_event_id"))
    when = moment(at, now)
    # Not every event has an id; the rest of it tells it from others, who it is included.
    parts = (own,) if own else (name, int(when.timestamp()), sent, who, "")
    return event(
        identifier("sendgrid", *parts),
        _SENDGRID.get(name, "ignored"),
        when,
        marked=marks(flat(one)),
        # What sending was answered with is the part before the first point.
        provider_id=sent.partition(".")[0] or None if sent else None,
        address=who,
        url=link(pick(one, "url")),
        actor="proxy" if pick(one, "sg_machine_open") is True else "unknown",
        reason=_bounce_of_sendgrid(one) if name == "bounce" else name,
    )


def _bounce_of_sendgrid(one: Any) -> str:
    if pick(one, "bounce_classification") == "Content":
        return CONTENT
    return SOFT if pick(one, "type") == "blocked" else HARD


_MAILGUN: dict[str | None, Kind] = {
    "delivered": "delivered",
    "failed": "bounced",
    "complained": "complained",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
}
# SMTP's own word for "too large".
_TOO_LARGE = 552


def mailgun(payload: Any, _id: str | None, now: datetime) -> list[DeliveryEvent]:
    """Read a report of Mailgun: one event."""
    data, token = pick(payload, "event-data"), words(pick(payload, "signature", "token"))
    name, at = words(pick(data, "event")), pick(data, "timestamp")
    headers = pick(data, "message", "headers")
    return [
        event(
            identifier("mailgun", token or words(pick(data, "id"))),
            _MAILGUN.get(name, "ignored"),
            moment(at, now),
            marked=marks(flat(pick(data, "user-variables")), flat(headers)),
            provider_id=message_id(pick(headers, "message-id")),
            address=address(pick(data, "recipient")),
            url=link(pick(data, "url")),
            actor="proxy" if words(pick(data, "client-info", "bot")) else "unknown",
            reason=_bounce_of_mailgun(data) if name == "failed" else name,
        )
    ]


def _bounce_of_mailgun(data: Any) -> str:
    if pick(data, "delivery-status", "code") == _TOO_LARGE:
        return CONTENT
    return HARD if pick(data, "severity") == "permanent" else SOFT


Reader = Callable[[Any, str | None, datetime], list[DeliveryEvent]]
READERS: dict[Provider, Reader] = {
    "resend": resend,
    "postmark": postmark,
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "ses": _ses.ses,
}


def parse(
    payload: Any, provider: Provider | None = None, *, now: datetime | None = None
) -> list[DeliveryEvent]:
    """Read a payload that needs no proof, such as one of your own log.

    What comes over the network needs one: that is `Webhook.read`.

    Args:
        payload: as the provider posts it: JSON, its text, or its bytes.
        provider: whose it is; told by its looks if it isn't given.
        now: the moment of what names none.

    Raises:
        InvalidInput: it isn't JSON, or looks like no provider's.
    """
    if isinstance(payload, str | bytes):
        try:
            payload = json.loads(payload)
        except (ValueError, RecursionError):
            raise InvalidInput("payload", "isn't JSON") from None
    found = provider or _looks_like(payload)
    if found not in READERS:
        raise InvalidInput("provider", f"must be one of {', '.join(PROVIDERS)}")
    return READERS[found](payload, None, now or datetime.now(UTC))


def _looks_like(payload: Any) -> Provider:
    if isinstance(payload, list):
        return "sendgrid"
    signs: dict[str, Provider] = {
        "RecordType": "postmark",
        "event-data": "mailgun",
        "data": "resend",
        "sg_message_id": "sendgrid",
    }
    for sign, provider in signs.items():
        if isinstance(payload, dict) and sign in payload:
            return provider
    return "ses"
