"""The people who can receive a campaign."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from postgrest.types import CountMethod

from campaign_sdk._core.errors import InvalidInput, NotFound, ProtocolError
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import NOT_GIVEN, NotGiven, given, uuid_text
from campaign_sdk._core.operation import Mode, PagedSteps, Resource, Steps, operation, pages
from campaign_sdk._core.paging import PAGE, function_pages, table_pages
from campaign_sdk.contacts._addresses import normalize_email
from campaign_sdk.contacts._csv import ColumnType, ContactFile, Row
from campaign_sdk.contacts._import import ImportReport, Problem, Tally, ahead
from campaign_sdk.contacts._items import (
    ContactItem,
    attributes,
    moment,
    phone,
    prepare,
)
from campaign_sdk.contacts._matching import match_arguments
from campaign_sdk.contacts._models import Contact, ContactField
from campaign_sdk.rules import Rules, RulesLike

BATCH = 1_000


class Progress(Protocol):
    """What `import_csv` calls after each batch, and at the end."""

    def __call__(self, done: int, total: int, report: ImportReport, /) -> object:
        """Take note of `done` of `total` bytes read, and the report so far."""


class Contacts(Resource[Mode]):
    """Storing, finding and unsubscribing contacts."""

    @operation
    def upsert(
        self, items: Iterable[ContactItem | Mapping[str, Any]], *, batch_size: int = BATCH
    ) -> Steps[ImportReport]:
        """Create contacts, or merge into those with the same address.

        A given phone replaces the stored one; attributes are merged name by name; nobody
        who unsubscribed is subscribed again. All items are checked before the first is
        sent. Of two items with the same address the first counts.

        Raises:
            InvalidInput: an item is refused; the path is its position and field.
        """
        rows = [_checked(position, item) for position, item in enumerate(items)]
        tally = Tally()
        yield from self._store(rows, tally, batch_size)
        return tally.report()

    @operation
    def import_csv(
        self,
        path: str | Path,
        *,
        rejects: str | Path | None = None,
        delimiter: str = ",",
        encoding: str = "utf-8-sig",
        types: Mapping[str, ColumnType] | None = None,
        timezone: str = "UTC",
        batch_size: int = BATCH,
        progress: Progress | None = None,
    ) -> Steps[ImportReport]:
        """Import contacts from a CSV file, as `upsert` does, and account for every row.

        The first line names the columns; one must be `email`. Every column but email,
        phone and unsubscribed_at becomes an attribute (`address.city` a nested one); an
        empty cell is a missing value. Numbers and ISO dates are typed by their looks. A
        row that is refused doesn't stop the others. Importing the same file again changes
        nothing, so an import that was cut off is simply run again.

        Args:
            path: the file.
            rejects: where to write the refused rows as CSV: line, column, reason, then
                the row's own cells.
            delimiter: what stands between two cells.
            encoding: of the file; a byte order mark is dropped.
            types: for columns not to be typed by their looks, such as `{"zip": "text"}`.
            timezone: of date-times that name no offset.
            batch_size: contacts in one request.
            progress: called after each batch, and at the end.

        Raises:
            InvalidInput: the file can't be read, or has no e-mail column.
        """
        with ExitStack() as stack:
            source = ContactFile(Path(path), delimiter, encoding, types or {}, timezone)
            stack.callback(source.close)
            tally = Tally(_rejects_writer(stack, source, rejects))
            report = _reporter(source, progress)
            yield from self._store(source, tally, batch_size, report)
            report(tally)
        return tally.report()

    def _store(
        self,
        rows: Iterable[Row],
        tally: Tally,
        batch_size: int,
        report: Callable[[Tally], object] = bool,
    ) -> Steps[None]:
        if not 1 <= batch_size <= 10_000:
            raise InvalidInput("batch_size", "must lie between 1 and 10,000")
        for batch in ahead(tally.batches(rows, batch_size)):
            response = yield self._rpc("upsert_contacts", {"contacts": batch}, kind="keyed")
            tally.stored(len(batch), response.data)
            report(tally)

    @operation
    def get(self, id: UUID | str) -> Steps[Contact]:
        """Return one contact.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
        """
        response = yield self._db.from_("contacts").select("*").eq("id", uuid_text(id))
        return _one(response.data)

    @operation
    def find(self, email: str) -> Steps[Contact | None]:
        """Return the contact with this address, or `None`.

        Raises:
            InvalidInput: it isn't an address.
        """
        address = normalize_email(email)
        # Not a filter: it would stand in the URL, and those are logged everywhere.
        rows = rows_of((yield self._rpc("find_contact", {"email": address}, kind="read")))
        return Contact.from_row(rows[0]) if rows else None

    @operation
    def update(
        self,
        id: UUID | str,
        *,
        email: str | NotGiven = NOT_GIVEN,
        phone: str | None | NotGiven = NOT_GIVEN,
        attributes: Mapping[str, Any] | NotGiven = NOT_GIVEN,
        unsubscribed_at: datetime | None | NotGiven = NOT_GIVEN,
    ) -> Steps[Contact]:
        """Change what is given, and return the contact.

        Attributes are merged name by name; give one as `None` to blank it.

        Raises:
            NotFound: there is no such contact, or it is somebody else's.
            AlreadyExists: another contact has the address.
            InvalidInput: a value is refused.
        """
        changes = _changes(email, phone, attributes, unsubscribed_at)
        arguments = {"contact_id": uuid_text(id), "changes": changes}
        response = yield self._rpc("update_contact", arguments, kind="keyed")
        return _one(response.data)

    @operation
    def unsubscribe(self, id: UUID | str) -> Steps[Contact]:
        """Take a contact out of every audience, now and for good; the contact stays.

        Raises:
            NotFound: there is no such contact, or it is somebody else's.
        """
        arguments = {"contact_id": uuid_text(id)}
        response = yield self._rpc("unsubscribe_contact", arguments, kind="keyed")
        return _one(response.data)

    @operation
    def delete(self, id: UUID | str) -> Steps[None]:
        """Delete a contact. What was counted stays counted.

        Raises:
            NotFound: there is no such contact, or it is somebody else's.
        """
        response = yield self._db.from_("contacts").delete().eq("id", uuid_text(id))
        _one(response.data)

    @operation
    def count(self) -> Steps[int]:
        """Return how many contacts there are, the unsubscribed included."""
        # With a row, not as a HEAD request: whose refusal would have no body to say why.
        query = self._db.from_("contacts").select("id", count=CountMethod.exact).limit(1)
        response = yield query
        if response.count is None:
            raise ProtocolError("the server's answer holds no count")
        count: int = response.count
        return count

    @pages
    def iterate(
        self,
        rules: RulesLike | None = None,
        *,
        as_of: datetime | None = None,
        timezone: str = "UTC",
        page_size: int = PAGE,
    ) -> PagedSteps[Contact]:
        """Yield each contact exactly once, in the order of their ids, page by page.

        Args:
            rules: only those who match; all by default.
            as_of: the moment that relative dates refer to; now by default.
            timezone: the IANA time zone of relative dates.
            page_size: contacts in one request. The server's own limit may be lower.
        """
        if rules is None:
            select = partial(self._db.from_("contacts").select, "*")
            yield from table_pages(select, Contact, page_size)
        else:
            arguments = match_arguments(Rules.of(rules), as_of, timezone)
            yield from function_pages(self, "match_contacts", arguments, Contact, page_size)

    @operation
    def fields(self, *, sample: int = 100_000) -> Steps[tuple[ContactField, ...]]:
        """Return the attributes that the contacts have, computed in the database.

        Args:
            sample: how many contacts to look at; a random sample if there are more.
        """
        response = yield self._rpc("list_contact_fields", {"sample": sample}, kind="read")
        sampled = response.data["sampled"]
        return tuple(
            ContactField(**field, coverage=field["present"] / sampled)
            for field in response.data["fields"]
        )


def _one(rows: list[Any]) -> Contact:
    if not rows:
        raise NotFound("there is no such contact, or it isn't yours")
    return Contact.from_row(rows[0])


def _changes(
    new_email: str | NotGiven,
    new_phone: str | None | NotGiven,
    new_attributes: Mapping[str, Any] | NotGiven,
    unsubscribed_at: datetime | None | NotGiven,
) -> dict[str, Any]:
    changes = given(
        email=new_email, phone=new_phone, attributes=new_attributes, unsubscribed_at=unsubscribed_at
    )
    return {name: _CHECKS[name](value) for name, value in changes.items()}


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "email": normalize_email,
    "phone": phone,
    "attributes": attributes,
    "unsubscribed_at": lambda value: moment(value, "unsubscribed_at"),
}


def _checked(position: int, item: Mapping[str, Any]) -> Row:
    try:
        return Row(position, (), item=prepare(item))
    except InvalidInput as error:
        raise InvalidInput(f"$[{position}].{error.path}", error.reason) from None


def _rejects_writer(
    stack: ExitStack, source: ContactFile, path: str | Path | None
) -> Callable[[Row, Problem], object]:
    if path is None:
        return lambda _row, _problem: None
    if Path(path).resolve() == source.path.resolve():
        raise InvalidInput("rejects", "must not be the file that is imported")
    try:
        # What wasn't text in the file is written back byte for byte.
        stream = stack.enter_context(
            Path(path).open("w", encoding="utf-8", errors="surrogateescape", newline="")  # noqa: SIM115
        )
    except OSError as error:
        raise InvalidInput("rejects", f"can't be written ({type(error).__name__})") from error
    writer = csv.writer(stream)
    writer.writerow(["line", "column", "reason", *source.header])
    return lambda row, problem: writer.writerow(
        [problem.line, problem.column, problem.reason, *row.cells]
    )


def _reporter(source: ContactFile, progress: Progress | None) -> Callable[[Tally], object]:
    if progress is None:
        return bool
    return lambda tally: progress(source.position, source.size, tally.report())
