"""The refused rows as a file: to be corrected, and imported as it is."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from campaign_sdk._core.cells import guarded
from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.files import Target, is_same, written_whole
from campaign_sdk.contacts.files._cells import look_of, unmarked
from campaign_sdk.contacts.files._columns import OWN, REJECTS
from campaign_sdk.contacts.files._file import ContactFile
from campaign_sdk.contacts.files._plan import Row

# A number with a sign is no formula, and a mark would make it a text.
_SIGNED = re.compile(r"[+-][0-9][0-9.,'\s]*")

Reject = Callable[[Row, str, str], object]
"""Takes a row, the column that is wrong, and what is wrong with it."""


@contextmanager
def rejects_written(source: ContactFile, path: Target | None) -> Iterator[Reject | None]:
    """Open the file of refused rows, if there is to be one; it appears when the block ends well.

    It is written as the source is: with the same delimiter, and a byte order mark if the
    source has one or isn't UTF-8.

    Raises:
        InvalidInput: it can't be written, or is the file that is imported.
    """
    if path is None:
        yield None
        return
    if is_same(path, source.path):
        raise InvalidInput("rejects", "must not be the file that is imported")
    encoding = "utf-8" if source.encoding in ("utf-8", "utf_8", "UTF-8") else "utf-8-sig"
    # What wasn't text in the file is written back byte for byte.
    with written_whole(path, "rejects", encoding=encoding, errors="surrogateescape") as stream:
        writer = csv.writer(stream, delimiter=source.delimiter)
        skipped = len(REJECTS) if source.header[: len(REJECTS)] == list(REJECTS) else 0
        writer.writerow([*REJECTS, *map(_header, source.header[skipped:])])

        def reject(row: Row, column: str, reason: str) -> None:
            cells = [_cell(cell, i in source.texts) for i, cell in enumerate(row.cells)]
            writer.writerow([row.line, guarded(column), reason, *cells[skipped:]])

        yield reject


def _header(cell: str) -> str:
    name = cell.strip().lower()
    return name if name in OWN else cell if cell.startswith("'") else guarded(cell)


def _cell(cell: str, is_text: bool) -> str:
    """A cell as it was, unless a spreadsheet could run it, or it would lose its type alone."""
    text, is_marked = unmarked(cell)
    if is_marked or not text:
        return cell
    if is_text and look_of(text) != "text":
        return f"'{text}"
    return cell if _SIGNED.fullmatch(text) else guarded(cell)
