"""Whether rules tell anybody apart: true of some contacts, and false of others."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from ._tree import POSITIVE

# Beyond this, the truth table costs more than a look at the size of the audience.
_MOST_ATOMS = 10

_Values = Mapping[str, bool]


def check_sense(wire: Mapping[str, Any]) -> str | None:
    """Return why rules are the same for every contact whatever they hold, or `None`."""
    atoms: dict[str, None] = {}
    holds = _compiled(wire, atoms)
    if len(atoms) > _MOST_ATOMS:
        return None
    table = itertools.product((False, True), repeat=len(atoms))
    results = {holds(dict(zip(atoms, row, strict=True))) for row in table}
    if len(results) == 2:
        return None
    return "they are true of everybody" if results == {True} else "they are true of nobody"


def _compiled(wire: Mapping[str, Any], atoms: dict[str, None]) -> Callable[[_Values], bool]:
    """A tree as a function of its conditions; a negative operator is its positive one's not."""
    if "rules" in wire:
        parts = [_compiled(rule, atoms) for rule in wire["rules"]]
        join = all if wire["combinator"] == "and" else any
        return lambda row: join(part(row) for part in parts) is not wire["not"]
    positive = POSITIVE[wire["operator"]]
    match = wire.get("match")
    none = match == {"mode": "none"}
    asked = {"mode": "some"} if none else match
    atom = json.dumps([wire["field"], positive, wire["value"], asked])
    atoms[atom] = None
    negative = none or wire["operator"] != positive
    return lambda row: row[atom] is not negative
