"""Events on their way into the database: checked, in batches, each accounted for."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import islice
from typing import Any, Literal, NotRequired, TypedDict, get_args
from uuid import UUID

from campaign_sdk._core.errors import CampaignError, InvalidInput
from campaign_sdk._core.model import Model, text, uuid_text
from campaign_sdk._core.operation import Call, Resource, Steps
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
_PROBLEMS_KEPT = 1_000


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


class EventProblem(Model):
    """An event that was refused.

    Attributes:
        position: which one of those given, counted from 0.
        path: the field that is wrong, or `row`.
        reason: what is wrong with it.
        line: of a file, counted from 1, the header included.
    """

    position: int
    path: str
    reason: str
    line: int | None = None


class IngestReport(Model):
    """What became of the events given.

    Attributes:
        inserted: events that are new, and are counted now.
        duplicates: the same events again, which were counted before, here or earlier.
        rejected: events that were refused.
        problems: the first 1,000 refusals.
    """

    inserted: int
    duplicates: int
    rejected: int
    problems: tuple[EventProblem, ...] = ()


class _Stored(Model):
    """The database's answer to a batch: positions in it, each with a reason."""

    inserted: int
    duplicates: int
    rejected: list[int]
    reasons: list[str]


Refused = Callable[[int, str, str], int | None]


class Account:
    """The running account of one ingestion; it holds one batch at a time.

    Args:
        refused: called with the position of an event that is refused, the field, and what
            is wrong with it; returns its line, if it has one.
    """

    def __init__(self, refused: Refused = lambda _position, _path, _reason: None) -> None:
        self._refused = refused
        self._read = self._inserted = self._duplicates = self._rejected = 0
        self._problems: list[EventProblem] = []
        self._positions: list[int] = []

    def prepare(self, events: Iterable[Any]) -> list[dict[str, Any]]:
        """Return the good ones of the next events, and account for the others."""
        batch: list[dict[str, Any]] = []
        self._positions = []
        for position, event in enumerate(events, self._read):
            self._read = position + 1
            try:
                if isinstance(event, InvalidInput):
                    raise event
                batch.append(prepare_event(event))
            except InvalidInput as error:
                self._reject(position, error.path, error.reason)
                continue
            self._positions.append(position)
        return batch

    def stored(self, result: _Stored) -> None:
        """Account for the batch, which the database has taken."""
        self._inserted += result.inserted
        self._duplicates += result.duplicates
        for index, reason in zip(result.rejected, result.reasons, strict=True):
            path, _, why = reason.partition(": ")
            self._reject(self._positions[index], path, why)

    def report(self) -> IngestReport:
        """Return the account so far."""
        return IngestReport(
            inserted=self._inserted,
            duplicates=self._duplicates,
            rejected=self._rejected,
            problems=tuple(self._problems),
        )

    def explain(self, error: CampaignError) -> None:
        """Say in an error how far the ingestion came."""
        error.add_note(
            f"{self._inserted} new events were counted before this. Give all of them again: "
            "none is counted twice."
        )

    def _reject(self, position: int, path: str, reason: str) -> None:
        self._rejected += 1
        line = self._refused(position, path, reason)
        if len(self._problems) < _PROBLEMS_KEPT:
            problem = EventProblem(position=position, path=path, reason=reason, line=line)
            self._problems.append(problem)


def ingest(
    resource: Resource[Any], events: Iterable[Any] | AsyncIterable[Any], size: int
) -> Steps[IngestReport]:
    """Store events batch by batch."""
    account, source = Account(), _source(resource, events)
    while True:
        if isinstance(source, AsyncIterator):
            given = yield Call(partial(_take, source, size))
        else:
            given = list(islice(source, size))
        if not given:
            return account.report()
        batch = account.prepare(given)
        if batch:
            yield from store(resource, account, batch)


def store(resource: Resource[Any], account: Account, batch: list[dict[str, Any]]) -> Steps[None]:
    """Store a batch and account for it."""
    try:
        response = yield resource._rpc("ingest_events", {"events": batch}, kind="keyed")
    except CampaignError as error:
        account.explain(error)
        raise
    account.stored(_Stored.from_row(response.data))


def _source(
    resource: Resource[Any], events: Iterable[Any] | AsyncIterable[Any]
) -> Iterator[Any] | AsyncIterator[Any]:
    if isinstance(events, AsyncIterable):
        if not resource.is_async:
            raise InvalidInput("events", "can't be asynchronous here: use AsyncCampaignClient")
        return aiter(events)
    # Iterating over one event or over a text gives its pieces, each a puzzling refusal.
    if isinstance(events, Mapping | str | bytes) or not isinstance(events, Iterable):
        raise InvalidInput("events", "must be an iterable of events, such as a list of them")
    return iter(events)


async def _take(source: AsyncIterator[Any], size: int) -> list[Any]:
    taken: list[Any] = []
    async for event in source:
        taken.append(event)
        if len(taken) == size:
            break
    return taken


def prepare_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Check one event and return it as it is sent.

    Raises:
        InvalidInput: names the field and what is wrong with it.
    """
    if not isinstance(event, Mapping):
        raise InvalidInput("event", "must be a mapping")
    unknown = event.keys() - Event.__annotations__.keys()
    if unknown:
        raise InvalidInput(str(min(map(str, unknown))), "isn't a field of an event")
    contact_id = event.get("contact_id")
    return {
        "campaign_id": uuid_text(event.get("campaign_id", ""), "campaign_id"),
        "event_id": text(event.get("event_id"), "event_id", required=True),
        "type": _one_of("type", EventType, event.get("type")),
        "occurred_at": _occurred_at(event.get("occurred_at")),
        "contact_id": None if contact_id is None else uuid_text(contact_id, "contact_id"),
        "value": _value(event.get("value")),
        "actor": _one_of("actor", Actor, event.get("actor") or "unknown"),
        "link": _link(event.get("link")),
    }


def _link(value: str | None) -> str | None:
    return None if value is None else text(value, "link", longest=LONGEST_LINK, required=True)


def _one_of(name: str, known: object, value: object) -> str:
    if value not in get_args(known):
        raise InvalidInput(name, f"must be one of {', '.join(get_args(known))}")
    return str(value)


def _occurred_at(value: object) -> str:
    when = moment(value, "occurred_at")
    if when is None:
        raise InvalidInput("occurred_at", "is missing")
    if not EARLIEST <= datetime.fromisoformat(when) <= datetime.now(UTC) + _AHEAD:
        raise InvalidInput("occurred_at", "must lie between the year 2000 and tomorrow")
    return when


def _value(value: object) -> str | None:
    if value is None:
        return None
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
