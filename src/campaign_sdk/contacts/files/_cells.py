"""What a cell says by its looks, and how a text says that it is one.

An apostrophe in front marks a text, as in a spreadsheet: of a formula, of digits, of what
would be read as something else. `marked` and `unmarked` are each other's inverse.
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Literal

from campaign_sdk._core.cells import is_formula
from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.contacts._items import utc_text

Look = Literal["text", "number", "date", "boolean", "list", "object"]

_PLAIN = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?"
PLAIN_NUMBER = re.compile(_PLAIN)
# So many, each in a line of its own.
PLAIN_NUMBERS = re.compile(rf"(?:{_PLAIN}\n)*+{_PLAIN}")
# Only we write numbers so, if they are too long for the plain form: nobody's article
# number looks like that.
_EXACT_NUMBER = re.compile(r"-?[0-9](?:\.[0-9]+)?e[+-][0-9]{1,3}")
# No more than that: "2026-01-31-07" is somebody's article number.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ].*)?")
_TRUTH = {"true": True, "false": False}


def number_of(text: str) -> int | float:
    """Return the number that a text looks like."""
    if "e" in text:
        exact = Decimal(text)
        return int(exact) if exact == exact.to_integral_value() else float(text)
    return float(text) if "." in text else int(text)


def number_text(value: float) -> str:
    """Return a number as a cell that is read as the same number."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    plain = str(value)
    return plain if PLAIN_NUMBER.fullmatch(plain) else f"{Decimal(plain):e}".lower()


def moment_text(text: str, column: str, zone: tzinfo) -> str:
    """Return an ISO date as it is, and an ISO date and time in UTC.

    Raises:
        InvalidInput: it is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(column, "isn't a date in ISO form (2026-01-31)") from None
    if len(text) == len("2026-01-31"):
        return moment.date().isoformat()
    return utc_text(moment if moment.tzinfo else moment.replace(tzinfo=zone), column)


def look_of(text: str) -> Look:
    """Return what a text looks like; it isn't empty, nor are there blanks around it."""
    first = text[0]
    if first in "0123456789-":
        if PLAIN_NUMBER.fullmatch(text) or _is_exact(text):
            return "number"
        return "date" if _is_date(text) else "text"
    if first in "tTfF" and text.lower() in _TRUTH:
        return "boolean"
    if first in "[{":
        return _json_look(text)
    return "text"


def value_of(text: str, zone: tzinfo) -> Any:
    """Return the value that a text looks like."""
    look = look_of(text)
    if look == "number":
        return number_of(text)
    if look == "date":
        return moment_text(text, "row", zone)
    if look == "boolean":
        return _TRUTH[text.lower()]
    return text if look == "text" else json.loads(text)


def _is_exact(text: str) -> bool:
    return bool(_EXACT_NUMBER.fullmatch(text)) and math.isfinite(float(text))


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    # Beyond them lies no moment that every zone has.
    return 1 < moment.year < 9999 or len(text) == len("2026-01-31")


def _json_look(text: str) -> Look:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return "text"
    return "list" if isinstance(value, list) else "object"


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def marked(text: str) -> str:
    """Return a text as a cell that is read as this text."""
    return f"'{text}" if _needs_mark(text) else text


def unmarked(cell: str) -> tuple[str, bool]:
    """Return the text of a cell, and whether the cell marks it as a text.

    What isn't marked is without the blanks around it.
    """
    if cell[:1] != "'" or not is_marked(cell[1:]):
        return cell.strip(), False
    return cell[1:], True


def is_marked(rest: str) -> bool:
    """Whether an apostrophe before this is a mark: not that of `'s-Hertogenbosch`."""
    rest = rest.lstrip("'") if rest[:1] == "'" else rest
    return rest[:1].isdigit() or _misread(rest)


def _needs_mark(text: str) -> bool:
    return is_marked(text[1:]) if text[:1] == "'" else _misread(text)


def _misread(text: str) -> bool:
    if not text or text != text.strip() or is_formula(text):
        return True
    look = look_of(text)
    return look != "text" and not (look == "date" and _is_canonical(text))


def _is_canonical(text: str) -> bool:
    if len(text) == len("2026-01-31"):
        return True
    moment = datetime.fromisoformat(text)
    return moment.tzinfo is not None and utc_text(moment, "row") == text
