"""Events on their way into the database: in batches, a few at a time, each accounted for."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

from campaign_sdk._core.errors import CampaignError, InvalidInput
from campaign_sdk._core.flight import Flight
from campaign_sdk._core.operation import Blocking, Call, Resource, Steps
from campaign_sdk._core.requests import apart
from campaign_sdk.analytics._account import Account, Batch, IngestReport, Stored
from campaign_sdk.analytics._files import EventRow, Reject


def ingest(
    resource: Resource[Any], events: Iterable[Any] | AsyncIterable[Any], size: int
) -> Steps[IngestReport]:
    """Store events batch by batch."""
    source = _source(resource, events)

    def take(flight: Flight) -> Steps[list[Any]]:
        if isinstance(source, AsyncIterator):
            taken: list[Any] = yield from flight.read(Call(partial(_take, source, size)))
            return taken
        yield from flight.look()
        try:
            if isinstance(events, list | tuple):
                return list(islice(source, size))
            return (yield from apart(lambda: list(islice(source, size))))
        except Exception:
            yield from flight.settle()
            raise

    account = Account()
    yield from store(resource, account, take)
    return account.report()


def store(
    resource: Resource[Any],
    account: Account,
    take: Callable[[Flight], Steps[list[Any]]],
    landed: Callable[[Batch], object] = bool,
) -> Steps[None]:
    """Store events batch by batch, a few batches at a time.

    Args:
        resource: which sends them.
        account: of all.
        take: brings the next ones, or an empty list at the end.
        landed: called with each batch that is accounted for.
    """
    with Flight(resource) as flight:
        try:
            while given := (yield from take(flight)):
                batch = account.prepare(given)
                yield from _sent(resource, flight, account, batch, landed)
            yield from flight.land()
        except CampaignError as error:
            account.explain(error)
            raise


def _sent(
    resource: Resource[Any],
    flight: Flight,
    account: Account,
    batch: Batch,
    landed: Callable[[Batch], object],
) -> Steps[None]:
    def stored(response: Any) -> None:
        account.stored(batch, Stored.from_row(response.data))
        landed(batch)

    if batch.events:
        request = resource._rpc("ingest_events", {"events": batch.events}, kind="keyed")
        yield from flight.send(request, stored, batch.keys)
    else:
        yield from flight.land()
        account.refuse(batch)
        landed(batch)


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


def ingest_rows(
    resource: Resource[Any],
    rows: Iterator[EventRow],
    size: int,
    reject: Reject,
) -> Steps[IngestReport]:
    """Store the events of a file batch by batch; a refused one is handed to `reject`."""
    held: dict[int, EventRow] = {}
    read = 0

    def refused(position: int, path: str, reason: str) -> int:
        row = held[position]
        reject(row, path, reason)
        return row.line

    def take(flight: Flight) -> Steps[list[Any]]:
        nonlocal read
        taken: list[EventRow] = yield from flight.read(Blocking(lambda: list(islice(rows, size))))
        held.update(enumerate(taken, read))
        read += len(taken)
        return [row.event for row in taken]

    def landed(batch: Batch) -> None:
        for position in batch.all_positions:
            del held[position]

    account = Account(refused)
    yield from store(resource, account, take, landed)
    return account.report()
