"""A file of events on its way into the database: each line accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from campaign_sdk._core.errors import CampaignError
from campaign_sdk._core.operation import Blocking, Resource, Steps
from campaign_sdk.analytics._events import Account, IngestReport, store
from campaign_sdk.analytics._files import EventRow, Reject


def ingest_rows(
    resource: Resource[Any],
    rows: Iterator[EventRow],
    size: int,
    reject: Reject,
) -> Steps[IngestReport]:
    """Store the events of a file batch by batch; a refused one is handed to `reject`."""
    held: dict[int, EventRow] = {}

    def refused(position: int, path: str, reason: str) -> int:
        row = held[position]
        reject(row, path, reason)
        return row.line

    account, read = Account(refused), 0
    while taken := (yield from _read(account, rows, size)):
        held.clear()
        held.update(enumerate(taken, read))
        read += len(taken)
        batch = account.prepare(row.event for row in taken)
        if batch:
            yield from store(resource, account, batch)
    return account.report()


def _read(account: Account, rows: Iterator[EventRow], size: int) -> Steps[list[EventRow]]:
    try:
        taken: list[EventRow] = yield Blocking(lambda: list(islice(rows, size)))
    except CampaignError as error:
        account.explain(error)
        raise
    return taken
