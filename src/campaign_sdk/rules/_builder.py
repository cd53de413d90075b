"""Rules written as Python expressions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, NoReturn, TypeVar, overload
from uuid import UUID

from campaign_sdk._core.errors import InvalidRules

from . import _dates, _spans, _wire
from ._anniversary import Anniversary
from ._counting import Counted
from ._rules import Rules
from ._scopes import HISTORIES
from ._spans import one_of
from ._tree import EVERYONE, Rule, Value
from ._values import MAX_NUMBER, exact, numeric, plain

_RULE = "$.rules[0]"
"""Where the wire holds a rule that stands alone."""

Date = date | datetime
Number = int | float | Decimal
Operand = str | bool | Number | Date | UUID

V = TypeVar("V")
"""What a field may be compared with."""


class Field(Counted, Generic[V]):
    """A field of a contact, to be compared; made by `field`."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        """Name a field; see `field`."""
        counted_only = name in HISTORIES
        self._name = name if counted_only else _wire.load_field(name, f"{_RULE}.field")

    def __eq__(self, other: V) -> Rules:  # type: ignore[override]
        """Equal to a value: a text exactly, a number by its value."""
        return self._compare("=", other)

    def __ne__(self, other: V) -> Rules:  # type: ignore[override]
        """Not equal to a value, or missing."""
        return self._compare("!=", other)

    def __lt__(self, other: V) -> Rules:
        """Less than a number, or before a date."""
        return self._compare("<", other)

    def __le__(self, other: V) -> Rules:
        """At most a number, or not after a date."""
        return self._compare("<=", other)

    def __gt__(self, other: V) -> Rules:
        """Greater than a number, or after a date."""
        return self._compare(">", other)

    def __ge__(self, other: V) -> Rules:
        """At least a number, or not before a date."""
        return self._compare(">=", other)

    def in_(self, values: Iterable[V]) -> Rules:
        """Equal to one of the values."""
        return self._list("in", values)

    def not_in(self, values: Iterable[V]) -> Rules:
        """Equal to none of the values, or missing."""
        return self._list("notIn", values)

    def between(self, low: V, high: V) -> Rules:
        """Between two numbers or dates, both included."""
        return self._list("between", (low, high))

    def not_between(self, low: V, high: V) -> Rules:
        """Outside of a range, or missing."""
        return self._list("notBetween", (low, high))

    def contains(self, value: V) -> Rules:
        """A text with this in it, literally; or a list with this element."""
        return self._compare("contains", value)

    def not_contains(self, value: V) -> Rules:
        """The complement of `contains`."""
        return self._compare("doesNotContain", value)

    def begins_with(self, text: str) -> Rules:
        """A text that begins with this, literally."""
        return self._compare("beginsWith", text)

    def not_begins_with(self, text: str) -> Rules:
        """The complement of `begins_with`."""
        return self._compare("doesNotBeginWith", text)

    def ends_with(self, text: str) -> Rules:
        """A text that ends with this, literally."""
        return self._compare("endsWith", text)

    def not_ends_with(self, text: str) -> Rules:
        """The complement of `ends_with`."""
        return self._compare("doesNotEndWith", text)

    def exists(self) -> Rules:
        """The contact has this field, and it isn't null."""
        return self._rule("notNull", None)

    def is_null(self) -> Rules:
        """The contact lacks this field, or it is null."""
        return self._rule("null", None)

    def before(self, moment: V) -> Rules:
        """Before a date; the same as `<`."""
        return self._compare("<", moment)

    def after(self, moment: V) -> Rules:
        """After a date; the same as `>`."""
        return self._compare(">", moment)

    def within_last(
        self, *, minutes: int = 0, hours: int = 0, days: int = 0, weeks: int = 0,
        months: int = 0, years: int = 0,
    ) -> Rules:  # fmt: skip
        """Not longer ago than this, and not after the moment of evaluation.

        Days and longer units count whole days: within the last 7 days is since the day
        a week ago began. Hours and minutes elapse. Exactly one unit is given.
        """
        count, unit = one_of(
            minute=minutes, hour=hours, day=days, week=weeks, month=months, year=years
        )
        return self._rule("between", _spans.last(count, unit))

    def not_within_last(
        self, *, minutes: int = 0, hours: int = 0, days: int = 0, weeks: int = 0,
        months: int = 0, years: int = 0,
    ) -> Rules:  # fmt: skip
        """Longer ago than this, still to come, or never: the complement of `within_last`."""
        return ~self.within_last(
            minutes=minutes, hours=hours, days=days, weeks=weeks, months=months, years=years
        )

    def within_next(
        self, *, minutes: int = 0, hours: int = 0, days: int = 0, weeks: int = 0,
        months: int = 0, years: int = 0,
    ) -> Rules:  # fmt: skip
        """Not before the moment of evaluation, and not further ahead than this.

        Days and longer units count whole days, today's included: within the next 7 days
        is from the start of today until the day in a week ends. Exactly one unit is given.
        """
        count, unit = one_of(
            minute=minutes, hour=hours, day=days, week=weeks, month=months, year=years
        )
        return self._rule("between", _spans.coming(count, unit))

    def not_within_next(
        self, *, minutes: int = 0, hours: int = 0, days: int = 0, weeks: int = 0,
        months: int = 0, years: int = 0,
    ) -> Rules:  # fmt: skip
        """Further ahead than this, past, or never: the complement of `within_next`."""
        return ~self.within_next(
            minutes=minutes, hours=hours, days=days, weeks=weeks, months=months, years=years
        )

    def anniversary(self) -> Anniversary:
        """The date without its year, such as a birthday: it comes back every year."""
        return Anniversary(self._name)

    def __hash__(self) -> int:
        """Fields of the same name have the same hash."""
        return hash(self._name)

    def __repr__(self) -> str:
        """Show how it was made."""
        return f"field({self._name!r})"

    def __bool__(self) -> NoReturn:
        """Refuse: a field is not a rule."""
        raise TypeError(f"{self!r} is not a rule: compare it, or use .exists()")

    def _compare(self, operator: str, value: object) -> Rules:
        return self._rule(operator, _to_wire(value, f"{_RULE}.value"))

    def _list(self, operator: str, values: Iterable[object]) -> Rules:
        if isinstance(values, str):
            raise InvalidRules(f"{_RULE}.value", "must be a list of values, not one text")
        return self._rule(
            operator,
            tuple(_to_wire(value, f"{_RULE}.value[{n}]") for n, value in enumerate(values)),
        )

    def _rule(self, operator: str, value: Value) -> Rules:
        return Rules.from_wire(_wire.dump(Rule(self._name, operator, value)))


# What checkers see of an attribute is what its class declares: `Customer.orders` is an int.
# The overloads overlap in None alone, which is no attribute's whole type.
@overload
def field(name: str) -> Field[Operand]: ...
@overload
def field(name: bool | None) -> Field[bool]: ...  # type: ignore[overload-overlap]
@overload
def field(name: Number | None) -> Field[Number]: ...  # type: ignore[overload-overlap]
@overload
def field(name: Date | None) -> Field[Date | str]: ...
@overload
def field(name: Iterable[V] | None) -> Field[V]: ...
def field(name: Any) -> Field[Any]:
    """Name a field of a contact, to compare it with something.

    Args:
        name: `email`, `phone`, `created_at`, `updated_at` or `unsubscribed_at` for a
            column; `events` or `deliveries` for the list of what happened, or was sent,
            which can only be counted; anything else is a path into the attributes, such
            as `address.city`. `attributes.email` is the attribute of that name. An
            attribute of a class (`Customer.last_order_at`, see `Attributes`) is taken as
            it is, so that checkers know what it can be asked.

    Raises:
        InvalidRules: if the name is empty, or a part of its path is.
    """
    return name if isinstance(name, Field) else Field(name)


def field_name(named: Field[Any] | str) -> str:
    """Return the name of a field that is given as one, or by its name.

    Raises:
        InvalidRules: it can't be the name of a field.
    """
    return named._name if isinstance(named, Field) else _wire.load_field(named, "field")


def everyone() -> Rules:
    """Return the rules of the whole audience, which is never what unfinished rules mean."""
    return Rules(EVERYONE)


def _to_wire(value: object, path: str) -> str | int | float | bool:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise InvalidRules(
                path, "is a naive datetime: give it a time zone, such as datetime.UTC"
            )
        return _dates.utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _decimal_to_wire(value, path)
    if isinstance(value, int) and not isinstance(value, bool):
        # JavaScript, which may read these rules, keeps integers up to here.
        return value if abs(value) <= 1 << 53 else _decimal_to_wire(Decimal(value), path)
    if isinstance(value, str | bool | float):
        return value
    if isinstance(value, UUID):
        return str(value)
    if value is None:
        raise InvalidRules(path, "must not be None: write .is_null() or .exists()")
    raise InvalidRules(
        path, f"must be a text, a number, a boolean or a date, not {type(value).__name__}"
    )


def _decimal_to_wire(value: Decimal, path: str) -> str | int | float:
    if not value.is_finite():
        raise InvalidRules(path, "must be a finite number")
    if abs(value) > MAX_NUMBER:
        raise InvalidRules(path, "is too large a number")
    if value == int(value) and abs(value) <= 1 << 53:
        return int(value)
    if exact(float(value)) == value:
        return float(value)
    if numeric(plain(value)) is None:
        raise InvalidRules(path, "has more digits than rules can hold")
    return plain(value)
