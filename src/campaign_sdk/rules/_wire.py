"""react-querybuilder 8's JSON (`RuleGroupType`), read and written.

Reading follows what its React component emits: lists joined by commas, numbers as
texts, muted rules, ids and other keys that only the component needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from campaign_sdk._core.errors import InvalidRules

from ._check import check_json, check_keys
from ._paths import keys_of
from ._tree import (
    EVERYONE,
    MAX_DEPTH,
    POSITIVE,
    Combinator,
    Group,
    Node,
    Relative,
    Rule,
    Value,
    complement,
    group,
)
from ._wire_values import load_value

TEXTS = ("email", "phone")
TIMES = ("created_at", "updated_at", "unsubscribed_at")
COLUMNS = (*TEXTS, *TIMES)

# What only the component needs; `meta` is its place for whatever else a page keeps there.
_HARMLESS = ("id", "path", "disabled", "muted", "meta")
_GROUP_KEYS = frozenset(("combinator", "not", "rules", "everyone", *_HARMLESS))
_RULE_KEYS = frozenset(("field", "operator", "value", "valueSource", *_HARMLESS))


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
    check_keys(wire, _GROUP_KEYS, path)
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
    check_keys(wire, _RULE_KEYS, path)
    field = load_field(wire.get("field"), f"{path}.field")
    operator = wire.get("operator")
    if not isinstance(operator, str) or operator not in POSITIVE:
        raise InvalidRules(f"{path}.operator", "is not a known operator")
    if wire.get("valueSource") not in (None, "", "value"):
        raise InvalidRules(f"{path}.valueSource", 'must be "value"')
    return load_rule(field, operator, wire.get("value"), path)


def load_rule(field: str, operator: str, value: object, path: str) -> Rule:
    """Make a rule, or refuse a value that it can't be asked with."""
    kinds = (("text", TEXTS), ("time", TIMES))
    kind = next((kind for kind, names in kinds if field in names), "attribute")
    return Rule(field, operator, load_value(kind, operator, value, path))


def load_field(name: object, path: str) -> str:
    """Check a field's name; `~` is what react-querybuilder calls "none chosen yet"."""
    if not isinstance(name, str) or name in ("", "~"):
        raise InvalidRules(path, "must name a field")
    if name not in COLUMNS and not all(
        1 <= len(keys_of(name)) <= 32 and key for key in keys_of(name)
    ):
        raise InvalidRules(path, 'must be a path of 1 to 32 names, such as "address.city"')
    return name


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
