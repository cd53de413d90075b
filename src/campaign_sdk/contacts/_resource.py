"""The people who can receive a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from postgrest.types import CountMethod

from campaign_sdk._core.failures import count_of, rows_of
from campaign_sdk._core.files import Target
from campaign_sdk._core.model import NOT_GIVEN, NotGiven
from campaign_sdk._core.operation import Mode, PagedSteps, Steps, operation, pages
from campaign_sdk._core.paging import PAGE
from campaign_sdk._core.writing import delete_rows
from campaign_sdk.contacts._exporting import Exports
from campaign_sdk.contacts._frames import Frame
from campaign_sdk.contacts._history import Histories
from campaign_sdk.contacts._import import ImportReport
from campaign_sdk.contacts._importing import BATCH, Progress, import_file, upsert_items
from campaign_sdk.contacts._items import ContactItem
from campaign_sdk.contacts._known import find_fields
from campaign_sdk.contacts._models import Contact, ContactField
from campaign_sdk.contacts._named import contact_id
from campaign_sdk.contacts._persons import Persons
from campaign_sdk.contacts._reading import (
    change_contact,
    contact_pages,
    find_contact,
    get_contact,
    one_contact,
)
from campaign_sdk.contacts._schemas import Schemas
from campaign_sdk.contacts._typed import A, TypedContacts
from campaign_sdk.contacts.files._consent import Consent
from campaign_sdk.contacts.files._source import FileLike
from campaign_sdk.rules import RulesLike


class Contacts(Persons[Mode], Schemas[Mode], Exports[Mode], Histories[Mode]):
    """Storing, finding and unsubscribing contacts."""

    def of(self, attributes: type[A]) -> TypedContacts[Mode, A]:
        """Return the same contacts, with attributes of a class.

        Args:
            attributes: a class of yours; see `Attributes`.

        Raises:
            InvalidInput: it isn't such a class, or something in it can't be expressed as a
                schema; the path names the field.
        """
        return TypedContacts(self._connection, attributes)

    @operation
    def upsert(
        self,
        items: Iterable[ContactItem | Mapping[str, Any]] | Frame,
        *,
        batch_size: int = BATCH,
    ) -> Steps[ImportReport]:
        """Create contacts, or merge into those with the same address.

        A given phone replaces the stored one; attributes are merged name by name, as
        deep as the names go; nobody who unsubscribed is subscribed again. All items are
        checked before the first is sent. Of two items with the same address the first
        counts, but who has unsubscribed in any of them has. What only the database can
        know, such as attributes that exceed 64 kB once they are merged, keeps no other
        item from being stored: the report counts it as rejected, and names its position.

        Args:
            items: mappings with `email`, and perhaps `phone`, `attributes` and
                `unsubscribed_at`; or a data frame of pandas or polars, whose other columns
                are attributes. In an asynchronous program what isn't a list is read in a
                thread, so that the event loop goes on.
            batch_size: contacts in one request.

        Raises:
            InvalidInput: an item is refused; the path is its position and field.
        """
        return (yield from upsert_items(self, items, batch_size))

    @operation
    def import_csv(
        self,
        file: FileLike | Frame,
        *,
        rejects: Target | None = None,
        delimiter: str | None = None,
        encoding: str | None = None,
        columns: Mapping[str, str | None] | None = None,
        email_column: str | None = None,
        preset: str | None = None,
        types: Mapping[str, str] | None = None,
        decimal: str | None = None,
        timezone: str = "UTC",
        consent: Consent | None = None,
        dry_run: bool = False,
        batch_size: int = BATCH,
        progress: Progress | None = None,
    ) -> Steps[ImportReport]:
        """Import contacts from a CSV file, as `upsert` does, and account for every row.

        The file is read as its program wrote it: encoding, delimiter and the column of
        addresses are found out, and said in the report. Every column but email, phone,
        unsubscribed_at and those of consent becomes an attribute (`address.city` a nested
        one), of one type, which is decided over the whole file; an empty cell is a missing
        value. A row that is refused doesn't stop the others. Whoever has opted out in any
        row is unsubscribed. Importing the same file again changes nothing, so an import
        that was cut off is simply run again. What `campaign contacts export` and `rejects`
        have written is read as it is.

        Args:
            file: its path, or a file that is open for reading texts or bytes; or a data frame
                of pandas or polars, whose texts stay texts.
            rejects: where to write the refused rows as CSV, a path or an open file: line,
                column, reason, then the row's own cells. It can be corrected and imported as
                it is.
            delimiter: what stands between two cells.
            encoding: of the file; a byte order mark counts more.
            columns: what columns are: `{"E-mail 1 - Value": "email", "Town":
                "address.city", "Notes": None}`; `None` leaves one out.
            email_column: the column of addresses.
            preset: the program that wrote the file, such as "mailchimp".
            types: of columns, such as `{"zip": "text", "signup": "date:%d/%m/%Y"}`: auto,
                text, number, date (with its form, or `date:excel` for Excel's numbers of
                days), boolean, list.
            decimal: the decimal mark, "." or ",": numbers may then have marks between
                thousands and a currency.
            timezone: of date-times that name no offset.
            consent: the column that says who has opted out, and by which values:
                `{"column": "Newsletter", "opted_out": ["no"]}`, or several; `{"column":
                "Newsletter", "ignore": True}` for one that says nothing of the kind;
                "ignore" for all. Those of well-known programs are known.
            dry_run: write nothing, and report what would become of the rows.
            batch_size: contacts in one request.
            progress: called after each batch, and at the end.

        Raises:
            InvalidInput: the file can't be read, has no column of addresses, or one that
                looks like consent and isn't understood; an option is wrong.
        """
        options = {
            "delimiter": delimiter,
            "encoding": encoding,
            "columns": columns,
            "email_column": email_column,
            "preset": preset,
            "types": types,
            "decimal": decimal,
            "timezone": timezone,
            "consent": consent,
        }
        imported = import_file(
            self,
            file,
            options,
            rejects=None if dry_run else rejects,
            dry_run=dry_run,
            batch_size=batch_size,
            progress=progress,
        )
        return (yield from imported)

    @operation
    def get(self, id: UUID | str) -> Steps[Contact]:
        """Return one contact.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
        """
        return (yield from get_contact(self, id))

    @operation
    def find(self, email: str) -> Steps[Contact | None]:
        """Return the contact with this address, or `None`.

        Raises:
            InvalidInput: it isn't an address.
        """
        return (yield from find_contact(self, email))

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
        changed = change_contact(
            self,
            id,
            email=email,
            phone=phone,
            attributes=attributes,
            unsubscribed_at=unsubscribed_at,
        )
        return (yield from changed)

    @operation
    def unsubscribe(self, id: UUID | str) -> Steps[Contact]:
        """Take a contact out of every audience, now and for good; the contact stays.

        Raises:
            NotFound: there is no such contact, or it is somebody else's.
        """
        arguments = {"contact_id": (yield from contact_id(self, id))}
        response = yield self._rpc("unsubscribe_contact", arguments, kind="keyed")
        return one_contact(rows_of(response))

    @operation
    def subscribe(self, id: UUID | str) -> Steps[Contact]:
        """Take a contact back into audiences, because the person has asked for it.

        Raises:
            NotFound: there is no such contact, or it is somebody else's.
        """
        arguments = {
            "contact_id": (yield from contact_id(self, id)),
            "changes": {"unsubscribed_at": None},
        }
        response = yield self._rpc("update_contact", arguments, kind="keyed")
        return one_contact(rows_of(response))

    @operation
    def delete(self, id: UUID | str) -> Steps[None]:
        """Delete a contact. What was counted stays counted.

        Raises:
            NotFound: there is no such contact, or it is somebody else's.
        """
        query = self._db.from_("contacts").delete
        key = yield from contact_id(self, id)
        rows = yield from delete_rows(lambda: query().eq("id", key))
        if rows is not None:
            one_contact(rows)

    @operation
    def count(self) -> Steps[int]:
        """Return how many contacts there are, the unsubscribed included."""
        # With a row, not as a HEAD request: whose refusal would have no body to say why.
        query = self._db.from_("contacts").select("id", count=CountMethod.exact).limit(1)
        return count_of((yield query))

    @pages
    def iterate(
        self,
        rules: RulesLike | None = None,
        *,
        as_of: datetime | None = None,
        timezone: str = "UTC",
        reachable: bool = False,
        page_size: int = PAGE,
    ) -> PagedSteps[Contact]:
        """Yield each contact exactly once, in the order of their ids, page by page.

        Args:
            rules: only those who match; all by default.
            as_of: the moment that relative dates refer to; now by default.
            timezone: the IANA time zone of relative dates.
            reachable: only those who may be written to, neither unsubscribed nor suppressed.
            page_size: contacts in one request. The server's own limit may be lower.
        """
        steps = contact_pages(
            self, rules, as_of, timezone, reachable=reachable, page_size=page_size
        )
        yield from steps

    @operation
    def fields(self, *, sample: int = 100_000) -> Steps[tuple[ContactField, ...]]:
        """Return the attributes that the contacts have, computed in the database.

        Args:
            sample: how many contacts to look at; a random sample if there are more.
        """
        found = yield from find_fields(self, sample=sample)
        return tuple(
            ContactField(**dict(field), coverage=field.present / max(found.sampled, 1))
            for field in found.fields
        )
