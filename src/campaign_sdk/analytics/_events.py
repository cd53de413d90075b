"""What an event may look like before it is sent: checked, and in its one stored form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Literal, NotRequired, TypedDict, get_args
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import text, uuid_text
from campaign_sdk.contacts._items import moment

EventType = Literal[
    "impression", "click", "conversion", "delivered", "bounced", "complained", "unsubscribed"
]
"""What an event can be."""
Actor = Literal["human", "proxy", "machine", "unknown"]
"""Who did it, as far as can be told: a mailbox's proxy opens images, a scanner follows links."""

# Events older than this, or from further ahead than a day, are somebody's broken clock.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_LARGEST = Decimal(10) ** 15
_PLACES = 30
LONGEST_LINK = 4_096
_TYPES, _ACTORS = get_args(EventType), get_args(Actor)
# Any moment between these two texts is one; only others are looked at as dates.
_SINCE, _UNTIL = "2000-01-01T00:00:01Z", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z"


class Event(TypedDict):
    """One thing that happened.

    Attributes:
        campaign_id: to which campaign.
        event_id: chosen by you; with the campaign it makes the event one of a kind. Another
            event (its type, moment, contact, value or link differs) needs another id.
        type: impression, click, conversion, delivered, bounced, complained or unsubscribed.
        occurred_at: when, as an aware datetime or ISO text with an offset; between the
            year 2000 and a day from now.
        contact_id: who did it, if that is known; a contact who was deleted counts as nobody.
        value: what a conversion was worth, at most 10¹⁵ either way. Other events may
            carry one too, but it isn't counted.
        actor: who did it: human, proxy (a mail provider in a person's stead), machine, or
            unknown, which is what it is by default and counts as a person's.
        link: the address that was clicked, 4,096 characters at most.
    """

    campaign_id: UUID | str
    event_id: str
    type: EventType
    occurred_at: datetime | str
    contact_id: NotRequired[UUID | str | None]
    value: NotRequired[float | Decimal | None]
    actor: NotRequired[Actor | None]
    link: NotRequired[str | None]


def prepare_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Check one event and return it as it is sent.

    Raises:
        InvalidInput: names the field and what is wrong with it.
    """
    if type(event) is not dict and not isinstance(event, Mapping):
        raise InvalidInput("event", "must be a mapping")
    if not event.keys() <= _FIELDS:
        raise InvalidInput(str(min(map(str, event.keys() - _FIELDS))), "isn't a field of an event")
    prepared = {
        "campaign_id": uuid_text(event.get("campaign_id", ""), "campaign_id"),
        "event_id": text(event.get("event_id"), "event_id", required=True),
        "type": _one_of("type", _TYPES, event.get("type")),
        "occurred_at": _occurred_at(event.get("occurred_at")),
    }
    # What isn't there needn't be sent: an ingestion spends its time on such bytes.
    for name, check in _OPTIONAL.items():
        if (value := event.get(name)) is not None:
            prepared[name] = check(value)
    return prepared


def _link(value: str) -> str | None:
    return text(value, "link", longest=LONGEST_LINK, required=True)


def _one_of(name: str, known: Sequence[str], value: object) -> str:
    if value not in known:
        raise InvalidInput(name, f"must be one of {', '.join(known)}")
    return str(value)


def _occurred_at(value: object) -> str:
    when = moment(value, "occurred_at")
    if when is None:
        raise InvalidInput("occurred_at", "is missing")
    if _SINCE < when < _UNTIL:
        return when
    if not EARLIEST <= datetime.fromisoformat(when) <= datetime.now(UTC) + _AHEAD:
        raise InvalidInput("occurred_at", "must lie between the year 2000 and tomorrow")
    return when


def _value(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise InvalidInput("value", "must be a number")
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        raise InvalidInput("value", "must be a number") from None
    if not number.is_finite():
        raise InvalidInput("value", "must be a finite number")
    exponent = number.as_tuple().exponent
    if abs(number) > _LARGEST or (isinstance(exponent, int) and exponent < -_PLACES):
        raise InvalidInput("value", f"must be at most 1e15, with at most {_PLACES} decimal places")
    return str(number)


_FIELDS = frozenset(Event.__annotations__)
_OPTIONAL: dict[str, Callable[[Any], str | None]] = {
    "contact_id": partial(uuid_text, name="contact_id"),
    "value": _value,
    "actor": lambda value: _one_of("actor", _ACTORS, value or "unknown"),
    "link": _link,
}
