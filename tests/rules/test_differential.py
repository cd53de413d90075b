"""Two executors, one answer: SQL and Python agree on whatever is thrown at them."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_sdk import InvalidRules
from campaign_sdk.rules import Rules

from . import hostile
from .conftest import AS_OF, Audience, negated, python_members

relaxed = settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

crowds = st.lists(hostile.contacts, min_size=10, max_size=40)
forests = st.lists(hostile.trees, min_size=10, max_size=30)


def accepted(trees: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what both refuse: random ranges are often reversed."""
    kept = []
    for tree in trees:
        try:
            Rules.from_wire(tree)
        except InvalidRules as error:
            if "reversed" not in error.reason:
                raise
        else:
            kept.append(tree)
    return kept


def people_of(crowd: list[Any]) -> list[dict[str, Any]]:
    """What the database fills in, filled in."""
    moment = "2025-01-01T00:00:00Z"
    return [
        {"email": f"c{n}@example.com", "created_at": moment, "updated_at": moment, **contact}
        for n, contact in enumerate(crowd)
    ]


@relaxed
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
        assert python_members(tree, people, moment, timezone) == answer, Rules.of(tree)


@settings(relaxed, max_examples=8)
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


@settings(relaxed, max_examples=5)
@given(crowds, forests)
def test_de_morgan_holds(asking: Audience, crowd: list[Any], forest: list[Any]) -> None:
    asking.fill(crowd)
    expressions = [Rules.of(tree) for tree in accepted(forest)]
    pairs = list(pairwise(expressions))
    left = asking.members([(~(a & b)).to_wire() for a, b in pairs])
    right = asking.members([(~a | ~b).to_wire() for a, b in pairs])
    assert left == right
