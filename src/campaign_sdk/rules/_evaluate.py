"""Rules evaluated in Python: no server, and the same answer as the database's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from campaign_sdk._core.errors import InvalidInput

from . import _dates
from ._paths import keys_of
from ._tree import POSITIVE, Node, Rule
from ._values import Operand, instant, operand, stored
from ._wire import COLUMNS, TEXTS, TIMES

Test = Callable[[object], bool]
"""A question about a contact, or about one value of one."""


def predicate(node: Node, as_of: datetime | None, timezone: str) -> Test:
    """Make of a tree a function that says whether a contact belongs to the audience.

    Raises:
        InvalidInput: if `as_of` is naive, or `timezone` unknown.
    """
    if as_of is not None and as_of.utcoffset() is None:
        raise InvalidInput("as_of", "is a naive datetime: give it a time zone")
    now = datetime.now(UTC) if as_of is None else as_of.astimezone(UTC)
    return _node(node, now.replace(tzinfo=None), _dates.zone(timezone))


def _node(node: Node, as_of: datetime, timezone: ZoneInfo) -> Test:
    if isinstance(node, Rule):
        return _rule(node, as_of, timezone)
    tests = [_node(child, as_of, timezone) for child in node.rules]
    quantifier = all if node.combinator == "and" else any
    negated = node.negated
    return lambda contact: quantifier(test(contact) for test in tests) is not negated


def _rule(rule: Rule, as_of: datetime, timezone: ZoneInfo) -> Test:
    values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
    operands = [operand(value, as_of, timezone) for value in values if value is not None]
    positive = POSITIVE[rule.operator]
    holds = (_time_test if rule.field in TIMES else _value_test)(positive, operands)
    read, negated = _reader(rule.field), positive != rule.operator
    return lambda contact: holds(read(contact)) is not negated


# reading a contact -----------------------------------------------------------------


def _reader(field: str) -> Callable[[object], Any]:
    if field in TIMES:
        return lambda contact: instant(_column(contact, field))
    if field in TEXTS:
        return lambda contact: _text(_column(contact, field))
    keys = keys_of(field)
    return lambda contact: stored(_at(_attributes(contact), keys))


def _column(contact: object, name: str) -> Any:
    return contact.get(name) if isinstance(contact, Mapping) else getattr(contact, name, None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _attributes(contact: object) -> Any:
    if not isinstance(contact, Mapping):
        return getattr(contact, "attributes", None)
    if "attributes" in contact:
        return contact["attributes"]
    return {key: value for key, value in contact.items() if key not in COLUMNS}


def _at(value: Any, keys: list[str]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


# asking about a value ----------------------------------------------------------------


def _time_test(positive: str, operands: list[Operand]) -> Test:
    moments = [o.moment.utc if o.moment else None for o in operands]
    if positive == "notNull":
        return lambda value: value is not None
    if positive in ("=", "in"):
        return lambda value: value is not None and value in moments
    if positive in ("contains", "beginsWith", "endsWith") or None in moments:
        return lambda _: False
    return lambda value: value is not None and _ordered(positive, value, moments)


def _value_test(positive: str, operands: list[Operand]) -> Test:
    if positive == "notNull":
        return lambda value: value is not None
    if positive in ("=", "in"):
        return lambda value: any(_equals(value, o) for o in operands)
    if positive == "contains":
        return lambda value: _contains(value, operands[0])
    if positive in ("beginsWith", "endsWith"):
        return lambda value: _affixed(positive, value, operands[0])
    return lambda value: _compares(positive, value, operands)


def _equals(value: Any, wanted: Operand) -> bool:
    if wanted.relative:
        return _compares("between", value, [wanted, wanted])
    if isinstance(value, bool):
        return value is wanted.truth
    if isinstance(value, Decimal):
        return wanted.number is not None and value == wanted.number
    return isinstance(value, str) and value == wanted.text


def _contains(value: Any, wanted: Operand) -> bool:
    if isinstance(value, list):
        return any(_equals(stored(element), wanted) for element in value)
    return isinstance(value, str) and wanted.text is not None and wanted.text in value


def _affixed(positive: str, value: Any, wanted: Operand) -> bool:
    if not isinstance(value, str) or wanted.text is None:
        return False
    test = value.startswith if positive == "beginsWith" else value.endswith
    return test(wanted.text)


def _compares(positive: str, value: Any, operands: list[Operand]) -> bool:
    """Numbers with numbers, dates with dates; all else is false."""
    if isinstance(value, Decimal):
        numbers = [o.number for o in operands]
        return None not in numbers and _ordered(positive, value, numbers)
    if not isinstance(value, str) or not _dates.STORED.fullmatch(value):
        return False
    moments = [o.moment for o in operands if o.moment is not None]
    return len(moments) == len(operands) and _dated(positive, value, moments)


def _ordered(positive: str, value: Any, bounds: list[Any]) -> bool:
    match positive:
        case "<":
            return bool(value < bounds[0])
        case "<=":
            return bool(value <= bounds[0])
        case ">":
            return bool(value > bounds[0])
        case ">=":
            return bool(value >= bounds[0])
        case _:
            return bool(bounds[0] <= value <= bounds[1])


def _dated(positive: str, value: str, moments: list[_dates.Moment]) -> bool:
    match positive:
        case "<" | "<=":
            return _dates.before(value, moments[0], inclusive=positive == "<=")
        case ">" | ">=":
            return not _dates.before(value, moments[0], inclusive=positive == ">")
        case _:
            return _dated(">=", value, moments[:1]) and _dated("<=", value, moments[1:])
