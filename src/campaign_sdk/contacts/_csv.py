"""Contacts from a CSV file: each row either an item to store or a problem to report."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import is_storable, timezone_name
from campaign_sdk.contacts._items import prepare, utc_text

ColumnType = Literal["auto", "text", "number", "date", "boolean"]

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
# No more than that: "2026-01-31-07" is somebody's article number.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ].*)?")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Row:
    """One row of the file.

    Attributes:
        line: where it begins, counted from 1, the header included.
        cells: the texts of its cells, or its line if that isn't CSV.
        item: the contact to store, if the row is good.
        problem: why it isn't.
    """

    line: int
    cells: Sequence[str]
    item: dict[str, Any] | None = None
    problem: InvalidInput | None = None


class _Lines:
    """The lines of a file, of which the last ones can be given back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._given_back: deque[str] = deque()
        self._row: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._given_back.popleft() if self._given_back else next(self._lines)
        self._row.append(line)
        self.number += 1
        return line

    def begin_row(self) -> int:
        """Return the number of the line with which the next row begins."""
        self._row = []
        return self.number + 1

    def give_back(self) -> str:
        """Return the first line of the row, and give back the others."""
        first, *others = self._row
        self._given_back.extendleft(reversed(others))
        self.number -= len(others)
        return first


@dataclass
class ContactFile:
    """A CSV file of contacts, read row by row at flat memory.

    Args:
        path: the file.
        delimiter: what stands between two cells.
        encoding: of the file; a byte order mark is dropped.
        types: for columns whose cells should not be typed by their looks.
        timezone: of date-times that name no offset.

    Raises:
        InvalidInput: the file can't be read, has no header or no e-mail column, or an
            option is wrong.
    """

    path: Path
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        self._zone = ZoneInfo(timezone_name(self.timezone))
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise InvalidInput("delimiter", "must be one character")
        try:
            self._raw = self.path.open("rb")
        except OSError as error:
            raise InvalidInput("path", f"can't be read ({type(error).__name__})") from error
        try:
            # A byte that isn't text spoils its own row only.
            stream = io.TextIOWrapper(self._raw, self.encoding, "surrogateescape", newline="")
        except LookupError as error:
            self._raw.close()
            raise InvalidInput("encoding", "isn't one that Python knows") from error
        self.size = self.path.stat().st_size
        self._stream = stream
        self._lines = _Lines(stream)
        self._reader = csv.reader(self._lines, delimiter=self.delimiter, strict=True)
        self.header = self._read_header()

    @property
    def position(self) -> int:
        """How many bytes of the file have been read."""
        return self._raw.tell()

    @property
    def _not_text(self) -> str:
        return f"isn't {self.encoding.removesuffix('-sig')} text"

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows; blank lines are none."""
        while True:
            line = self._lines.begin_row()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                # A quote that is never closed swallows line after line: it costs only its own.
                text = self._lines.give_back().rstrip("\r\n")
                problem = InvalidInput("row", f"isn't well-formed CSV ({error})")
                yield Row(line, (text,), problem=problem)
                continue
            except UnicodeError as error:
                raise InvalidInput("path", self._not_text) from error
            if cells:
                yield self._row(line, cells)

    def _read_header(self) -> list[str]:
        try:
            header = [name.strip() for name in next(self._reader, [])]
        except (csv.Error, UnicodeError) as error:
            self.close()
            raise InvalidInput("path", "the first line isn't well-formed CSV") from error
        try:
            return self._checked(header)
        except InvalidInput:
            self.close()
            raise

    def _checked(self, header: list[str]) -> list[str]:
        if not any(header):
            raise InvalidInput("path", "is empty: the first line must name the columns")
        # The three columns of a contact are known in any case; the rest is an attribute.
        header = [name.lower() if name.lower() in _COLUMNS else name for name in header]
        for name in header:
            if not is_storable(name):
                raise InvalidInput("path", self._not_text)
            if name and not all(name.split(".")):
                raise InvalidInput("path", f"has a column {name!r}, which isn't a path")
        twice = next((name for name in header if header.count(name) > 1 and name), None)
        if twice is not None:
            raise InvalidInput("path", f"has the column {twice!r} more than once")
        if "email" not in header:
            raise InvalidInput(
                "path",
                f"has no column named email, only {', '.join(map(repr, header))}; "
                "rename it, or pass the delimiter",
            )
        self._check_types(header)
        return header

    def _check_types(self, header: list[str]) -> None:
        for name, kind in self.types.items():
            if name not in header:
                raise InvalidInput("types", f"names {name!r}, which isn't a column")
            if kind not in get_args(ColumnType):
                raise InvalidInput(
                    "types", f"{kind!r} isn't one of {', '.join(get_args(ColumnType))}"
                )

    def _row(self, line: int, cells: list[str]) -> Row:
        try:
            return Row(line, cells, item=self._item(cells))
        except InvalidInput as problem:
            return Row(line, cells, problem=problem)

    def _item(self, cells: list[str]) -> dict[str, Any]:
        if len(cells) > len(self.header):
            raise InvalidInput("row", f"has {len(cells)} cells for {len(self.header)} columns")
        item: dict[str, Any] = {}
        attributes: dict[str, Any] = {}
        for name, cell in zip(self.header, cells, strict=False):
            if not cell or not (cell := cell.strip()):
                continue
            if not cell.isascii() and any("\udc80" <= char <= "\udcff" for char in cell):
                raise InvalidInput(name or "row", self._not_text)
            if name in _COLUMNS:
                item[name] = self._instant(cell, name) if name == "unsubscribed_at" else cell
            elif name:
                _put(attributes, name, self._value(name, cell))
            else:
                raise InvalidInput("row", "has a value in a column without a name")
        return prepare({**item, "attributes": attributes})

    def _value(self, name: str, cell: str) -> Any:
        kind = self.types.get(name, "auto")
        if kind == "text":
            return cell
        if kind == "auto":
            return self._guess(name, cell)
        if kind == "number" and _NUMBER.fullmatch(cell):
            return _number(cell)
        if kind == "boolean" and cell.lower() in _TRUTH:
            return _TRUTH[cell.lower()]
        if kind == "date":
            return self._moment(cell, name)
        raise InvalidInput(name, f"isn't a {kind}")

    def _guess(self, name: str, cell: str) -> Any:
        if not (cell[0].isdigit() or cell[0] == "-"):
            return cell
        if _NUMBER.fullmatch(cell):
            return _number(cell)
        if not _DATE.fullmatch(cell):
            return cell
        try:
            return self._moment(cell, name)
        except InvalidInput:
            return cell

    def _moment(self, cell: str, name: str) -> str:
        if len(cell) > 10:
            return self._instant(cell, name)
        try:
            return date.fromisoformat(cell).isoformat()
        except ValueError:
            raise InvalidInput(name, "isn't a date in ISO form (2026-01-31)") from None

    def _instant(self, cell: str, name: str) -> str:
        try:
            moment = datetime.fromisoformat(cell)
        except ValueError:
            raise InvalidInput(name, "isn't a date and time in ISO form") from None
        return utc_text(moment if moment.tzinfo else moment.replace(tzinfo=self._zone), name)


_COLUMNS = ("email", "phone", "unsubscribed_at")


def _number(cell: str) -> int | float:
    return float(cell) if "." in cell else int(cell)


def _put(attributes: dict[str, Any], name: str, value: Any) -> None:
    """Store a value where rules look for it: `address.city` is a path."""
    # Rules read "attributes.city" as the attribute city: so does this.
    *parents, last = name.removeprefix("attributes.").split(".")
    place = attributes
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise InvalidInput(name, f"the column {parent!r} holds a value of its own")
    if isinstance(place.get(last), dict):
        raise InvalidInput(name, "another column is a path through this one")
    place[last] = value
