"""react-querybuilder 8's JSON (`RuleGroupType`), read and written.

Reading follows what its React component emits: lists joined by commas, numbers as
texts, muted rules, ids and other keys that only the component needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from campaign_sdk._core.errors import InvalidRules

from ._check import check_json, check_keys
from ._scopes import COLUMNS as COLUMNS
from ._scopes import CONTACT, Scope, check_field, check_list, kind_of
from ._scopes import RESERVED as RESERVED
from ._tree import (
    EVERYONE,
    MAX_DEPTH,
    POSITIVE,
    Combinator,
    Group,
    Match,
    Named,
    Node,
    Relative,
    Rule,
    Value,
    complement,
    group,
)
from ._wire_match import load_match
from ._wire_values import ID, load_value

# What only the component needs; `meta` is its place for whatever else a page keeps there.
_HARMLESS = ("id", "path", "disabled", "muted", "meta")
_GROUP_KEYS = frozenset(("combinator", "not", "rules", "everyone", *_HARMLESS))
_RULE_KEYS = frozenset(("field", "operator", "value", "valueSource", "match", *_HARMLESS))
_NEGATIVE = "can't be negative beside a match mode: negate the group, or use another mode"


def load(wire: object) -> Node:
    """Read a tree of rules, or raise `InvalidRules` with the path of what is refused."""
    check_json(wire)
    if not isinstance(wire, Mapping) or "rules" not in wire:
        raise InvalidRules("$", 'must be a group: {"combinator", "rules", …}')
    if _flag(wire, "muted", "$"):
        raise InvalidRules("$", "is muted: nothing is left of the rules")
    return _load_node(wire, "$", 1, CONTACT)


def _load_node(wire: object, path: str, depth: int, scope: Scope) -> Node:
    if not isinstance(wire, Mapping):
        raise InvalidRules(path, "must be a rule or a group of rules")
    load = _load_group if "rules" in wire else _load_rule
    return load(wire, path, depth, scope)


def _load_group(wire: Mapping[str, Any], path: str, depth: int, scope: Scope) -> Node:
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
    rules = _load_rules(wire, path, depth, scope)
    return group(cast(Combinator, wire["combinator"]), rules, negated)


def _load_rules(wire: Mapping[str, Any], path: str, depth: int, scope: Scope) -> tuple[Node, ...]:
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
    return tuple(_load_node(rule, place, depth + 1, scope) for rule, place in kept)


def _flag(wire: Mapping[str, Any], key: str, path: str) -> bool:
    value = wire.get(key, False)
    if not isinstance(value, bool):
        raise InvalidRules(f"{path}.{key}", "must be true or false")
    return value


def _load_rule(wire: Mapping[str, Any], path: str, depth: int, scope: Scope) -> Node:
    check_keys(wire, _RULE_KEYS, path)
    counts = wire.get("match") is not None
    if counts:
        inner = check_list(wire.get("field"), scope, f"{path}.field")
        mode, threshold = load_match(wire["match"], f"{path}.match")
    else:
        field = check_field(wire.get("field"), scope, f"{path}.field")
    operator = wire.get("operator")
    if not isinstance(operator, str) or operator not in POSITIVE:
        raise InvalidRules(f"{path}.operator", "is not a known operator")
    if counts and POSITIVE[operator] != operator:
        raise InvalidRules(f"{path}.operator", _NEGATIVE)
    if wire.get("valueSource") not in (None, "", "value"):
        raise InvalidRules(f"{path}.valueSource", 'must be "value"')
    if not counts:
        return load_rule(field, operator, wire.get("value"), path, scope)
    return Match(wire["field"], mode, threshold, _load_inner(wire, path, depth, inner))


def _load_inner(wire: Mapping[str, Any], path: str, depth: int, scope: Scope) -> Node:
    value, path = wire.get("value"), f"{path}.value"
    if not isinstance(value, Mapping) or "rules" not in value:
        raise InvalidRules(path, "must be a group: the rules for what is in the list")
    if _flag(value, "muted", path):
        raise InvalidRules(path, "is muted: nothing is left of the rules")
    return _load_group(value, path, depth, scope)


def load_rule(field: str, operator: str, value: object, path: str, scope: Scope = CONTACT) -> Rule:
    """Make a rule, or refuse a value that it can't be asked with."""
    words = scope.words.get(field, ())
    return Rule(field, operator, load_value(kind_of(field, scope), operator, value, path, words))


def rescoped(node: Node, scope: Scope, path: str) -> Node:
    """Read a tree that was made of a contact's fields as the group for what is in a list."""
    if isinstance(node, Group):
        rules = tuple(
            _rescoped(rule, scope, f"{path}.rules[{n}]") for n, rule in enumerate(node.rules)
        )
        return Group(node.combinator, rules, node.negated)
    return _rescoped(node, scope, f"{path}.rules[0]")


def _rescoped(node: Node, scope: Scope, path: str) -> Node:
    if isinstance(node, Group):
        return rescoped(node, scope, path)
    if isinstance(node, Match):
        inner = check_list(node.field, scope, f"{path}.field")
        rules = rescoped(node.rules, inner, f"{path}.value")
        return Match(node.field, node.mode, node.threshold, rules)
    field = check_field(node.field, scope, f"{path}.field")
    value = loadable(node.value, kind_of(field, scope) == "id")
    return load_rule(field, node.operator, value, path, scope)


def loadable(value: Any, ids: bool) -> Any:
    """A value as the wire has it; with `ids`, a text that is no id names a campaign."""
    if isinstance(value, list | tuple):
        return [loadable(item, ids) for item in value]
    if ids and isinstance(value, str) and not ID.fullmatch(value):
        return Named(value)
    return value if isinstance(value, Named) else dump_value(value)


def load_field(name: object, path: str) -> str:
    """Check the name of a contact's field."""
    return check_field(name, CONTACT, path)


def dump(node: Node) -> dict[str, Any]:
    """Write a tree of rules as JSON-ready values."""
    return _dump_node(node if isinstance(node, Group) else Group("and", (node,)))


def _dump_node(node: Node) -> dict[str, Any]:
    if isinstance(node, Match):
        threshold = {} if node.threshold is None else {"threshold": node.threshold}
        return {
            "field": node.field,
            "operator": "=",
            "value": dump(node.rules),
            "valueSource": "value",
            "match": {"mode": node.mode, **threshold},
        }
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
    if isinstance(value, Named):
        return {"campaign": value.name}
    if isinstance(value, Relative):
        return {
            "mode": "relative",
            "anchor": value.anchor,
            "offset": value.offset,
            "unit": value.unit,
            **({"recurring": "yearly"} if value.recurring else {}),
        }
    return value
