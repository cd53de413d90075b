"""What rules put into an order: a number with numbers, a date with dates, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ._scopes import RESERVED
from ._tree import POSITIVE, Match, Node, Relative, Rule, Scalar, Value, holds_of_nothing
from ._values import numeric

_ORDERS = {"<", "<=", ">", ">=", "between"}
# Whatever can be compared with a number, and with a date, lies between these.
_ALL: Mapping[str, tuple[Scalar, Scalar]] = {
    "number": (-1e300, 1e300),
    "date": ("0001-01-01", "9999-12-31"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """An attribute that is compared with a number or a date.

    Attributes:
        field: the attribute.
        kind: "number" or "date".
        held: what holds for a contact that has one there.
        negative: whether the condition holds if no contact has.
    """

    field: str
    kind: str
    held: Rule
    negative: bool


def compared(node: Node, negated: bool = False) -> Iterator[Compared]:
    """Yield the attributes that a tree puts into an order, but not those of elements."""
    if isinstance(node, Match):
        return
    if isinstance(node, Rule):
        if POSITIVE[node.operator] in _ORDERS and node.field not in RESERVED:
            kind = _kind(node.value)
            negative = holds_of_nothing(node) is not negated
            yield Compared(node.field, kind, Rule(node.field, "between", _ALL[kind]), negative)
        return
    for child in node.rules:
        yield from compared(child, negated is not node.negated)


def _kind(value: Value) -> str:
    first = value[0] if isinstance(value, tuple) else value
    if isinstance(first, Relative):
        return "date"
    is_number = isinstance(first, int | float) or numeric(str(first)) is not None
    return "number" if is_number else "date"
