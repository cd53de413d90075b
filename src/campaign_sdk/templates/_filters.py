"""What a placeholder does with a value: how it is written, and the filters.

Every function here is pure. A filter that can't use a value (the date of a text that
is no date) returns `None`, as if there were no value; what no text can stand for
(a list, an object, NaN) is `Refused`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import partial
from typing import Any
from urllib.parse import quote_plus

Filter = Callable[[Any], str | None]
"""Turns a value that is there into text; `None` says that it can't use this one."""

Arguments = Sequence[str]
"""A filter's arguments as they are written, quotes and all."""

_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
_MOST_DECIMALS = 10
_MOST_DIGITS = 40
_NO_NUMBER = "its value is not a finite number, or too long to be shown"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Not strftime: its names follow the process's locale, its padding the platform.
_PADDED: dict[str, Callable[[datetime], str]] = {
    "Y": lambda at: f"{at.year:04}",
    "y": lambda at: f"{at.year % 100:02}",
    "m": lambda at: f"{at.month:02}",
    "d": lambda at: f"{at.day:02}",
    "j": lambda at: f"{at.timetuple().tm_yday:03}",
    "H": lambda at: f"{at.hour:02}",
    "I": lambda at: f"{at.hour % 12 or 12:02}",
    "M": lambda at: f"{at.minute:02}",
    "S": lambda at: f"{at.second:02}",
}
_WORDS: dict[str, Callable[[datetime], str]] = {
    "%B": lambda at: _MONTHS[at.month - 1],
    "%b": lambda at: _MONTHS[at.month - 1][:3],
    "%A": lambda at: _DAYS[at.weekday()],
    "%a": lambda at: _DAYS[at.weekday()][:3],
    "%p": lambda at: "AM" if at.hour < 12 else "PM",
    "%%": lambda _: "%",
}


def _unpadded(show: Callable[[datetime], str], at: datetime) -> str:
    return show(at).lstrip("0") or "0"


_DATE: dict[str, Callable[[datetime], str]] = {
    **_WORDS,
    **{f"%{letter}": show for letter, show in _PADDED.items()},
    **{f"%-{letter}": partial(_unpadded, show) for letter, show in _PADDED.items()},
}


class Refused(ValueError):
    """A reason without its place; never holds a contact's data."""


def to_text(value: Any) -> str | None:
    """A value as a reader expects to see it, or `None` where there is nothing to see."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return _number_text(value)
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    raise Refused("its value is a list or an object: name one value inside it")


def is_blank(text: str | None) -> bool:
    """Whether a reader would see nothing."""
    return not text or text.isspace()


def quoted(argument: str) -> str | None:
    """The text between an argument's quotes; `None` for a number."""
    return argument[1:-1] if argument[0] in "\"'" else None


def build(name: str, arguments: Arguments, zone: tzinfo) -> Filter:
    """Return the filter of that name with its arguments bound, or raise `Refused`."""
    if name in _PLAIN:
        _expect(not arguments, f"`{name}` takes no argument")
        return partial(_plain, _PLAIN[name])
    if name == "truncate":
        return _build_truncate(*arguments)
    if name == "round":
        return _build_round(*arguments)
    if name == "date":
        return _build_date(zone, *arguments)
    raise Refused(f"there is no filter `{name[:40]}`; there are {', '.join(NAMES)}")


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise Refused(otherwise)


def _number_text(value: float | Decimal) -> str:
    if isinstance(value, Decimal):
        _expect(value.is_finite() and abs(value.adjusted()) < _MOST_DIGITS, _NO_NUMBER)
        return format(value, "f")
    _expect(abs(value) < 10**_MOST_DIGITS, _NO_NUMBER)
    # 3.0 is how JSON may spell 3 orders; 1e16 is better left as it is.
    return str(int(value)) if value % 1 == 0 and abs(value) < 10**15 else str(value)


def _plain(change: Callable[[str], str], value: Any) -> str | None:
    text = to_text(value)
    return None if text is None else change(text)


def _url_encode(text: str) -> str:
    return quote_plus(text, errors="replace")


def _whole(argument: str) -> int | None:
    return int(argument) if argument.isdecimal() and len(argument) <= 6 else None


def _build_truncate(length: str = "", tail: str = '"..."', *more: str) -> Filter:
    most, ending = _whole(length), quoted(tail)
    if not most or ending is None or more:
        raise Refused("`truncate` takes a length above 0, then maybe an ending: `truncate: 20`")
    return partial(_plain, partial(_truncate, most, ending))


def _truncate(most: int, ending: str, text: str) -> str:
    if len(text) <= most:
        return text
    return text[: most - len(ending)] + ending if len(ending) < most else text[:most]


def _build_round(decimals: str = "0", *more: str) -> Filter:
    places = _whole(decimals)
    if places is None or places > _MOST_DECIMALS or more:
        raise Refused(f"`round` takes a number of decimals up to {_MOST_DECIMALS}: `round: 2`")
    return partial(_round, Decimal(1).scaleb(-places))


def _round(unit: Decimal, value: Any) -> str | None:
    text = to_text(value)
    if text is None or isinstance(value, bool | date):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    rounded = _EXACT.quantize(_EXACT.create_decimal(text), unit)
    return format(rounded if rounded else abs(rounded), "f")


def _build_date(zone: tzinfo, pattern: str = "0", *more: str) -> Filter:
    text = quoted(pattern)
    if not text or more:
        raise Refused('`date` takes one format in quotes: `date: "%-d %B %Y"`')
    pieces = re.split(r"(%-?.?)", text, flags=re.DOTALL)
    for directive in pieces[1::2]:
        _expect(directive in _DATE, f"`date` knows no {directive!r}; it knows {' '.join(_DATE)}")
    return partial(_date, tuple(piece for piece in pieces if piece), zone)


def _date(pieces: tuple[str, ...], zone: tzinfo, value: Any) -> str | None:
    moment = _moment(value, zone)
    if moment is None:
        to_text(value)  # refuses a list or an object, which no default should hide
        return None
    return "".join(_DATE[piece](moment) if piece in _DATE else piece for piece in pieces)


def _moment(value: Any, zone: tzinfo) -> datetime | None:
    try:
        if isinstance(value, str) and _ISO.fullmatch(value):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return value.astimezone(zone) if value.tzinfo else value
    except (ValueError, OverflowError):
        return None
    return datetime.combine(value, time()) if isinstance(value, date) else None


_PLAIN: dict[str, Callable[[str], str]] = {
    "upcase": str.upper,
    "downcase": str.lower,
    "capitalize": str.capitalize,
    "strip": str.strip,
    "url_encode": _url_encode,
}
NAMES = ("default", *_PLAIN, "truncate", "round", "date")
