"""Dates that come back every year: birthdays, and the like."""

from __future__ import annotations

from . import _spans, _wire
from ._rules import Rules
from ._spans import one_of
from ._tree import Rule, Value


class Anniversary:
    """A date without its year, to be compared; made by `Field.anniversary`.

    29 February is on the 28th of a year that has none. A stored instant counts with the date
    that is written in it, in UTC; `created_at` and its like with that in the rules' time zone.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        """Name a field; see `field`."""
        self._name = name

    def is_today(self) -> Rules:
        """Today is its day, in the time zone of the rules."""
        return self._rule("=", _spans.TODAY)

    def within_next(self, *, days: int = 0, weeks: int = 0, months: int = 0) -> Rules:
        """Its next day is today, or no further ahead than this. One unit is given."""
        count, unit = one_of(day=days, week=weeks, month=months)
        return self._rule("between", _spans.yearly(_spans.coming(count, unit)))

    def within_last(self, *, days: int = 0, weeks: int = 0, months: int = 0) -> Rules:
        """Its last day is today, or no longer ago than this. One unit is given."""
        count, unit = one_of(day=days, week=weeks, month=months)
        return self._rule("between", _spans.yearly(_spans.last(count, unit)))

    def _rule(self, operator: str, value: Value) -> Rules:
        return Rules.from_wire(_wire.dump(Rule(self._name, operator, value)))
