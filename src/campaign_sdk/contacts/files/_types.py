"""What a column's cells are read as, and how that is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal, get_args

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.contacts._items import attributes, utc_text
from campaign_sdk.contacts.files._cells import (
    PLAIN_NUMBER,
    look_of,
    moment_text,
    unmarked,
    value_of,
)
from campaign_sdk.contacts.files._numbers import Decimal, number_reader
from campaign_sdk.contacts.files._words import FALSE, YES, plain_word

ColumnType = Literal["auto", "text", "number", "date", "boolean", "list"]
"""What a column can be; a date's own form may follow: `date:%d/%m/%Y`, `date:excel`."""

Convert = Callable[[str], Any]
"""Returns the value of a cell that isn't empty, or `None` for a blank one."""

_TRUTH = {**dict.fromkeys(YES, True), **dict.fromkeys(FALSE, False)}
_YEAR = re.compile(r"%[YyGcx]")
_TIME = re.compile(r"%[HIMSfpXcT]")
# Excel's day 1 is 1900-01-01, and its day 60 a 29 February that never was.
_EPOCH = datetime(1899, 12, 30)
_LEAP_DAY = 60
_LAST_DAY = 2_958_465
_SERIAL = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,15})?")


def checked_type(given: object) -> str:
    """Return a type as it was named.

    Raises:
        InvalidInput: there is no such type.
    """
    kind, _, form = str(given).partition(":")
    if kind not in get_args(ColumnType) or (form and kind != "date"):
        names = ", ".join(get_args(ColumnType))
        raise InvalidInput("types", f"{given!r} isn't one of {names}, date:%d/%m/%Y, date:excel")
    if form and form != "excel":
        _check_form(form)
    return str(given)


def _check_form(form: str) -> None:
    probe = datetime(2026, 1, 31, 10, 20, 30)
    try:
        # Python warns of a day without a year, and will come to refuse it.
        again = datetime.strptime(probe.strftime(form), form) if _YEAR.search(form) else None
    except ValueError:
        again = None
    if again is None or again.date() != probe.date():
        raise InvalidInput("types", f"date:{form} must name day, month and year, as %d/%m/%Y does")


def converter(kind: str, column: str, zone: tzinfo, decimal: Decimal | None) -> Convert:
    """Return what reads the cells of a column.

    Args:
        kind: a type as `checked_type` returns it, or one of `object`, `mixed`, `dated`.
        column: for what is refused.
        zone: of date-times without an offset.
        decimal: the decimal mark, if it is named.
    """
    if kind == "text":
        return lambda cell: _text(cell, column)
    if kind == "dated":
        return lambda cell: _typed(cell, column, lambda text: _dated(text, column, zone))
    if kind == "mixed":
        return lambda cell: _mixed(cell, column, zone)
    form = kind.partition(":")[2]
    reader = _reader(kind, column, zone, decimal, form)
    if kind == "number" and decimal is None:
        return lambda cell: _number(cell, column, reader)
    return lambda cell: _typed(cell, column, reader)


def or_text(convert: Convert, column: str) -> Convert:
    """Return what reads cells as another does, and as a text what that refuses."""

    def read(cell: str) -> Any:
        try:
            return convert(cell)
        except InvalidInput:
            return _text(cell, column)

    return read


def _reader(
    kind: str, column: str, zone: tzinfo, decimal: Decimal | None, form: str
) -> Callable[[str], Any]:
    if kind == "number":
        number = number_reader(decimal)
        return lambda text: _needed(number(text), column, decimal)
    if kind == "boolean":
        return lambda text: _truth(text, column)
    if form == "excel":
        return lambda text: _serial(text, column, zone)
    if form:
        return lambda text: _formed(text, form, column, zone)
    if kind == "date":
        return lambda text: moment_text(text, column, zone)
    return lambda text: _json(text, kind, column)


def _text(cell: str, column: str) -> str | None:
    # Most are like this: nothing to take off, and nothing that can't be stored.
    if cell.isprintable() and cell[0] not in "' " and cell[-1] != " ":
        return cell
    text, is_marked = unmarked(cell)
    return _storable(text, column) if text or is_marked else None


def _dated(text: str, column: str, zone: tzinfo) -> str:
    if look_of(text) == "date":
        return moment_text(text, column, zone)
    return _storable(text, column)


def _storable(text: str, column: str) -> str:
    if "\0" in text:
        raise InvalidInput(column, "must not hold NUL")
    return text


def _typed(cell: str, column: str, reader: Callable[[str], Any]) -> Any:
    text, is_marked = unmarked(cell)
    if is_marked:
        return _storable(text, column)
    return reader(text) if text else None


def _number(cell: str, column: str, reader: Callable[[str], Any]) -> Any:
    if PLAIN_NUMBER.fullmatch(cell):
        return float(cell) if "." in cell else int(cell)
    return _typed(cell, column, reader)


def _mixed(cell: str, column: str, zone: tzinfo) -> Any:
    """A column of our own in which each text is marked, whatever it looks like."""
    if cell[0] == "'":
        return _storable(cell[1:], column)
    text = cell.strip()
    return _checked(value_of(text, zone), column) if text else None


def _needed(number: float | None, column: str, decimal: Decimal | None) -> int | float:
    if number is None:
        remedy = "" if decimal else "; if it is one where it was written, name the decimal mark"
        raise InvalidInput(column, f"isn't a number{remedy}")
    return number


def _truth(text: str, column: str) -> bool:
    found = _TRUTH.get(plain_word(text))
    if found is None:
        raise InvalidInput(column, "isn't a boolean, such as yes or no")
    return found


def _formed(text: str, form: str, column: str, zone: tzinfo) -> str:
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        pass
    else:
        return _moment(moment, bool(_TIME.search(form)), column, zone)
    if look_of(text) == "date":
        return moment_text(text, column, zone)
    raise InvalidInput(column, f"isn't a date of the form {form}")


def _serial(text: str, column: str, zone: tzinfo) -> str:
    if not _SERIAL.fullmatch(text):
        if look_of(text) == "date":
            return moment_text(text, column, zone)
        raise InvalidInput(column, "isn't the number of a day, as Excel counts them")
    days = float(text.replace(",", "."))
    if not 1 <= days <= _LAST_DAY or int(days) == _LEAP_DAY:
        raise InvalidInput(column, "isn't the number of a day, as Excel counts them")
    seconds = round((days - int(days)) * 86_400)
    moment = _EPOCH + timedelta(days=int(days) + (days < _LEAP_DAY), seconds=seconds)
    return _moment(moment, days != int(days), column, zone)


def _moment(moment: datetime, has_time: bool, column: str, zone: tzinfo) -> str:
    if not has_time:
        return moment.date().isoformat()
    return utc_text(moment if moment.tzinfo else moment.replace(tzinfo=zone), column)


def _json(text: str, kind: str, column: str) -> Any:
    look = look_of(text)
    if look != kind:
        raise InvalidInput(column, f"isn't a JSON {kind}")
    return _checked(value_of(text, UTC), column)


def _checked(value: Any, column: str) -> Any:
    if isinstance(value, list | dict):
        try:
            return attributes({column: value})[column]
        except InvalidInput as error:
            raise InvalidInput(column, error.reason) from None
    return value
