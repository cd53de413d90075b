"""react-querybuilder 8's JSON (`RuleGroupType`), read and written.

Reading follows what its React component emits: lists joined by commas, numbers as
texts, muted rules, ids and other keys that only the component needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo

from campaign_sdk._core.errors import InvalidRules

from . import _dates
from ._check import check_json
from ._tree import (
    EVERYONE,
    MAX_DEPTH,
    POSITIVE,
    Combinator,
    Group,
    Node,
    Relative,
    Rule,
    Scalar,
    Value,
    complement,
    group,
)
from ._values import MAX_NUMBER, exact, numeric

COLUMNS = ("email", "phone", "created_at", "updated_at", "unsubscribed_at")

_BLANKS = " \t\n\r\f\v"
_COMMA = re.compile(r"(?<!\\),")


def load(wire: object) -> Node:
    """Read a tree of rules, or raise `InvalidRules` with the path of what is refused."""
    check_json(wire)
    if not isinstance(wire, Mapping) or "rules" not in wire:
        raise InvalidRules("$", 'must be a group: {"combinator", "rules", …}')
    if _flag(wire, "muted", "$"):
        raise InvalidRules("$", "is muted: nothing is left of the rules")
    return _load_node(wire, "$", 1)


def _load_node(wire: object, path: str, depth: int) -> Node:
    if not isinstance(wire, Mapping):
        raise InvalidRules(path, "must be a rule or a group of rules")
    return _load_group(wire, path, depth) if "rules" in wire else _load_rule(wire, path)


def _load_group(wire: Mapping[str, Any], path: str, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise InvalidRules(path, f"is nested more than {MAX_DEPTH} groups deep")
    if wire.get("combinator") not in ("and", "or"):
        raise InvalidRules(f"{path}.combinator", 'must be "and" or "or"')
    negated, everyone = _flag(wire, "not", path), _flag(wire, "everyone", path)
    if not isinstance(wire["rules"], list | tuple):
        raise InvalidRules(f"{path}.rules", "must be a list of rules")
    if everyone and wire["rules"]:
        raise InvalidRules(f"{path}.everyone", "marks a group that has rules")
    if everyone:
        return complement(EVERYONE) if negated else EVERYONE
    return group(cast(Combinator, wire["combinator"]), _load_rules(wire, path, depth), negated)


def _load_rules(wire: Mapping[str, Any], path: str, depth: int) -> tuple[Node, ...]:
    if not wire["rules"]:
        raise InvalidRules(f"{path}.rules", "is empty: the group is unfinished")
    places = [(rule, f"{path}.rules[{n}]") for n, rule in enumerate(wire["rules"])]
    kept = [
        (rule, place)
        for rule, place in places
        if not (isinstance(rule, Mapping) and _flag(rule, "muted", place))
    ]
    if not kept:
        raise InvalidRules(f"{path}.rules", "is all muted: nothing is left of the group")
    return tuple(_load_node(rule, place, depth + 1) for rule, place in kept)


def _flag(wire: Mapping[str, Any], key: str, path: str) -> bool:
    value = wire.get(key, False)
    if not isinstance(value, bool):
        raise InvalidRules(f"{path}.{key}", "must be true or false")
    return value


def _load_rule(wire: Mapping[str, Any], path: str) -> Rule:
    field = load_field(wire.get("field"), f"{path}.field")
    operator = wire.get("operator")
    if not isinstance(operator, str) or operator not in POSITIVE:
        raise InvalidRules(f"{path}.operator", "is not a known operator")
    if wire.get("valueSource") not in (None, "", "value"):
        raise InvalidRules(f"{path}.valueSource", 'must be "value"')
    return Rule(field, operator, load_value(operator, wire.get("value"), f"{path}.value"))


def load_field(name: object, path: str) -> str:
    """Check a field's name; `~` is what react-querybuilder calls "none chosen yet"."""
    if not isinstance(name, str) or name in ("", "~"):
        raise InvalidRules(path, "must name a field")
    if name not in COLUMNS and not all(
        1 <= len(keys_of(name)) <= 32 and key for key in keys_of(name)
    ):
        raise InvalidRules(path, 'must be a path of 1 to 32 names, such as "address.city"')
    return name


def keys_of(field: str) -> list[str]:
    """The path into a contact's attributes that a field names."""
    return field.removeprefix("attributes.").split(".")


def load_value(operator: str, value: object, path: str) -> Value:
    """Read the value of a rule: none, one, two or a list, as its operator takes."""
    positive = POSITIVE[operator]
    if positive == "notNull":
        return None
    if positive not in ("in", "between"):
        return _load_scalar(positive, value, path)
    items = _load_items(value, path)
    if positive == "between" and len(items) != 2:
        raise InvalidRules(path, "must be two values, the lower and the higher")
    if not items:
        raise InvalidRules(path, "is an empty list")
    values = tuple(_load_scalar(positive, item, f"{path}[{n}]") for n, item in enumerate(items))
    if positive == "between":
        _check_between(values[0], values[1], path)
    return values


def _load_items(value: object, path: str) -> list[object]:
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, str):
        items = (item.strip(_BLANKS) for item in _COMMA.split(value))
        return [item.replace("\\,", ",") for item in items if item]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    raise InvalidRules(path, "must be a list")


def _load_scalar(positive: str, value: object, path: str) -> Scalar:
    if isinstance(value, str) and positive not in ("=", "in") and not value.strip(_BLANKS):
        raise InvalidRules(path, "is empty: the rule is unfinished")
    if isinstance(value, Mapping):
        if positive in ("in", "contains", "beginsWith", "endsWith"):
            raise InvalidRules(path, "must be a text, a number or a boolean")
        return _load_relative(value, path)
    if value is None:
        raise InvalidRules(path, "is missing: the rule is unfinished")
    if isinstance(value, str):
        _check_naive(positive, value, path)
    elif not isinstance(value, int | float):
        raise InvalidRules(path, "must be a text, a number, a boolean or a date")
    elif abs(exact(value)) > MAX_NUMBER:
        raise InvalidRules(path, "is too large a number")
    return value


def _check_naive(positive: str, value: str, path: str) -> None:
    if positive in ("<", "<=", ">", ">=", "between") and _dates.NAIVE.fullmatch(value):
        raise InvalidRules(path, 'lacks an offset such as "Z" or "+05:30"')


def _load_relative(value: Mapping[str, Any], path: str) -> Relative:
    anchor, offset, unit = value.get("anchor"), value.get("offset"), value.get("unit")
    if value.get("mode") != "relative":
        raise InvalidRules(f"{path}.mode", 'must be "relative"')
    if anchor not in _dates.ANCHORS:
        raise InvalidRules(f"{path}.anchor", 'is not a known anchor such as "startOfDay"')
    if not isinstance(unit, str) or unit not in _dates.UNITS:
        raise InvalidRules(f"{path}.unit", f"must be {', '.join(list(_dates.UNITS)[:-1])} or year")
    whole = isinstance(offset, int | float) and not isinstance(offset, bool) and offset % 1 == 0
    if not whole or abs(cast(float, offset)) > _dates.UNITS[unit]:
        raise InvalidRules(f"{path}.offset", "must be a whole number, within 1000 years")
    return Relative(cast(str, anchor), int(cast(float, offset)), unit)


def _check_between(low: Scalar, high: Scalar, path: str) -> None:
    """Refuse a range that can only be empty: its ends were swapped, or it isn't finished."""
    if _reversed(low, high):
        raise InvalidRules(path, "is reversed: the lower value comes first")


def _reversed(low: Scalar, high: Scalar) -> bool:
    numbers = [_number(value) for value in (low, high)]
    if numbers[0] is not None and numbers[1] is not None:
        return bool(numbers[0] > numbers[1])
    # A day against an instant depends on the time zone, a relative date on the day.
    if (
        not isinstance(low, str)
        or not isinstance(high, str)
        or (len(low) == 10) != (len(high) == 10)
    ):
        return False
    moments = [_dates.read(text, ZoneInfo("UTC")) for text in (low, high)]
    return bool(moments[0] and moments[1] and moments[0].utc > moments[1].utc)


def _number(value: Scalar) -> Any:
    if isinstance(value, bool | Relative):
        return None
    return numeric(value) if isinstance(value, str) else exact(value)


def dump(node: Node) -> dict[str, Any]:
    """Write a tree of rules as JSON-ready values."""
    return _dump_node(node if isinstance(node, Group) else Group("and", (node,)))


def _dump_node(node: Node) -> dict[str, Any]:
    if isinstance(node, Rule):
        return {
            "field": node.field,
            "operator": node.operator,
            "value": dump_value(node.value),
            "valueSource": "value",
        }
    wire = {
        "combinator": node.combinator,
        "not": node.negated,
        "rules": [_dump_node(child) for child in node.rules],
    }
    return wire if node.rules else {**wire, "everyone": True}


def dump_value(value: Value) -> Any:
    """Write the value of a rule as JSON-ready values."""
    if isinstance(value, tuple):
        return [dump_value(item) for item in value]
    if isinstance(value, Relative):
        return {
            "mode": "relative",
            "anchor": value.anchor,
            "offset": value.offset,
            "unit": value.unit,
        }
    return value
