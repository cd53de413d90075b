"""What rules compare with its like alone: numbers and dates in their order, and booleans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ._scopes import RESERVED
from ._tree import POSITIVE, Match, Node, Relative, Rule, Scalar, Value, holds_of_nothing
from ._values import numeric

_ORDERS = {"<", "<=", ">", ">=", "between"}
# Whatever can be compared with a number, with a date and with a boolean, fulfils these.
_ALL: Mapping[str, tuple[str, tuple[Scalar, Scalar]]] = {
    "number": ("between", (-1e300, 1e300)),
    "date": ("between", ("0001-01-01", "9999-12-31")),
    "boolean": ("in", (False, True)),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """An attribute that is compared with a number, a date or a boolean.

    Attributes:
        field: the attribute.
        kind: "number", "date" or "boolean".
        held: what holds for a contact that has one there.
        negative: whether the condition holds if no contact has.
    """

    field: str
    kind: str
    held: Rule
    negative: bool


def compared(node: Node, negated: bool = False) -> Iterator[Compared]:
    """Yield the attributes that a tree compares so, but not those of elements."""
    if isinstance(node, Match):
        return
    if isinstance(node, Rule):
        kind = _kind(POSITIVE[node.operator], node.value)
        if kind is not None and node.field not in RESERVED:
            negative = holds_of_nothing(node) is not negated
            yield Compared(node.field, kind, Rule(node.field, *_ALL[kind]), negative)
        return
    for child in node.rules:
        yield from compared(child, negated is not node.negated)


def _kind(operator: str, value: Value) -> str | None:
    if operator == "=" and isinstance(value, bool):
        return "boolean"
    if operator not in _ORDERS:
        return None
    first = value[0] if isinstance(value, tuple) else value
    if isinstance(first, Relative):
        return "date"
    is_number = isinstance(first, int | float) or numeric(str(first)) is not None
    return "number" if is_number else "date"
