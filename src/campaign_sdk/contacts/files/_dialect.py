"""What stands between the cells of a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence

from campaign_sdk._core.errors import InvalidInput

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {"\\t": "\t", "tab": "\t"}
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_LINES = 30
_CHARACTERS = 10_000


def checked_delimiter(given: str) -> str:
    r"""Return a delimiter as it was named: one character, or `\t` or `tab`.

    Raises:
        InvalidInput: it is no delimiter.
    """
    delimiter = _NAMES.get(given, given)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise InvalidInput("delimiter", r"must be one character, or \t for a tab")
    return delimiter


def told_delimiter(first_line: str) -> str | None:
    """Return what a first line such as `sep=;` tells a spreadsheet, or `None`."""
    match = _SEP.fullmatch(first_line)
    return match[1] if match else None


def delimiter_of(sample: str, has_address: Callable[[Sequence[str]], bool]) -> str:
    """Return what stands between the cells of a file that begins like this.

    Args:
        sample: whole lines from the beginning of the file.
        has_address: whether there is a column of addresses in a header.
    """
    first = "".join(_header(sample, "\x1f"))
    pool = [one for one in DELIMITERS if one in first]
    fitting = [one for one in pool if has_address(_header(sample, one))]
    if len(fitting) == 1 or not pool:
        return (fitting or DELIMITERS)[0]
    return _measured(sample, fitting or pool)


def _header(sample: str, delimiter: str) -> list[str]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        return [cell.strip() for cell in next(reader, [])]
    except csv.Error:
        return []


def _measured(sample: str, pool: Sequence[str]) -> str:
    import clevercsv

    text = "".join(sample.splitlines(keepends=True)[:_LINES])[:_CHARACTERS]
    try:
        found = clevercsv.Detector().detect(text, delimiters=list(pool))
    except Exception:
        found = None
    delimiter = found.delimiter if found else None
    return next((one for one in pool if one == delimiter), pool[0])
