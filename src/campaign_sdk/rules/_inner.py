"""What rules ask of the elements of a contact's lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from ._scopes import HISTORIES
from ._tree import Group, Match, Node, Rule, counted, fields, negative_fields


@dataclass(frozen=True, slots=True)
class Inner:
    """A field that is asked of each element of a list.

    Attributes:
        list: the attribute that is a list; of a list in one, the outermost.
        field: the field of its elements.
        held: what holds for a contact with such an element that has the field.
        negative: whether the condition holds if no element has it.
    """

    list: str
    field: str
    held: Node
    negative: bool


def inner_fields(node: Node, negated: bool = False) -> Iterator[Inner]:
    """Yield the fields that a tree asks of elements, but not of events and deliveries."""
    if isinstance(node, Rule) or node_of_history(node):
        return
    if isinstance(node, Group):
        for child in node.rules:
            yield from inner_fields(child, negated is not node.negated)
        return
    lacking = negative_fields(node.rules)
    for name in filter(None, fields(node.rules)):
        holds = _holds(node, every=name in lacking) is not negated
        yield Inner(node.field, name, _some(node, Rule(name, "notNull")), holds)
    for inner in inner_fields(node.rules):
        holds = _holds(node, every=inner.negative) is not negated
        yield Inner(node.field, inner.field, _some(node, inner.held), holds)


def node_of_history(node: Node) -> bool:
    """Whether a condition counts events or deliveries, whose fields are known."""
    return isinstance(node, Match) and node.field in HISTORIES


def _some(node: Match, rules: Node) -> Match:
    return Match(node.field, "some", None, rules)


def _holds(node: Match, *, every: bool) -> bool:
    """Whether a match is true of a list all or none of whose elements fulfil it."""
    total = max(1, ceil(node.threshold or 1))
    return counted(node.mode, node.threshold, total if every else 0, total)
