"""From what a file is and what the user says of it to a plan, and what is to be said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.contacts._items import utc_text
from campaign_sdk.contacts.files._columns import OWN, TAKEN, Column, Header, find
from campaign_sdk.contacts.files._consent import (
    Named,
    Says,
    check_moment,
    meaning_of,
    never_said,
    says_of,
    unclear_consent,
)
from campaign_sdk.contacts.files._declared import Declared
from campaign_sdk.contacts.files._facts import Facts
from campaign_sdk.contacts.files._notes import ImportColumn, Note, NoteKind
from campaign_sdk.contacts.files._options import Options
from campaign_sdk.contacts.files._plan import Attribute, Plan
from campaign_sdk.contacts.files._types import converter, or_text
from campaign_sdk.contacts.files._typing import kind_of, said_of
from campaign_sdk.rules._paths import path_name
from campaign_sdk.rules._wire import RESERVED

_TAKEN = (
    "each contact has this by itself: rules and placeholders reach the one of the file as "
    "attributes.{}"
)
_TITLES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


class Planner:
    """Makes the plan of one file.

    Args:
        options: what the user says.
        header: the first line, understood.
        facts: of each column.
        encoding: of the text.
        delimiter: what stands between two cells.
        declared: types of attributes by the schema of the contacts; the user's count more.
    """

    def __init__(
        self,
        options: Options,
        header: Header,
        facts: Sequence[Facts],
        encoding: str,
        delimiter: str,
        declared: Declared,
    ) -> None:
        self._types = declared
        self._options, self._header, self._facts = options, header, facts
        self._encoding, self._delimiter = encoding, delimiter
        self._now = utc_text(datetime.now(UTC), "consent")
        self.notes: list[Note] = list(self._found_out())
        self.warnings: list[Note] = []
        self.columns: list[ImportColumn] = []

    def plan(self) -> Plan:
        """Return the plan.

        Raises:
            InvalidInput: the file says who has opted out in a way that isn't understood, or
                what the user says doesn't fit it.
        """
        columns = self._header.columns
        meanings = self._meanings()
        kinds = [self._kind(column) for column in columns]
        self._check_types()
        stored = [c for c in columns if self._is_stored(c, meanings)]
        self._check_keys(stored)
        for column, kind in zip(columns, kinds, strict=True):
            kind = "consent" if column.index in meanings else kind
            self._describe(column, kind, column in stored)
        return Plan(
            width=len(columns),
            encoding=self._encoding,
            email=next(column.index for column in columns if column.role == "email"),
            phone=next((column.index for column in columns if column.role == "phone"), None),
            consents=tuple(self._says(columns[i], meanings[i]) for i in meanings),
            checks=tuple(self._checks()),
            attributes=tuple(self._attribute(column, kinds[column.index]) for column in stored),
            objects=tuple(self._objects()),
            unnamed=tuple(column.index for column in columns if column.role == "unnamed"),
        )

    def texts(self) -> frozenset[int]:
        """Return the columns that are texts, but in which some cells look like something else."""
        return frozenset(
            column.index
            for column in self._header.columns
            if column.role == "attribute"
            and self._told(column) is None
            and self._declared(column) is None
            and self._kind(column) == "text"
        )

    def _meanings(self) -> dict[int, str]:
        """What each column that says something about consent means by it."""
        columns = self._header.columns
        named = {find(columns, n.column, "consent").index: n for n in self._options.consent}
        meanings = {i: "named" for i, n in named.items() if n.opted_out is not None}
        unclear = []
        for column in columns:
            if column.role == "unsubscribed_at":
                meanings.setdefault(column.index, "no")
            elif column.index not in named and (meaning := self._meaning(column)):
                if meaning == "unclear":
                    unclear.append(column.header)
                else:
                    meanings[column.index] = meaning
        self._said_of_consent(meanings, unclear)
        return meanings

    def _meaning(self, column: Column) -> str | None:
        if column.role != "attribute" or self._header.is_own or self._options.ignores_consent:
            return None
        facts = self._facts[column.index]
        values = None if facts.values is None else sorted(facts.values)
        known = self._header.known.consent if self._header.known else {}
        meaning = meaning_of(column.header, values, known, is_dated=facts.is_dated)
        return None if meaning == "unclear" and column.is_named else meaning

    def _said_of_consent(self, meanings: dict[int, str], unclear: Sequence[str]) -> None:
        if unclear and not meanings.keys() & self._named_indexes():
            header = unclear[0]
            raise InvalidInput("consent", unclear_consent(header))
        for header in unclear:
            self._warn("consent", header, "looks like consent, and is stored as an attribute")
        for index in meanings:
            column = self._header.columns[index]
            if column.header != "unsubscribed_at":
                self._note("consent", column.header, "says who has opted out")
        for named in self._options.consent:
            column = find(self._header.columns, named.column, "consent")
            if (text := never_said(named, self._facts[column.index].values)) is not None:
                self._warn("consent", column.header, text)

    def _named_indexes(self) -> set[int]:
        return {
            find(self._header.columns, named.column, "consent").index
            for named in self._options.consent
            if named.opted_out is not None
        }

    def _says(self, column: Column, meaning: str) -> tuple[int, Says]:
        named = next((n for n in self._options.consent if self._is(n, column)), None)
        read = converter(self._date_kind(column), column.header, self._options.zone, None)
        opted_out = named.opted_out if named else None
        return column.index, says_of(meaning, opted_out, self._now, read)

    def _is(self, named: Named, column: Column) -> bool:
        return find(self._header.columns, named.column, "consent") is column

    def _date_kind(self, column: Column) -> str:
        kind = self._told(column) or "date"
        return kind if kind.startswith("date") else "date"

    def _checks(self) -> Iterator[tuple[int, Callable[[str], Any]]]:
        for column in self._header.columns:
            if column.role == "unsubscribed_at":
                kind = self._date_kind(column)
                read = converter(kind, column.header, self._options.zone, None)
                yield column.index, check_moment(read)

    def _is_stored(self, column: Column, meanings: dict[int, str]) -> bool:
        return column.role == "attribute" and (column.index not in meanings or column.is_named)

    def _told(self, column: Column) -> str | None:
        """The type that the user names, by the column's header or by what it is stored as."""
        types = self._options.types
        for name in (column.header, path_name(column.keys) if column.keys else column.role):
            if name in types:
                return types[name]
        return None

    def _declared(self, column: Column) -> str | None:
        """The type that the schema of the contacts says; our own files say it themselves."""
        if column.role != "attribute" or self._header.is_own or self._told(column) is not None:
            return None
        return self._types.get(column.keys)

    def _kind(self, column: Column) -> str:
        told = self._told(column) or self._declared(column)
        if told is not None and told != "auto":
            return told
        if column.role == "attributes":
            return "object"
        facts = self._facts[column.index]
        return kind_of(column, facts, self._header.known, self._header.is_own)

    def _check_types(self) -> None:
        known = [name for column in self._header.columns for name in _names(column)]
        for name in self._options.types:
            if name not in known:
                raise InvalidInput("types", f"names {name!r}, which isn't a column")

    def _check_keys(self, stored: Iterable[Column]) -> None:
        seen: dict[tuple[str, ...], str] = {}
        for column in stored:
            if column.keys in seen:
                raise InvalidInput(
                    "columns",
                    f"{seen[column.keys]!r} and {column.header!r} would be the same attribute",
                )
            seen[column.keys] = column.header

    def _attribute(self, column: Column, kind: str) -> Attribute:
        options = self._options
        if self._declared(column) is not None:
            convert = converter(kind, column.header, options.zone, options.decimal)
            convert = or_text(convert, column.header)
            return Attribute(column.index, column.header, column.keys, convert)
        if (
            kind == "text"
            and self._told(column) is None
            and self._facts[column.index].looks["date"]
        ):
            # Dates are texts: where some cells are, they are spelled as dates are everywhere.
            kind = "dated"
        convert = converter(kind, column.header, options.zone, options.decimal)
        return Attribute(column.index, column.header, column.keys, convert)

    def _objects(self) -> Iterator[Attribute]:
        for column in self._header.columns:
            if column.role == "attributes":
                yield self._attribute(column, "object")

    def _describe(self, column: Column, kind: str, is_stored: bool) -> None:
        """Note what became of a column, and what is odd about it."""
        header = column.header
        if column.role in OWN:
            told = column.role if column.role == "unsubscribed_at" else "text"
            self.columns.append(ImportColumn(header=header, field=column.role, type=told))
            if header != column.role:
                self._note("mapping", header, f"is the contact's {column.role}")
            return
        field = _field(column) if is_stored else None
        if column.role == "attributes":
            field = column.role
        self.columns.append(ImportColumn(header=header, field=field, type=kind))
        if is_stored and kind != "consent":
            self.warnings.extend(self._doubts(column, kind))

    def _doubts(self, column: Column, kind: str) -> Iterator[Note]:
        facts, options, header = self._facts[column.index], self._options, column.header
        if self._header.is_own or not facts.filled:
            return
        if column.keys[0] in TAKEN and len(column.keys) == 1 and header == column.keys[0]:
            yield Note(kind="name", column=header, text=_TAKEN.format(header))
        if self._told(column) is None and self._declared(column) is None:
            yield from said_of(column, kind, facts, options.decimal, self._delimiter)

    def _found_out(self) -> Iterator[Note]:
        """What is said about the file as a whole."""
        header, options = self._header, self._options
        if options.encoding is None and not self._encoding.startswith("utf-8"):
            yield Note(kind="encoding", text=f"the file is read as {self._encoding}")
        if options.delimiter is None and self._delimiter != ",":
            title = _TITLES.get(self._delimiter, repr(self._delimiter))
            yield Note(kind="delimiter", text=f"{title} stand between the cells")
        if header.known:
            title = header.known.title
            yield Note(kind="program", text=f"the file is read as an export of {title}")
        if header.is_rejects:
            yield Note(kind="rejects", text="line, column and reason of the rows are left out")
        for name in header.doubled:
            yield Note(
                kind="mapping", column=name, text="stands there twice: the second is numbered"
            )

    def _note(self, kind: NoteKind, column: str, text: str) -> None:
        self.notes.append(Note(kind=kind, column=column, text=text))

    def _warn(self, kind: NoteKind, column: str, text: str) -> None:
        self.warnings.append(Note(kind=kind, column=column, text=text))


def _names(column: Column) -> Iterator[str]:
    yield column.header
    yield path_name(column.keys) if column.keys else column.role


def _field(column: Column) -> str:
    name = path_name(column.keys)
    return f"attributes.{name}" if name in RESERVED or name.startswith("attributes.") else name
