"""The values of rules and of contacts, as what they are compared by."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from . import _dates
from ._dates import Moment
from ._tree import Named, Relative, Scalar

MAX_NUMBER = Decimal("1.7976931348623157e308")
"""Beyond a double, the readers of JSON disagree with each other."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Operand:
    """One value of a rule, and everything it can be compared as."""

    text: str | None = None
    number: Decimal | None = None
    truth: bool | None = None
    moment: Moment | None = None
    relative: bool = False


def operand(value: Scalar, as_of: datetime, timezone: ZoneInfo) -> Operand:
    """Take a value of a rule for all that it is: a text that is a number stands for both."""
    if isinstance(value, bool):
        return Operand(truth=value)
    if isinstance(value, Named):
        return Operand()
    if isinstance(value, Relative):
        return Operand(moment=_dates.resolve(value, as_of, timezone), relative=True)
    if isinstance(value, str):
        return Operand(text=value, number=numeric(value), moment=_dates.read(value, timezone))
    number = exact(value)
    return Operand(text=plain(number), number=number)


def numeric(text: str) -> Decimal | None:
    """The number that a text writes in JSON's own way, if it does."""
    return Decimal(text) if len(text) <= 400 and _NUMBER.fullmatch(text) else None


def exact(number: int | float | Decimal) -> Decimal:
    """The decimal number that JSON writes for this one."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def plain(number: Decimal) -> str:
    """Write a number without exponent, trailing zeros or a signed zero."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def stored(value: Any) -> Any:
    """What JSON would hold for a contact's value, with numbers exact; `None` is missing."""
    if isinstance(value, bool | str | Decimal | list | dict):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return None if math.isnan(value) else exact(value)
    if isinstance(value, datetime):
        return instant(value) and _dates.utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else None


def numeral(value: Any) -> Decimal | None:
    """The number of an event, exact; a text that writes one is taken for it."""
    number = numeric(value) if isinstance(value, str) else stored(value)
    return number if isinstance(number, Decimal) else None


def instant(value: Any) -> datetime | None:
    """A contact's timestamp as a naive datetime in UTC, or `None` if it isn't one."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(moment, datetime) and moment.utcoffset() is not None:
            return moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        pass
    return None
