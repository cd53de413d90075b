"""Spans from now on or until now, as the two ends of a range.

Days and longer units count whole days of the calendar, so that the answer is the same
at any hour of the day; hours and minutes elapse.
"""

from __future__ import annotations

from dataclasses import replace

from campaign_sdk._core.errors import InvalidRules

from ._dates import ELAPSING
from ._tree import Relative, Scalar

Span = tuple[Relative, Relative]

TODAY = Relative("startOfDay", 0, "day", recurring=True)
"""The day on which an anniversary is today."""


def last(count: int, unit: str) -> Span:
    """From so long ago until now: what is still to come isn't in it."""
    anchor = "now" if unit in ELAPSING else "startOfDay"
    return Relative(anchor, -count, unit), Relative("now", 0, "day")


def coming(count: int, unit: str) -> Span:
    """From now, or the start of today, to the end of that day."""
    if unit in ELAPSING:
        return Relative("now", 0, "day"), Relative("now", count, unit)
    return Relative("startOfDay", 0, "day"), Relative("endOfDay", count, unit)


def words_of(low: Scalar, high: Scalar) -> str | None:
    """How people call a range that is such a span, or `None` if it is another one."""
    if not isinstance(low, Relative) or not isinstance(high, Relative):
        return None
    low, high = replace(low, recurring=False), replace(high, recurring=False)
    if low.offset <= 0 and (low, high) == last(-low.offset, low.unit):
        return f"within last {_counted(-low.offset, low.unit)}"
    if high.offset >= 0 and (low, high) == coming(high.offset, high.unit):
        return f"within next {_counted(high.offset, high.unit)}"
    return None


def yearly(span: Span) -> Span:
    """The same of every year."""
    return replace(span[0], recurring=True), replace(span[1], recurring=True)


def one_of(**spans: int) -> tuple[int, str]:
    """Return the one span that is given, and its unit."""
    given = {unit: span for unit, span in spans.items() if span}
    if len(given) != 1:
        raise TypeError("give exactly one of minutes, hours, days, weeks, months and years")
    unit, span = given.popitem()
    if not isinstance(span, int) or isinstance(span, bool) or span < 0:
        raise InvalidRules("$.rules[0].value.offset", "must be a positive whole number")
    return span, unit


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
