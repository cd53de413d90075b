"""Counting what happened: totals, events, and what providers report."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from contextlib import ExitStack
from datetime import date, datetime
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.failures import row_of
from campaign_sdk._core.files import Target
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import Blocking, Mode, Resource, Steps, operation
from campaign_sdk._core.writing import new_request_id
from campaign_sdk.analytics._account import IngestReport
from campaign_sdk.analytics._events import Event
from campaign_sdk.analytics._files import EventFile, rejects_written
from campaign_sdk.analytics._ingestion import ingest, ingest_rows
from campaign_sdk.analytics._reports import WebhookReport, receive
from campaign_sdk.contacts.files._source import FileLike
from campaign_sdk.reports import Engagement
from campaign_sdk.webhooks import DeliveryEvent, Provider

BATCH = 1_000
_EARLIEST_DAY = date(2000, 1, 1)
_INTEGER_LIMIT = 2**31 - 1


class Intake(Resource[Mode]):
    """Counting what happened, exactly once."""

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

        Calling it twice adds twice. A request whose answer is lost is sent again, and counts
        once.

        Args:
            campaign_id: the campaign.
            impressions: to be added, not negative.
            clicks: to be added, not negative.
            conversions: to be added, not negative.
            on: the day, in the campaign's time zone; between the year 2000 and tomorrow;
                today by default.

        Raises:
            InvalidInput: a count is negative or no whole number, or the day out of bounds.
            NotFound: there is no such campaign, or it is somebody else's.
        """
        counts = {"impressions": impressions, "clicks": clicks, "conversions": conversions}
        for name, count in counts.items():
            _check_count(name, count)
        arguments = {
            "campaign_id": (yield from id_of(self, "campaigns", campaign_id, "campaign_id")),
            **counts,
            "day": _day(on),
            "request_id": new_request_id(),
        }
        response = yield self._rpc("record_engagement", arguments, kind="keyed")
        return Engagement.from_row(row_of(response))

    @operation
    def ingest(
        self,
        events: Iterable[Event | Mapping[str, Any]] | AsyncIterable[Event | Mapping[str, Any]],
        *,
        batch_size: int = BATCH,
    ) -> Steps[IngestReport]:
        """Store events and count each exactly once, however often it is given.

        Takes any iterable (in the asynchronous client an asynchronous one too); four batches
        are in memory and on their way at most. An event that is refused doesn't stop the
        others. A batch whose answer is lost is sent again; when that fails too, giving all
        events again counts none of them twice.

        Args:
            events: mappings with `campaign_id`, `event_id`, `type`, `occurred_at`, and
                optionally `contact_id` and `value`; see `Event`.
            batch_size: events in one request, 1 to 10,000.

        Raises:
            Unavailable: the connection is gone; what was counted before stays counted.
        """
        _check_batch_size(batch_size)
        return (yield from ingest(self, events, batch_size))

    @operation
    def ingest_file(
        self,
        file: FileLike,
        *,
        campaign_id: UUID | str | None = None,
        rejects: Target | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        batch_size: int = BATCH,
    ) -> Steps[IngestReport]:
        """Store the events of a file, each line accounted for, and count each exactly once.

        JSON lines, or CSV with a header: a file is CSV if it is called so, or doesn't begin
        with a brace. A line that is no event, or isn't text, doesn't stop the others.

        Args:
            file: a path, or a file that is open for reading.
            campaign_id: for events that name none.
            rejects: a file for the refused events with line and reason; corrected, it can be
                ingested as it is.
            encoding: of the file. UTF-8 and UTF-16 are found out; another one is named, or
                what isn't ASCII is refused: an id that is read wrongly is another event's.
            delimiter: what stands between the cells of a CSV; found out by default.
            batch_size: events in one request, 1 to 10,000.

        Raises:
            InvalidInput: the file can't be read, or isn't one of events.
            Unavailable: the connection is gone; what was counted before stays counted, and
                giving the file again counts none of it twice.
        """
        _check_batch_size(batch_size)
        extra = {}
        if campaign_id is not None:
            extra["campaign_id"] = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        with ExitStack() as stack:
            source = yield Blocking(
                lambda: EventFile(file, encoding=encoding, delimiter=delimiter, extra=extra)
            )
            stack.callback(source.close)
            reject = stack.enter_context(rejects_written(source, rejects))
            return (yield from ingest_rows(self, iter(source), batch_size, reject))

    @operation
    def receive(
        self,
        reports: Iterable[DeliveryEvent] | Mapping[str, Any] | Iterable[Mapping[str, Any]] | bytes,
        *,
        provider: Provider | None = None,
        campaign_id: UUID | str | None = None,
        batch_size: int = BATCH,
    ) -> Steps[WebhookReport]:
        """Take what a provider reports of messages: count it once, and heed it.

        Opens, clicks, deliveries, bounces, complaints and unsubscriptions are counted for
        their campaign. A hard bounce, a complaint, and the fifth soft bounce without a
        delivery between suppress the address; who complains or unsubscribes is
        unsubscribed. The same again changes nothing.

        A message is told by our key in it, by `campaign_id` in its metadata, or by the
        argument; a contact by the key or by the address.

        Args:
            reports: what `Webhook.read` returned, for a request that came over the network;
                or a payload as the provider posts it (JSON, text or bytes), which nothing
                proves: only from your own log.
            provider: whose payload it is; told by its looks if it isn't given.
            campaign_id: the campaign of reports that name none.
            batch_size: reports in one request, 1 to 10,000.

        Raises:
            InvalidInput: it is neither of the two.
            NotFound: there is no such campaign, or it is somebody else's.
        """
        if not 1 <= batch_size <= 10_000:
            raise InvalidInput("batch_size", "must lie between 1 and 10,000")
        return (yield from receive(self, reports, provider, campaign_id, batch_size))


def _check_batch_size(size: int) -> None:
    if not 1 <= size <= 10_000:
        raise InvalidInput("batch_size", "must lie between 1 and 10,000")


def _check_count(name: str, count: object) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _INTEGER_LIMIT:
        raise InvalidInput(name, "must be a whole number, not negative")


def _day(on: date | None) -> str | None:
    if on is None:
        return None
    if isinstance(on, datetime) or not isinstance(on, date):
        raise InvalidInput("on", "must be a date without a time: a day of the campaign's time zone")
    if on < _EARLIEST_DAY:
        raise InvalidInput("on", "must lie between the year 2000 and tomorrow")
    return on.isoformat()
