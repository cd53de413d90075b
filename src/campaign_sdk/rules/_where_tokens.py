"""The words that a line of rules is made of, each with its column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from campaign_sdk._core.errors import InvalidRules

from ._check import MAX_BYTES
from ._where_hints import hint_of_symbol

Scanned = str | int | float

_TOKEN = re.compile(
    r"""(?P<blank>\s+)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<name>`[^`]*`)
      | (?P<date>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?(?![\w.-]))
      | (?P<number>[+-]?(?:0|[1-9]\d{0,399})(?:\.\d{1,400})?(?:[eE][+-]?\d{1,3})?(?![\w.]))
      | (?P<word>[^\W\d][\w.-]*)
      | (?P<symbol><=|>=|!=|<(?!>)|[>(),]|=(?![=~]))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """One word.

    Attributes:
        kind: text, name (in backquotes), date, number, word, symbol or end.
        text: as it was written.
        value: what it stands for.
        column: where it begins, counted from 1.
    """

    kind: str
    text: str
    value: Scanned
    column: int


def tokens(text: str) -> list[Token]:
    """Take a line apart, or raise `InvalidRules` with the column of what is no word."""
    if len(text) > MAX_BYTES:
        raise InvalidRules("where", f"takes more than {MAX_BYTES // 1024} kB")
    return [*_scan(text), Token("end", "", "", len(text) + 1)]


def refuse(column: int, reason: str) -> NoReturn:
    """Raise `InvalidRules` for what begins at a column."""
    raise InvalidRules("where", f"column {column}: {reason}")


def _scan(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            refuse(at + 1, _why(text[at:]))
        kind, written = str(found.lastgroup), found[0]
        if kind != "blank":
            yield Token(kind, written, _value(kind, written, at + 1), at + 1)
        at = found.end()


def _value(kind: str, written: str, column: int) -> Scanned:
    if kind == "text":
        return _unescaped(written[1:-1], column)
    if kind == "name":
        return written[1:-1]
    if kind == "number":
        return float(written) if re.search("[.eE]", written) else int(written)
    return written


def _unescaped(inner: str, column: int) -> str:
    for escape in _ESCAPE.finditer(inner):
        if escape[1] not in "\\\"'":
            refuse(column + 1 + escape.start(), f"write \\\\ for a backslash, not {escape[0]!r}")
    return _ESCAPE.sub(r"\1", inner)


def _why(rest: str) -> str:
    if rest[0] in "\"'`":
        return f"the {rest[0]} isn't closed"
    if hint := hint_of_symbol(rest):
        return hint
    word = re.match(r"\S+", rest)
    shown = (word[0] if word else rest)[:20]
    if shown[0].isdigit() or shown[0] in "+-":
        return f"{shown!r} isn't a number or a date: put a text in quotes"
    return f"can't read {shown!r}"
