"""Two executors, one answer: SQL and Python agree on whatever is thrown at them."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_sdk import InvalidRules
from campaign_sdk.rules import Rules

from . import hostile
from .conftest import AS_OF, Audience, negated, python_members

crowds = st.lists(hostile.contacts, min_size=8, max_size=14)
forests = st.lists(hostile.trees, min_size=6, max_size=10)


def accepted(trees: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what both refuse: random ranges are reversed, random texts have no order."""
    return [tree for tree in trees if refusal_of(tree) is None]


def refusal_of(tree: dict[str, Any]) -> tuple[str, str] | None:
    try:
        Rules.from_wire(tree)
    except InvalidRules as error:
        return error.path, error.reason
    return None


def people_of(crowd: list[Any]) -> list[dict[str, Any]]:
    """What the database fills in, filled in."""
    moment = "2025-01-01T00:00:00Z"
    return [
        {"email": f"c{n}@example.com", "created_at": moment, "updated_at": moment, **contact}
        for n, contact in enumerate(crowd)
    ]


@settings(max_examples=30)
@given(crowds, forests, hostile.moments, hostile.timezones)
def test_both_executors_name_the_same_contacts(
    asking: Audience, crowd: list[Any], forest: list[Any], as_of: str, timezone: str
) -> None:
    asking.fill(crowd)
    trees = accepted(forest)
    answers = asking.members(trees, as_of, timezone)
    moment = datetime.fromisoformat(as_of)
    people = people_of(crowd)
    for tree, answer in zip(trees, answers, strict=True):
        expected = python_members(tree, people, moment, timezone)
        differing = [people[n] for n in answer ^ expected]
        assert answer == expected, (Rules.of(tree), as_of, timezone, differing)


@settings(max_examples=10)
@given(forests)
def test_both_executors_refuse_the_same_rules(asking: Audience, forest: list[Any]) -> None:
    for tree in forest:
        assert asking.refusal(json.dumps(tree)) == refusal_of(tree)


@settings(max_examples=8)
@given(crowds, forests, hostile.timezones)
def test_rules_and_their_complement_share_out_all_contacts(
    asking: Audience, crowd: list[Any], forest: list[Any], timezone: str
) -> None:
    asking.fill(crowd)
    trees = accepted(forest)
    inside = asking.members(trees, AS_OF, timezone)
    outside = asking.members([negated(tree) for tree in trees], AS_OF, timezone)
    for chosen, rest in zip(inside, outside, strict=True):
        assert chosen.isdisjoint(rest)
        assert chosen | rest == set(range(len(crowd)))


@settings(max_examples=5)
@given(crowds, forests)
def test_de_morgan_holds(asking: Audience, crowd: list[Any], forest: list[Any]) -> None:
    asking.fill(crowd)
    expressions = [Rules.of(tree) for tree in accepted(forest)]
    pairs = list(pairwise(expressions))
    left = asking.members([(~(a & b)).to_wire() for a, b in pairs])
    right = asking.members([(~a | ~b).to_wire() for a, b in pairs])
    assert left == right
