"""What the reports of Amazon SES mean, by way of SNS or as they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

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

# Kind, where its details stand, and where its recipients do.
_KINDS: dict[str | None, tuple[Kind, str, str | None]] = {
    "Delivery": ("delivered", "delivery", "recipients"),
    "Bounce": ("bounced", "bounce", "bouncedRecipients"),
    "Complaint": ("complained", "complaint", "complainedRecipients"),
    "Open": ("opened", "open", None),
    "Click": ("clicked", "click", None),
}
_REFUSED_CONTENT = {"MessageTooLarge", "ContentRejected", "AttachmentRejected"}


def ses(payload: Any, _id: str | None, now: datetime) -> list[DeliveryEvent]:
    """Read a report of SES: an event for each recipient."""
    if pick(payload, "Type") in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        return []
    report, own = _unwrapped(payload)
    name = words(pick(report, "eventType")) or words(pick(report, "notificationType"))
    kind, place, list_ = _KINDS.get(name, ("ignored", "", None))
    details, mail = pick(report, place), pick(report, "mail")
    sent = message_id(pick(mail, "messageId"))
    when = words(pick(details, "timestamp")) or words(pick(mail, "timestamp"))
    own = own or words(pick(details, "feedbackId")) or identifier(sent, name, when)
    made: Callable[[int, Any], DeliveryEvent] = lambda n, who: event(  # noqa: E731 - once for each
        identifier("ses", own, n),
        kind,
        moment(when, now),
        marked=marks(flat(pick(mail, "tags")), flat(pick(mail, "headers"))),
        provider_id=sent,
        address=address(who),
        url=link(pick(details, "link")),
        reason=_reason(details) if kind == "bounced" else name,
    )
    return [made(n, who) for n, who in enumerate(_recipients(details, mail, list_))]


def _unwrapped(payload: Any) -> tuple[Any, str | None]:
    """Return the report in an SNS message, and the id of that."""
    inner = pick(payload, "Message")
    if not isinstance(inner, str):
        return payload, None
    try:
        report = json.loads(inner)
    except (ValueError, RecursionError):
        # "Successfully validated SNS topic for Amazon SES event publishing."
        report = None
    return report, words(pick(payload, "MessageId"))


def _recipients(details: Any, mail: Any, list_: str | None) -> list[Any]:
    if list_ is not None:
        found = [
            one if isinstance(one, str) else pick(one, "emailAddress")
            for one in items(pick(details, list_))
        ]
        return found or [None]
    # Of an opened message it isn't said who of several has opened it.
    destination = items(pick(mail, "destination"))
    return destination if len(destination) == 1 else [None]


def _reason(bounce: Any) -> str:
    if words(pick(bounce, "bounceSubType")) in _REFUSED_CONTENT:
        return CONTENT
    return HARD if pick(bounce, "bounceType") == "Permanent" else SOFT
