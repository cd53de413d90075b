"""A plan for each column, made once: where its values go and how its cells are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.contacts._addresses import is_plain, normalize_email
from campaign_sdk.contacts._items import attributes as checked_attributes
from campaign_sdk.contacts._items import phone as checked_phone
from campaign_sdk.contacts.files._cells import unmarked
from campaign_sdk.contacts.files._consent import Says
from campaign_sdk.contacts.files._reader import RawRow, not_text
from campaign_sdk.contacts.files._types import Convert

# Of several in one cell, as Google Contacts writes them, the first counts.
_AND = " ::: "
# Shorter rows can't hold 64 kB of attributes.
_LONG = 8_000
# Of a column so many cells are kept with what they are read as: most say the same again.
_KNOWN = 1_000


class Row(NamedTuple):
    """One row of the file.

    Attributes:
        line: where it begins, counted from 1, the header included.
        cells: the texts of its cells, or its line if that isn't CSV.
        item: the contact to store, if the row is good.
        problem: why it isn't.
        opted_out: the address and since when, if the row says that its person has.
    """

    line: int
    cells: Sequence[str]
    item: dict[str, Any] | None = None
    problem: InvalidInput | None = None
    opted_out: tuple[str, str] | None = None


@dataclass(frozen=True)
class Attribute:
    """Where the cells of a column go, and how they are read."""

    index: int
    header: str
    keys: tuple[str, ...]
    convert: Convert
    known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Plan:
    """How a row becomes a contact.

    Attributes:
        width: how many columns there are.
        encoding: of the file.
        email: the index of the column of addresses.
        phone: of the phone number.
        consents: indexes of the columns that say who has opted out, and how.
        checks: indexes of cells that refuse their row, and what refuses them.
        attributes: all other columns that are stored.
        objects: the column whose objects hold attributes.
        unnamed: indexes of columns without a name.
    """

    width: int
    encoding: str
    email: int
    phone: int | None
    consents: tuple[tuple[int, Says], ...]
    checks: tuple[tuple[int, Convert], ...]
    attributes: tuple[Attribute, ...]
    objects: tuple[Attribute, ...]
    unnamed: tuple[int, ...]

    def row(self, raw: RawRow) -> Row:
        """Return a row as a contact to store, or with what is wrong with it."""
        line, given, problem = raw
        if problem is not None:
            return Row(line, given, problem=problem)
        cells = given
        if len(cells) < self.width:
            cells = [*cells, *[""] * (self.width - len(cells))]
        email = since = None
        try:
            since = self._opted_out(cells) if self.consents else None
            email = self._email(cells[self.email])
            item = self._item(email, cells)
        except InvalidInput as refused:
            gone = (email or self._address(cells), since) if since else None
            said = (gone[0], gone[1]) if gone and gone[0] else None
            return Row(line, given, problem=refused, opted_out=said)
        if since is None:
            return Row(line, given, item)
        item["unsubscribed_at"] = since
        return Row(line, given, item, opted_out=(email, since))

    def _opted_out(self, cells: Sequence[str]) -> str | None:
        said = ((says, unmarked(cells[index])[0]) for index, says in self.consents)
        gone = [since for says, text in said if (since := says(text))]
        return min(gone) if gone else None

    def _email(self, cell: str) -> str:
        if is_plain(cell):
            return cell
        text = self._readable(unmarked(cell)[0], "email")
        return normalize_email(text.partition(_AND)[0])

    def _address(self, cells: Sequence[str]) -> str | None:
        try:
            return self._email(cells[self.email])
        except InvalidInput:
            return None

    def _item(self, email: str, cells: Sequence[str]) -> dict[str, Any]:
        if len(cells) > self.width and any(cell.strip() for cell in cells[self.width :]):
            raise InvalidInput("row", f"has {len(cells)} cells for {self.width} columns")
        if self.unnamed and any(cells[index].strip() for index in self.unnamed):
            raise InvalidInput("row", "has a value in a column without a name")
        for index, check in self.checks:
            check(cells[index])
        item: dict[str, Any] = {"email": email, "attributes": self._attributes(cells)}
        if self.phone is not None and cells[self.phone]:
            text = self._readable(unmarked(cells[self.phone])[0], "phone")
            if number := checked_phone(text.partition(_AND)[0]):
                item["phone"] = number
        return item

    def _attributes(self, cells: Sequence[str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for each in self.objects:
            if cell := cells[each.index]:
                values.update(each.convert(self._readable(cell, each.header)) or {})
        for index, key, known, each in self._columns:
            cell = cells[index]
            if not cell:
                continue
            value = known.get(cell, known)
            if value is known:
                value = self._value(each, cell)
            if value is None:
                continue
            if key is not None:
                values[key] = value
            else:
                _put(values, each, value)
        return checked_attributes(values) if len("".join(cells)) > _LONG else values

    @cached_property
    def _columns(self) -> Sequence[tuple[int, str | None, dict[str, Any], Attribute]]:
        """Where the cells are, and under which key they go, unless another column may be there."""
        alone = not self.objects and all(len(each.keys) == 1 for each in self.attributes)
        return [
            (each.index, each.keys[0] if alone else None, each.known, each)
            for each in self.attributes
        ]

    def _value(self, column: Attribute, cell: str) -> Any:
        if not cell.isascii():
            self._readable(cell, column.header)
        value = column.convert(cell)
        # A list or an object is its contact's own; who has it changes it.
        if len(column.known) < _KNOWN and not isinstance(value, list | dict):
            column.known[cell] = value
        return value

    def _readable(self, text: str, column: str) -> str:
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            raise InvalidInput(column, not_text(self.encoding))
        return text


def _put(values: dict[str, Any], column: Attribute, value: Any) -> None:
    """Store a value where rules look for it: `address.city` is a path."""
    *parents, last = column.keys
    place = values
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise InvalidInput(column.header, f"the column {parent!r} holds a value of its own")
    if isinstance(place.get(last), dict):
        raise InvalidInput(column.header, "another column is a path through this one")
    place[last] = value
