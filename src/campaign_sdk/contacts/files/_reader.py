"""The rows of a file, whatever is in it: a broken one costs only itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import BinaryIO

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.contacts.files._dialect import told_delimiter

# So many characters are read at a time.
_BLOCK = 1 << 16


RawRow = tuple[int, Sequence[str], InvalidInput | None]
"""One row as it stands in the file: the line in which it begins, counted from 1, the header
included; the texts of its cells, or its line if that isn't CSV; and why it isn't.

A plain tuple: millions of them are made, and a named one takes five times as long.
"""


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
        self._parse = partial(csv.reader, delimiter=delimiter, strict=True)
        self._passed = 0

    def header(self) -> list[str]:
        """Return the cells of the first line; one such as `sep=;` is skipped.

        Raises:
            InvalidInput: it isn't well-formed.
        """
        lines: list[str] = []
        rows = self._parse(self._more(lines))
        try:
            header = next(rows, [])
            if len(header) <= 2 and told_delimiter("".join(lines)):
                header = next(rows, [])
        except (csv.Error, UnicodeError) as error:
            raise InvalidInput("path", "the first line isn't well-formed CSV") from error
        self._passed = len(lines)
        return header

    def __iter__(self) -> Iterator[RawRow]:
        """Yield the rows; blank lines are none, nor are those that spreadsheets fill with marks."""
        try:
            while lines := self._text.readlines(_BLOCK):
                yield from self._rows(lines)
                self._passed += len(lines)
        except UnicodeError as error:
            raise InvalidInput("path", not_text(self._encoding)) from error

    def _rows(self, lines: list[str]) -> Iterator[RawRow]:
        """Yield the rows that begin in some lines; the last one adds those that it goes on in."""
        begin = start = 0
        while start < len(lines):
            rows = self._parse(chain(islice(lines, begin, None), self._more(lines)))
            try:
                for cells in rows:
                    if any(cells):
                        yield self._passed + start + 1, cells, None
                    start = begin + rows.line_num
                    if start == len(lines):
                        return
            except csv.Error as error:
                # A quote that is never closed swallows line after line: it costs only its own.
                text = lines[start].rstrip("\r\n")
                problem = InvalidInput("row", f"isn't well-formed CSV ({error})")
                yield self._passed + start + 1, (text,), problem
                begin = start = start + 1

    def _more(self, lines: list[str]) -> Iterator[str]:
        """Yield the lines that follow, and add them to those that have been read."""
        for line in self._text:
            lines.append(line)
            yield line

    def close(self) -> None:
        """End this reading; the bytes stay open for another."""
        self._text.detach()


def not_text(encoding: str) -> str:
    """Say that something isn't text in this encoding."""
    return f"isn't {encoding.removesuffix('-sig')} text"
