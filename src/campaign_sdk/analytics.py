"""What became of the messages: impressions, clicks and conversions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NotRequired, TypedDict, get_args
from uuid import UUID

from campaign_sdk._contact_items import moment
from campaign_sdk._errors import InvalidInput
from campaign_sdk._model import Model, text, uuid_text
from campaign_sdk._operation import Mode, Resource, Steps, operation

EventType = Literal["impression", "click", "conversion"]

BATCH = 1_000
# Events older than this, or from further ahead than a day, are somebody's broken clock.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_PROBLEMS_KEPT = 1_000
_INTEGER_LIMIT = 2**31 - 1

__all__ = ["Analytics", "Engagement", "Event", "EventProblem", "EventType", "IngestReport"]


class Event(TypedDict):
    """One thing that happened.

    Attributes:
        campaign_id: to which campaign.
        event_id: chosen by you; with the campaign it makes the event one of a kind.
        type: impression, click or conversion.
        occurred_at: when, as an aware datetime or ISO text with an offset.
        contact_id: who did it, if that is known.
        value: what a conversion was worth.
    """

    campaign_id: UUID | str
    event_id: str
    type: EventType
    occurred_at: datetime | str
    contact_id: NotRequired[UUID | str | None]
    value: NotRequired[float | Decimal | None]


class EventProblem(Model):
    """An event that was refused.

    Attributes:
        position: which one of those given, counted from 0.
        path: the field that is wrong.
        reason: what is wrong with it.
    """

    position: int
    path: str
    reason: str


class IngestReport(Model):
    """What became of the events given.

    Attributes:
        inserted: events that are new, and are counted now.
        duplicates: events that were counted before, here or earlier.
        rejected: events that were refused.
        problems: the first 1,000 refusals.
    """

    inserted: int
    duplicates: int
    rejected: int
    problems: tuple[EventProblem, ...] = ()


class Engagement(Model):
    """Counts, and what follows from them. A rate over zero is `None`.

    Attributes:
        impressions: how often the message was seen.
        clicks: how often it was clicked.
        conversions: how often it led to what it was meant for.
    """

    impressions: int
    clicks: int
    conversions: int

    @property
    def ctr(self) -> float | None:
        """Click-through rate: clicks per impression."""
        return self.clicks / self.impressions if self.impressions else None

    @property
    def cvr(self) -> float | None:
        """Conversion rate: conversions per click."""
        return self.conversions / self.clicks if self.clicks else None


class Analytics(Resource[Mode]):
    """Counting what happened, exactly once, and summing it up."""

    @operation
    def record(
        self,
        campaign_id: UUID | str,
        *,
        impressions: int = 0,
        clicks: int = 0,
        conversions: int = 0,
        on: date | None = None,
    ) -> Steps[Engagement]:
        """Add totals to a day, for people who have no single events; return that day.

        Calling it twice adds twice: it is never sent again by itself.

        Args:
            campaign_id: the campaign.
            impressions: to be added, not negative.
            clicks: to be added, not negative.
            conversions: to be added, not negative.
            on: the day, in the campaign's time zone; today by default.

        Raises:
            InvalidInput: a count is negative or no whole number.
            NotFound: there is no such campaign, or it is somebody else's.
        """
        counts = {"impressions": impressions, "clicks": clicks, "conversions": conversions}
        for name, count in counts.items():
            _check_count(name, count)
        arguments = {
            "campaign_id": uuid_text(campaign_id, "campaign_id"),
            **counts,
            "day": _day(on),
        }
        response = yield self._rpc("record_engagement", arguments)
        return Engagement.model_validate(response.data[0])

    @operation
    def ingest(
        self, events: Iterable[Event | Mapping[str, Any]], *, batch_size: int = BATCH
    ) -> Steps[IngestReport]:
        """Store events and count each exactly once, however often it is given.

        Takes any iterable and keeps one batch in memory. An event that is refused doesn't
        stop the others.

        Args:
            events: mappings with `campaign_id`, `event_id`, `type`, `occurred_at`, and
                optionally `contact_id` and `value`.
            batch_size: events in one request.
        """
        if not 1 <= batch_size <= 10_000:
            raise InvalidInput("batch_size", "must lie between 1 and 10,000")
        account = _Account()
        for positions, batch in account.batches(events, batch_size):
            response = yield self._rpc("ingest_events", {"events": batch}, kind="keyed")
            account.stored(positions, response.data)
        return account.report()

    @operation
    def summary(self, campaign_id: UUID | str) -> Steps[Engagement]:
        """Return the counts of a campaign over all its days.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
        """
        arguments = {"campaign_id": uuid_text(campaign_id, "campaign_id")}
        response = yield self._rpc("summarize_campaign", arguments, kind="read")
        return Engagement.model_validate(response.data)


class _Account:
    """The running account of one ingestion."""

    def __init__(self) -> None:
        self._inserted = self._duplicates = self._rejected = 0
        self._problems: list[EventProblem] = []

    def batches(
        self, events: Iterable[Any], size: int
    ) -> Iterator[tuple[list[int], list[dict[str, Any]]]]:
        """Yield good events with their positions, so many at a time."""
        positions: list[int] = []
        batch: list[dict[str, Any]] = []
        for position, event in enumerate(events):
            try:
                batch.append(prepare_event(event))
            except InvalidInput as error:
                self._reject(position, error.path, error.reason)
                continue
            positions.append(position)
            if len(batch) == size:
                yield positions, batch
                positions, batch = [], []
        if batch:
            yield positions, batch

    def stored(self, positions: list[int], result: Mapping[str, Any]) -> None:
        """Account for a batch that the database has taken."""
        self._inserted += result["inserted"]
        self._duplicates += result["duplicates"]
        for index, reason in zip(result["rejected"], result["reasons"], strict=True):
            path, _, why = reason.partition(": ")
            self._reject(positions[index], path, why)

    def report(self) -> IngestReport:
        """Return the account."""
        return IngestReport(
            inserted=self._inserted,
            duplicates=self._duplicates,
            rejected=self._rejected,
            problems=tuple(self._problems),
        )

    def _reject(self, position: int, path: str, reason: str) -> None:
        self._rejected += 1
        if len(self._problems) < _PROBLEMS_KEPT:
            self._problems.append(EventProblem(position=position, path=path, reason=reason))


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
        "type": _type(event.get("type")),
        "occurred_at": _occurred_at(event.get("occurred_at")),
        "contact_id": None if contact_id is None else uuid_text(contact_id, "contact_id"),
        "value": _value(event.get("value")),
    }


def _type(value: object) -> str:
    if value not in get_args(EventType):
        raise InvalidInput("type", f"must be one of {', '.join(get_args(EventType))}")
    return str(value)


def _occurred_at(value: object) -> str:
    when = moment(value, "occurred_at")
    if when is None:
        raise InvalidInput("occurred_at", "is missing")
    if not EARLIEST <= datetime.fromisoformat(when) <= datetime.now(UTC) + timedelta(days=1):
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
    return str(number)


def _check_count(name: str, count: object) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _INTEGER_LIMIT:
        raise InvalidInput(name, "must be a whole number, not negative")


def _day(on: date | None) -> str | None:
    if on is None:
        return None
    if isinstance(on, datetime) or not isinstance(on, date):
        raise InvalidInput("on", "must be a date without a time: a day of the campaign's time zone")
    return on.isoformat()
