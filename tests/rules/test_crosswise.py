"""Every hostile value stored, against every hostile value asked for, by every operator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from campaign_sdk import InvalidRules, Rules

from . import hostile
from .conftest import AS_OF, Audience, wire

TEXTS = [*hostile.QUOTES, *hostile.LETTERS, *hostile.NUMERIC, *hostile.DATES, *hostile.NAIVE,
         *hostile.WORDS]  # fmt: skip
NUMBERS = [0, -0.0, 5, 5.0, 0.1, 100, -1, 2**53 + 1, 10**30, 1e300, 5e-324]
ATOMS: list[Any] = [*TEXTS, *NUMBERS, True, False, None]
STORED: list[dict[str, Any]] = [
    {},
    *({"x": atom} for atom in ATOMS),
    *({"x": [atom, []]} for atom in ATOMS),
    {"x": ["Pune"]},
    {"x": {"a": 1}},
    *({"x": {"x": atom}} for atom in ATOMS[::5]),
]
RELATIVE = [
    {"mode": "relative", "anchor": anchor, "offset": offset, "unit": "day"}
    for anchor in ("now", "startOfDay", "endOfDay")
    for offset in (0, -1)
]


def trees() -> list[dict[str, Any]]:
    scalar = ["=", "<", "<=", ">", ">=", "contains", "beginsWith", "endsWith"]
    asked = [wire("x", operator, atom) for operator in scalar for atom in [*ATOMS, *RELATIVE]]
    asked += [wire("x", "in", [atom]) for atom in ATOMS]
    asked += [wire("x", "in", ATOMS[start:-1:5]) for start in range(5)]
    asked += [wire("x", "between", [low, high]) for low in ATOMS[::4] for high in ATOMS[1::4]]
    return [tree for tree in asked if accepted(tree)]


def accepted(tree: dict[str, Any]) -> bool:
    try:
        Rules.of(tree)
    except InvalidRules:
        return False
    return True


@pytest.mark.parametrize(
    ("timezone", "first"),
    [("UTC", "a text"), ("Europe/Berlin", ["a list"]), ("America/New_York", 1)],
)
def test_sql_and_python_agree_on_every_pair(asking: Audience, timezone: str, first: Any) -> None:
    # What the first contact has tells the database what to look for first.
    people = [{"attributes": attributes} for attributes in [{"x": first}, *STORED]]
    asking.fill(people)
    asked, as_of = trees(), datetime.fromisoformat(AS_OF)
    for tree, answer in zip(asked, asking.members(asked, AS_OF, timezone), strict=True):
        found = list(Rules.of(tree).filter(people, as_of, timezone))
        expected = {n for n, person in enumerate(people) if any(person is f for f in found)}
        assert answer == expected, (Rules.of(tree), [people[n] for n in answer ^ expected])
