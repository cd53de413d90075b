"""The tree of rules: plain values that know nothing of wires, builders or contacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

MAX_DEPTH = 32
"""How deep groups may be nested; the database holds the same limit."""
MAX_BEHAVIOURS = 32
"""How often a tree may ask what contacts did or were sent: each is a join in the database."""

Combinator = Literal["and", "or"]
Mode = Literal["all", "some", "none", "atLeast", "atMost", "exactly"]

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
    """A date relative to the moment of evaluation: the anchor first, then the offset.

    A recurring one is met by every anniversary: its year doesn't matter.
    """

    anchor: str
    offset: int
    unit: str
    recurring: bool = False

    def __str__(self) -> str:
        shift = f" {self.offset:+d} {self.unit}" if self.offset else ""
        return f"{self.anchor}{shift}"


@dataclass(frozen=True, slots=True)
class Named:
    """A campaign by its name, as people write it: its id takes its place before it is asked."""

    name: str


Scalar = str | int | float | bool | Relative | Named
Value = Scalar | tuple[Scalar, ...] | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition on one field."""

    field: str
    operator: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class Match:
    """How many elements of a list fulfil rules.

    Attributes:
        field: the list: `events`, `deliveries`, or a path into the attributes.
        mode: all, some, none, or with a threshold atLeast, atMost, exactly.
        threshold: how many; below 1, a share of the elements. None for the first three.
        rules: what is asked of each element.
    """

    field: str
    mode: Mode
    threshold: int | float | None
    rules: Node


@dataclass(frozen=True, slots=True)
class Group:
    """Rules joined by a combinator; without rules it stands for everyone."""

    combinator: Combinator
    rules: tuple[Node, ...]
    negated: bool = False


Node = Rule | Match | Group

EVERYONE = Group("and", ())


def depth(node: Node) -> int:
    """How many groups deep a tree is, once a lone rule stands in a group of its own."""
    if isinstance(node, Match):
        return 1 + depth(node.rules)
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
    if isinstance(node, Match):
        return _uncounted(node)
    if node.operator in COMPLEMENT:
        return Rule(node.field, COMPLEMENT[node.operator], node.value)
    return Group("and", (node,), negated=True)


def _uncounted(node: Match) -> Node:
    if node.mode not in ("some", "none"):
        return Group("and", (node,), negated=True)
    return Match(node.field, "none" if node.mode == "some" else "some", None, node.rules)


def join(combinator: Combinator, left: Node, right: Node) -> Node:
    """Combine two trees, without nesting groups of the same kind."""
    return Group(combinator, (*_members(combinator, left), *_members(combinator, right)))


def _members(combinator: Combinator, node: Node) -> tuple[Node, ...]:
    joined = isinstance(node, Group) and node.combinator == combinator and not node.negated
    return node.rules if isinstance(node, Group) and joined and node.rules else (node,)


def fields(node: Node) -> tuple[str, ...]:
    """Return the names of the fields that a tree asks about, each once, as they come."""
    if isinstance(node, Rule | Match):
        return (node.field,)
    return tuple(dict.fromkeys(name for child in node.rules for name in fields(child)))


def negative_fields(node: Node, negated: bool = False) -> tuple[str, ...]:
    """Return the fields that a contact fulfils a condition by lacking, each once."""
    if isinstance(node, Rule | Match):
        return (node.field,) if holds_of_nothing(node) is not negated else ()
    inner = negated is not node.negated
    found = (name for child in node.rules for name in negative_fields(child, inner))
    return tuple(dict.fromkeys(found))


def holds_of_nothing(node: Rule | Match) -> bool:
    """Whether a condition is true of a contact that lacks the field."""
    if isinstance(node, Rule):
        return POSITIVE[node.operator] != node.operator
    return counted(node.mode, node.threshold, 0, 0)


def counted(mode: Mode, threshold: int | float | None, count: int, total: int) -> bool:
    """Whether so many elements of so many are what a match mode asks for.

    Of no elements there is no share: at least half of nothing is false, as `all` of nothing
    is, and at most half of nothing is true.
    """
    if threshold is None:
        return {"all": 0 < total == count, "some": count > 0, "none": count == 0}[mode]
    wanted = Decimal(repr(threshold))
    if 0 < wanted < 1:
        wanted *= total
        if not total:
            return mode == "atMost"
    if mode == "atLeast":
        return count >= wanted
    return count <= wanted if mode == "atMost" else count == wanted


def behaviours(node: Node) -> int:
    """How often a tree asks what contacts did or were sent."""
    if isinstance(node, Group):
        return sum(map(behaviours, node.rules))
    return isinstance(node, Match) and node.field in ("events", "deliveries")


def names(node: Node) -> tuple[str, ...]:
    """Return the campaigns that a tree names, each once, as they come."""
    return tuple(dict.fromkeys(_names(node)))


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Rule):
        values = node.value if isinstance(node.value, tuple) else (node.value,)
        yield from (value.name for value in values if isinstance(value, Named))
    else:
        children = (node.rules,) if isinstance(node, Match) else node.rules
        yield from (name for child in children for name in _names(child))


def with_ids(node: Node, ids: Mapping[str, str]) -> Node:
    """Put the ids of campaigns in the place of their names."""
    if isinstance(node, Group):
        return Group(
            node.combinator, tuple(with_ids(child, ids) for child in node.rules), node.negated
        )
    if isinstance(node, Match):
        return Match(node.field, node.mode, node.threshold, with_ids(node.rules, ids))
    if isinstance(node.value, tuple):
        return Rule(node.field, node.operator, tuple(_with_id(item, ids) for item in node.value))
    return Rule(node.field, node.operator, node.value and _with_id(node.value, ids))


def _with_id(value: Scalar, ids: Mapping[str, str]) -> Scalar:
    return ids.get(value.name, value) if isinstance(value, Named) else value
