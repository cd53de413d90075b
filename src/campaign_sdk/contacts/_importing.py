"""Storing many contacts: from a file, or from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Protocol, runtime_checkable

from campaign_sdk._core.errors import CampaignError, InvalidInput
from campaign_sdk._core.files import Target
from campaign_sdk._core.flight import Flight
from campaign_sdk._core.operation import Blocking, Kind, Resource, Steps
from campaign_sdk._core.requests import apart
from campaign_sdk.contacts._batches import Ahead, Batch, keys_of
from campaign_sdk.contacts._frames import Frame, csv_of, is_frame, items_of
from campaign_sdk.contacts._import import ImportReport, Tally
from campaign_sdk.contacts._items import ContactItem, prepare
from campaign_sdk.contacts._models import Stored
from campaign_sdk.contacts._schemas import read_schema
from campaign_sdk.contacts.files._declared import declared_types
from campaign_sdk.contacts.files._file import ContactFile
from campaign_sdk.contacts.files._plan import Row
from campaign_sdk.contacts.files._rejects import rejects_written
from campaign_sdk.contacts.files._source import FileLike

BATCH = 1_000
_UPSERT: tuple[str, Kind] = ("upsert_contacts", "keyed")
_PREVIEW: tuple[str, Kind] = ("preview_contacts", "read")


@runtime_checkable
class Progress(Protocol):
    """What `import_csv` calls after each batch, and at the end."""

    def __call__(self, done: int, total: int, report: ImportReport, /) -> object:
        """Take note of `done` of `total` bytes read, and the report so far."""


def upsert_items(
    resource: Resource[Any],
    items: Iterable[ContactItem | Mapping[str, Any]] | Frame,
    batch_size: int,
) -> Steps[ImportReport]:
    """Check all items, then store them."""
    given: Any = items_of(items) if is_frame(items) else items

    def check() -> list[Row]:
        return [_checked(position, item) for position, item in enumerate(given)]

    is_short = isinstance(given, list | tuple) and len(given) <= BATCH
    rows = check() if is_short else (yield from apart(check))
    tally = Tally(expected=len(rows))
    yield from _store(resource, rows, tally, batch_size)
    return tally.report()


def import_file(
    resource: Resource[Any],
    file: FileLike | Frame,
    options: Mapping[str, Any],
    *,
    rejects: Target | None,
    dry_run: bool,
    batch_size: int,
    progress: Progress | None,
) -> Steps[ImportReport]:
    """Understand a file, then store its rows or, in a dry run, ask what would become of them."""
    with ExitStack() as stack:
        # Opening reads the file once: not in the thread of an event loop.
        given: Any = csv_of(file) if is_frame(file) else file
        source = yield Blocking(lambda: ContactFile(given, **options))
        stack.callback(source.close)
        if schema := (yield from read_schema(resource)):
            source.declare(declared_types(schema.definition))
        reject = stack.enter_context(rejects_written(source, rejects))
        tally = Tally(reject, expected=source.count, dry_run=dry_run, **_about(source))
        report = _reporter(source, progress)
        yield from _store(resource, source, tally, batch_size, report, dry_run=dry_run)
        report(tally)
    return tally.report()


def _store(
    resource: Resource[Any],
    rows: Iterable[Row],
    tally: Tally,
    batch_size: int,
    report: Callable[[Tally], object] = bool,
    *,
    dry_run: bool = False,
) -> Steps[None]:
    if not 1 <= batch_size <= 10_000:
        raise InvalidInput("batch_size", "must lie between 1 and 10,000")
    store = _Store(resource, tally, report, dry_run=dry_run)
    with Ahead(tally.batches(rows, batch_size)) as coming, Flight(resource) as flight:
        try:
            while (batch := (yield from flight.read(Blocking(coming.take)))) is not None:
                yield from store.send(flight, batch)
            yield from flight.land()
        except CampaignError as error:
            report(tally)
            tally.explain(error)
            raise


@dataclass(frozen=True)
class _Store:
    """How the batches of an import are sent and accounted for."""

    resource: Resource[Any]
    tally: Tally
    report: Callable[[Tally], object]
    dry_run: bool = dataclass_field(kw_only=True)

    def send(self, flight: Flight, batch: Batch) -> Steps[None]:
        """Send a batch. Who has opted out in it may stand in one that is on its way."""
        if batch.emails:
            function, kind = _PREVIEW if self.dry_run else _UPSERT
            request = self.resource._rpc(function, batch.body, kind=kind)
            yield from flight.send(request, self._stored(batch), keys_of(batch.emails))
        if batch.gone and not self.dry_run:
            arguments = {"contacts": batch.unsubscribed()}
            request = self.resource._rpc("unsubscribe_contacts", arguments, kind="keyed")
            yield from flight.send(
                request, lambda _: self.report(self.tally), keys_of(batch.gone.keys())
            )

    def _stored(self, batch: Batch) -> Callable[[Any], None]:
        def stored(response: Any) -> None:
            self.tally.stored(batch, Stored.from_row(response.data))
            self.report(self.tally)

        return stored


def _checked(position: int, item: Mapping[str, Any]) -> Row:
    try:
        prepared = prepare(item)
    except InvalidInput as error:
        raise InvalidInput(f"$[{position}].{error.path}", error.reason) from None
    since = prepared.get("unsubscribed_at")
    return Row(position, (), prepared, opted_out=(prepared["email"], since) if since else None)


def _about(source: ContactFile) -> dict[str, Any]:
    """What a report says of a file."""
    return {
        "notes": source.notes,
        "warnings": source.warnings,
        "columns": source.columns,
        "delimiter": source.delimiter,
        "encoding": source.encoding,
        "program": source.program,
    }


def _reporter(source: ContactFile, progress: Progress | None) -> Callable[[Tally], object]:
    if progress is None:
        return bool
    return lambda tally: progress(source.position, source.size, tally.report())
