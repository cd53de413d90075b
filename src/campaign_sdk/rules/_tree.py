"""The tree of rules: plain values that know nothing of wires, builders or contacts."""

from __future__ import annotations

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


def negative_fields(node: Node, negated: bool = False) -> tuple[str, ...]:
    """Return the fields that a contact fulfils a condition by lacking, each once."""
    if isinstance(node, Rule):
        holds = POSITIVE[node.operator] != node.operator
        return (node.field,) if holds is not negated else ()
    inner = negated is not node.negated
    found = (name for child in node.rules for name in negative_fields(child, inner))
    return tuple(dict.fromkeys(found))
