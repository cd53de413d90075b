"""The tree of rules: plain values that know nothing of wires, builders or contacts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MAX_DEPTH = 32
"""How deep groups may be nested; the database holds the same limit."""

Combinator = Literal["and", "or"]

POSITIVE: Mapping[str, str] = {
    "=": "=",
    "!=": "=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "contains": "contains",
    "doesNotContain": "contains",
    "beginsWith": "beginsWith",
    "doesNotBeginWith": "beginsWith",
    "endsWith": "endsWith",
    "doesNotEndWith": "endsWith",
    "notNull": "notNull",
    "null": "notNull",
    "in": "in",
    "notIn": "in",
    "between": "between",
    "notBetween": "between",
}
"""Each operator's positive one. A negative operator is the exact complement of it."""

COMPLEMENT: Mapping[str, str] = {
    operator: other
    for operator, positive in POSITIVE.items()
    for other in POSITIVE
    if other != operator and POSITIVE[other] == positive
}
"""The operators that have an opposite by name."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A date relative to the moment of evaluation: the anchor first, then the offset."""

    anchor: str
    offset: int
    unit: str

    def __str__(self) -> str:
        shift = f" {self.offset:+d} {self.unit}" if self.offset else ""
        return f"{self.anchor}{shift}"


Scalar = str | int | float | bool | Relative
Value = Scalar | tuple[Scalar, ...] | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition on one field."""

    field: str
    operator: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class Group:
    """Rules joined by a combinator; without rules it stands for everyone."""

    combinator: Combinator
    rules: tuple[Node, ...]
    negated: bool = False


Node = Rule | Group

EVERYONE = Group("and", ())


def depth(node: Node) -> int:
    """How many groups deep a tree is, once a lone rule stands in a group of its own."""
    if isinstance(node, Rule) or not node.rules:
        return 1
    return max(depth(child) + isinstance(child, Group) for child in node.rules)


def group(combinator: Combinator, rules: tuple[Node, ...], negated: bool = False) -> Node:
    """Make a group, or what it amounts to: a group of one is what stands in it."""
    if len(rules) != 1:
        return Group(combinator, rules, negated)
    return complement(rules[0]) if negated else rules[0]


def complement(node: Node) -> Node:
    """Return the rules that hold for exactly the contacts for which these don't."""
    if isinstance(node, Group):
        return group(node.combinator, node.rules, not node.negated)
    if node.operator in COMPLEMENT:
        return Rule(node.field, COMPLEMENT[node.operator], node.value)
    return Group("and", (node,), negated=True)


def join(combinator: Combinator, left: Node, right: Node) -> Node:
    """Combine two trees, without nesting groups of the same kind."""
    return Group(combinator, (*_members(combinator, left), *_members(combinator, right)))


def _members(combinator: Combinator, node: Node) -> tuple[Node, ...]:
    joined = isinstance(node, Group) and node.combinator == combinator and not node.negated
    return node.rules if isinstance(node, Group) and joined and node.rules else (node,)


def fields(node: Node) -> tuple[str, ...]:
    """Return the names of the fields that a tree asks about, each once, as they come."""
    if isinstance(node, Rule):
        return (node.field,)
    return tuple(dict.fromkeys(name for child in node.rules for name in fields(child)))


def describe(node: Node, outermost: bool = True) -> str:
    """Write a tree as people read it."""
    if isinstance(node, Rule):
        return _describe_rule(node)
    if not node.rules:
        return "nobody" if node.negated else "everyone"
    inner = f" {node.combinator} ".join(describe(child, outermost=False) for child in node.rules)
    if node.negated:
        return f"not ({inner})"
    return inner if outermost else f"({inner})"


WORDS: Mapping[str, str] = {
    "=": "is",
    "!=": "is not",
    "contains": "contains",
    "doesNotContain": "does not contain",
    "beginsWith": "begins with",
    "doesNotBeginWith": "does not begin with",
    "endsWith": "ends with",
    "doesNotEndWith": "does not end with",
    "null": "is missing",
    "notNull": "is present",
    "notIn": "not in",
    "notBetween": "not between",
}


# What `_where` reads as a field without backquotes.
_PLAIN = re.compile(r"[^\W\d][\w.-]*")
_RESERVED = ("not", "everyone", "nobody")


def _describe_rule(rule: Rule) -> str:
    words = f"{_describe_field(rule.field)} {WORDS.get(rule.operator, rule.operator)}"
    if rule.value is None:
        return words
    if not isinstance(rule.value, tuple):
        return f"{words} {_describe_value(rule.value)}"
    values = [_describe_value(value) for value in rule.value]
    if POSITIVE[rule.operator] == "between":
        return f"{words} {values[0]} and {values[1]}"
    return f"{words} ({', '.join(values)})"


def _describe_field(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name not in _RESERVED else f"`{name}`"


def _describe_value(value: Scalar) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower() if isinstance(value, bool) else str(value)
