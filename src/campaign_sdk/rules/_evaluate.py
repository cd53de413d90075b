"""Rules evaluated in Python: no server, and the same answer as the database's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from campaign_sdk._core.errors import InvalidInput, InvalidRules

from . import _dates
from ._histories import Histories
from ._scopes import COLUMNS, CONTACT, ELEMENT, HISTORIES, Scope, kind_of, path_in
from ._tree import POSITIVE, Match, Node, Relative, Rule, counted, names
from ._values import Operand, instant, numeral, operand, stored

Test = Callable[[object], bool]
"""A question about a contact, about one thing in a list, or about one value."""

Read = Callable[[object], Any]


@dataclass(frozen=True, slots=True)
class _Context:
    """When and where rules are asked, and of what."""

    as_of: datetime
    timezone: ZoneInfo
    histories: Histories
    scope: Scope = CONTACT


def predicate(
    node: Node, as_of: datetime | None, timezone: str, histories: Histories | None = None
) -> Test:
    """Make of a tree a function that says whether a contact belongs to the audience.

    Raises:
        InvalidInput: if `as_of` is naive, or `timezone` unknown.
        InvalidRules: if a campaign is named whose id nobody looked up.
    """
    if as_of is not None and as_of.utcoffset() is None:
        raise InvalidInput("as_of", "is a naive datetime: give it a time zone")
    check_named(node)
    now = datetime.now(UTC) if as_of is None else as_of.astimezone(UTC)
    context = _Context(now.replace(tzinfo=None), _dates.zone(timezone), histories or Histories())
    return _node(node, context)


def check_named(node: Node) -> None:
    """Refuse rules that name a campaign: only the owner's client knows its id."""
    if named := names(node):
        raise InvalidRules(
            "$", f"name the campaign {named[0]!r}: give its id, or let a client ask these rules"
        )


def _node(node: Node, context: _Context) -> Test:
    if isinstance(node, Rule):
        return _rule(node, context)
    if isinstance(node, Match):
        return _match(node, context)
    tests = [_node(child, context) for child in node.rules]
    quantifier = all if node.combinator == "and" else any
    negated = node.negated
    return lambda contact: quantifier(test(contact) for test in tests) is not negated


def _rule(rule: Rule, context: _Context) -> Test:
    values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
    operands = [
        operand(value, context.as_of, context.timezone) for value in values if value is not None
    ]
    positive = POSITIVE[rule.operator]
    of_time = kind_of(rule.field, context.scope) == "time"
    if isinstance(values[0], Relative) and values[0].recurring:
        holds = _recurring_test(operands, context.timezone if of_time else None)
    else:
        holds = (_time_test if of_time else _value_test)(positive, operands)
    read, negated = _reader(rule.field, context.scope), positive != rule.operator
    return lambda subject: holds(read(subject)) is not negated


def _match(match: Match, context: _Context) -> Test:
    elements, scope = _elements(match.field, context)
    holds = _node(match.rules, replace(context, scope=scope))
    mode, threshold = match.mode, match.threshold

    def test(subject: object) -> bool:
        found = elements(subject)
        return counted(mode, threshold, sum(map(holds, found)), len(found))

    return test


def _elements(field: str, context: _Context) -> tuple[Read, Scope]:
    """What is in a list; whatever isn't one has nothing in it."""
    if context.scope is CONTACT and field in HISTORIES:
        return context.histories.reader(field, context.as_of), HISTORIES[field]
    read = _reader(field, context.scope)

    def elements(subject: object) -> list[Any]:
        found = read(subject)
        return found if isinstance(found, list) else []

    return elements, ELEMENT


# reading a contact -----------------------------------------------------------------


def _reader(field: str, scope: Scope) -> Read:
    match kind_of(field, scope):
        case "time":
            return lambda subject: instant(_column(subject, field))
        case "text":
            return lambda subject: _text(_column(subject, field))
        case "number":
            return lambda subject: numeral(_column(subject, field))
        case "id":
            return lambda subject: _id(_column(subject, field))
    keys = path_in(field, scope)
    if scope is ELEMENT:
        return lambda element: stored(_at(element, keys))
    return lambda contact: stored(_at(_attributes(contact), keys))


def _column(contact: object, name: str) -> Any:
    return contact.get(name) if isinstance(contact, Mapping) else getattr(contact, name, None)


def _id(value: Any) -> str | None:
    return None if value is None else str(value).lower()


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


def _recurring_test(operands: list[Operand], timezone: ZoneInfo | None) -> Test:
    """Of a column in its time zone; of an attribute by the date that is written there."""
    walls = [o.moment.wall for o in operands if o.moment]
    days = _dates.days_between(walls[0], walls[-1])
    if timezone is None:
        return lambda value: (
            isinstance(value, str) and bool(_dates.STORED.fullmatch(value)) and value[5:10] in days
        )
    return lambda value: (
        isinstance(value, datetime) and f"{_dates.at_wall(value, timezone):%m-%d}" in days
    )


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
