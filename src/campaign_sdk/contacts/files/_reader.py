"""The rows of a file, whatever is in it: a broken one costs only itself."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.contacts.files._dialect import told_delimiter


class RawRow(NamedTuple):
    """One row as it stands in the file.

    Attributes:
        line: where it begins, counted from 1, the header included.
        cells: the texts of its cells, or its line if that isn't CSV.
        problem: why it isn't.
    """

    line: int
    cells: Sequence[str]
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


class Reader:
    """One reading of a file, from its beginning.

    Args:
        stream: the bytes of the file.
        encoding: of its text. A byte that isn't text spoils its own row only.
        delimiter: what stands between two cells.
    """

    def __init__(self, stream: BinaryIO, encoding: str, delimiter: str) -> None:
        stream.seek(0)
        self._text = io.TextIOWrapper(stream, encoding, "surrogateescape", newline="")
        self._encoding = encoding
        self._lines = _Lines(self._text)
        self._cells = csv.reader(self._lines, delimiter=delimiter, strict=True)

    def header(self) -> list[str]:
        """Return the cells of the first line; one such as `sep=;` is skipped.

        Raises:
            InvalidInput: it isn't well-formed.
        """
        try:
            header = next(self._cells, [])
            if len(header) <= 2 and told_delimiter("".join(self._lines._row)):
                header = next(self._cells, [])
        except (csv.Error, UnicodeError) as error:
            raise InvalidInput("path", "the first line isn't well-formed CSV") from error
        return header

    def __iter__(self) -> Iterator[RawRow]:
        """Yield the rows; blank lines are none."""
        begin, cells_of, lines = self._lines.begin_row, self._cells, self._lines
        while True:
            line = begin()
            try:
                cells = next(cells_of)
            except StopIteration:
                return
            except csv.Error as error:
                # A quote that is never closed swallows line after line: it costs only its own.
                text = lines.give_back().rstrip("\r\n")
                problem = InvalidInput("row", f"isn't well-formed CSV ({error})")
                yield RawRow(line, (text,), problem)
                continue
            except UnicodeError as error:
                raise InvalidInput("path", not_text(self._encoding)) from error
            if cells:
                yield RawRow(line, cells)

    def close(self) -> None:
        """End this reading; the bytes stay open for another."""
        self._text.detach()


def not_text(encoding: str) -> str:
    """Say that something isn't text in this encoding."""
    return f"isn't {encoding.removesuffix('-sig')} text"
