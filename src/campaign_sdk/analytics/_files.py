"""Files of events, JSON lines or CSV, in whatever encoding: a broken line costs only itself."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, BinaryIO

from campaign_sdk._core.cells import guarded
from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.files import Target, is_same, written_whole
from campaign_sdk.analytics._events import Event
from campaign_sdk.contacts.files._dialect import checked_delimiter, delimiter_of, told_delimiter
from campaign_sdk.contacts.files._encoding import encoding_of
from campaign_sdk.contacts.files._reader import Reader, not_text
from campaign_sdk.contacts.files._source import FileLike, Source

FIELDS = tuple(Event.__annotations__)
_REQUIRED = ("event_id", "type", "occurred_at")
_SAMPLE = 64
_SAMPLE_CHARACTERS = 1 << 16
_CSV, _JSON = (".csv", ".tsv"), (".jsonl", ".ndjson", ".json")

# What a file of refused events says of each.
NOTES = ("line", "column", "reason")
_OWN = "refused"

Reject = Callable[["EventRow", str, str], object]
"""Takes a row, the field that is wrong, and what is wrong with it."""


@dataclass(frozen=True)
class EventRow:
    """One event as it stands in the file.

    Attributes:
        line: where it begins, counted from 1.
        raw: its cells, or its line.
        event: what is in it, or why it is no event.
    """

    line: int
    raw: Sequence[str]
    event: Mapping[str, Any] | InvalidInput


class EventFile:
    """A file of events, read row by row at flat memory.

    Args:
        file: a path, or a file that is open for reading.
        encoding: of its text; UTF-8 or UTF-16 are found out.
        delimiter: what stands between the cells of a CSV; found out by default.
        extra: what each event is given that lacks it, such as a campaign's id.

    Attributes:
        encoding: of its text.
        delimiter: of a CSV; `None` for JSON lines.
        header: of a CSV, as it stands there.

    Raises:
        InvalidInput: the file can't be read, isn't a file of events, or an option is wrong.
    """

    def __init__(
        self,
        file: FileLike,
        *,
        encoding: str | None = None,
        delimiter: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        given = None if delimiter is None else checked_delimiter(delimiter)
        self._extra = dict(extra or {})
        self._source = Source.of(file)
        self.delimiter: str | None = None
        self.header: list[str] = []
        try:
            self.encoding = self._certain(encoding or self._source.encoding)
            self._understand(given)
        except BaseException:
            self.close()
            raise

    @property
    def path(self) -> Path | None:
        """The path, if there is one."""
        return self._source.path

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def __iter__(self) -> Iterator[EventRow]:
        """Yield the rows; blank lines are none."""
        return self._json_rows() if self.delimiter is None else self._csv_rows(self.delimiter)

    def _certain(self, named: str | None) -> str:
        """The encoding, unless it is only a guess: in another one, an id is another event's."""
        found = encoding_of(self._source.stream, named)
        if named is not None or found.startswith("utf"):
            self._not_text = not_text(found)
            return found
        self._not_text = f"{not_text('utf-8')}; if it is {found}, name the encoding"
        return "utf-8"

    def _understand(self, delimiter: str | None) -> None:
        sample = _sample(self._source.stream, self.encoding)
        if not self._is_csv(sample, delimiter):
            if sample.lstrip("\ufeff \t\r\n").startswith("["):
                raise InvalidInput("path", "is a JSON array: write one event a line (JSON lines)")
            return
        told = told_delimiter(sample.partition("\n")[0])
        self.delimiter = delimiter or told or delimiter_of(sample, lambda row: "event_id" in row)
        reader = Reader(self._source.stream, self.encoding, self.delimiter)
        try:
            self.header = reader.header()
        finally:
            reader.close()
        self._check_header([name.strip() for name in self.header])

    def _is_csv(self, sample: str, delimiter: str | None) -> bool:
        suffix = self.path.suffix.lower() if self.path else ""
        if delimiter is not None or suffix in _CSV:
            return True
        return suffix not in _JSON and not sample.lstrip("\ufeff \t\r\n").startswith(("{", "["))

    def _check_header(self, names: list[str]) -> None:
        if not any(names):
            raise InvalidInput("path", "is empty: the first line must name the columns")
        for name in _REQUIRED:
            if name not in names:
                shown = ", ".join(map(repr, names[:20]))
                raise InvalidInput("path", f"has no column named {name}, only {shown}")
        twice = next((name for name in names if names.count(name) > 1 and name), None)
        if twice is not None:
            raise InvalidInput("path", f"has the column {twice!r} more than once")

    def _json_rows(self) -> Iterator[EventRow]:
        self._source.stream.seek(0)
        text = io.TextIOWrapper(self._source.stream, self.encoding, "surrogateescape")
        try:
            for number, line in enumerate(text, 1):
                if line.strip("\ufeff \t\r\n"):
                    yield EventRow(number, (line.rstrip("\n"),), self._parsed(line))
        except UnicodeError as error:
            raise InvalidInput("path", not_text(self.encoding)) from error
        finally:
            text.detach()

    def _parsed(self, line: str) -> Mapping[str, Any] | InvalidInput:
        if _is_broken(line):
            return InvalidInput("row", self._not_text)
        try:
            event = json.loads(line.lstrip("\ufeff"), parse_float=Decimal)
        except (ValueError, RecursionError, InvalidOperation):
            return InvalidInput("row", "isn't JSON")
        if not isinstance(event, dict):
            return InvalidInput("row", "isn't a JSON object")
        event.pop(_OWN, None)
        return {**self._extra, **event}

    def _csv_rows(self, delimiter: str) -> Iterator[EventRow]:
        reader = Reader(self._source.stream, self.encoding, delimiter)
        try:
            names = [name.strip() for name in reader.header()]
            skipped = len(NOTES) if tuple(names[: len(NOTES)]) == NOTES else 0
            for line, cells, problem in reader:
                yield EventRow(line, cells, problem or self._of_cells(names, cells, skipped))
        finally:
            reader.close()

    def _of_cells(
        self, names: Sequence[str], cells: Sequence[str], skipped: int
    ) -> Mapping[str, Any] | InvalidInput:
        if any(cell.strip() for cell in cells[len(names) :]):
            return InvalidInput("row", f"has {len(cells)} cells for {len(names)} columns")
        event: dict[str, Any] = dict(self._extra)
        for name, cell in list(zip(names, cells, strict=False))[skipped:]:
            if not (text := cell.strip()):
                continue
            if _is_broken(text):
                return InvalidInput(name or "row", self._not_text)
            if not name:
                return InvalidInput("row", "has a value in a column without a name")
            event[name] = _amount(text) if name == "value" else text
        return event


def _sample(stream: BinaryIO, encoding: str) -> str:
    """Return the first lines of a file, which is left at its beginning."""
    text = io.TextIOWrapper(stream, encoding, "surrogateescape", newline="")
    try:
        return text.read(_SAMPLE_CHARACTERS)
    except UnicodeError as error:
        raise InvalidInput("path", not_text(encoding)) from error
    finally:
        text.detach()
        stream.seek(0)


def _is_broken(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= char <= "\udcff" for char in text)


def _amount(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


@contextmanager
def rejects_written(source: EventFile, path: Target | None) -> Iterator[Reject]:
    """Open the file of refused events, to be corrected and ingested as it is.

    A CSV has its columns, and before them line, column and reason; JSON lines have these
    under `refused`, which is ignored when the file is read.

    Raises:
        InvalidInput: it can't be written, or is the file that is ingested.
    """
    if path is None:
        yield lambda _row, _field, _reason: None
        return
    if is_same(path, source.path):
        raise InvalidInput("rejects", "must not be the file that is ingested")
    with written_whole(path, "rejects", errors="surrogateescape") as stream:
        if source.delimiter is None:
            yield lambda row, field, reason: stream.write(_json_line(row, field, reason))
            return
        writer = csv.writer(stream, delimiter=source.delimiter)
        skipped = len(NOTES) if tuple(source.header[: len(NOTES)]) == NOTES else 0
        writer.writerow([*NOTES, *map(guarded, source.header[skipped:])])
        yield lambda row, field, reason: writer.writerow(
            [row.line, guarded(field), reason, *row.raw[skipped:]]
        )


def _json_line(row: EventRow, field: str, reason: str) -> str:
    note = {"line": row.line, "column": field, "reason": reason}
    if isinstance(row.event, InvalidInput):
        return json.dumps({_OWN: {**note, "text": row.raw[0]}}) + "\n"
    written = json.dumps({_OWN: note}, ensure_ascii=False)
    rest = row.raw[0].strip("\ufeff \t\r").removeprefix("{").lstrip()
    return f"{written[:-1]}{'' if rest.startswith('}') else ', '}{rest}\n"
