"""What people did, counted by SQL in two ways and by Python: always the same contacts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_sdk.rules import Rules

from . import doings, hostile
from .conftest import AS_OF, Audience, negated
from .test_differential import accepted, people_of, refusal_of

# Of larger ones hypothesis throws more away, as too large, than it hands over.
crowds = st.lists(hostile.contacts, min_size=6, max_size=10)
forests = st.lists(doings.trees, min_size=4, max_size=7)
stories = st.lists(doings.events, min_size=5, max_size=20)
posts = st.lists(doings.deliveries, max_size=8)

Rows = Sequence[Mapping[str, Any]]


def fill(asking: Audience, crowd: Rows, events: Rows, deliveries: Rows) -> None:
    asking.fill(crowd)
    asking.happen(events, deliveries)


def expected(
    tree: Mapping[str, Any], crowd: list[Any], events: Rows, deliveries: Rows, as_of: str, zone: str
) -> set[int]:
    """What the evaluator says; contacts are numbered, and so are those of the events."""
    people = [{**person, "id": n} for n, person in enumerate(people_of(crowd))]
    told = [[{**item, "contact_id": item["contact"]} for item in rows] for rows in
            (events, deliveries)]  # fmt: skip
    moment = datetime.fromisoformat(as_of)
    found = Rules.of(tree).filter(people, moment, zone, events=told[0], deliveries=told[1])
    return {person["id"] for person in found}


@settings(max_examples=35)
@given(crowds, stories, posts, forests, hostile.moments, hostile.timezones)
def test_all_three_name_the_same_contacts(
    asking: Audience,
    crowd: list[Any],
    events: list[Any],
    deliveries: list[Any],
    forest: list[Any],
    as_of: str,
    timezone: str,
) -> None:
    fill(asking, crowd, events, deliveries)
    trees = accepted(forest)
    paged = asking.members(trees, as_of, timezone)
    counted = asking.sizes(trees, as_of, timezone)
    for tree, answer, size in zip(trees, paged, counted, strict=True):
        wanted = expected(tree, crowd, asking.told, asking.sent, as_of, timezone)
        assert answer == wanted, (Rules.of(tree), as_of, timezone, answer ^ wanted)
        assert size == len(wanted), (Rules.of(tree), as_of, timezone)


@settings(max_examples=8)
@given(crowds, stories, posts, forests)
def test_rules_and_their_complement_share_out_all_contacts(
    asking: Audience, crowd: list[Any], events: list[Any], deliveries: list[Any], forest: list[Any]
) -> None:
    fill(asking, crowd, events, deliveries)
    trees = accepted(forest)
    opposite = [negated(tree) for tree in trees]
    inside, outside = asking.members(trees, AS_OF), asking.members(opposite, AS_OF)
    for chosen, rest in zip(inside, outside, strict=True):
        assert chosen.isdisjoint(rest)
        assert chosen | rest == set(range(len(crowd)))
    sizes = zip(asking.sizes(trees, AS_OF), asking.sizes(opposite, AS_OF), strict=True)
    assert {sum(pair) for pair in sizes} <= {len(crowd)}


@settings(max_examples=15)
@given(forests)
def test_both_refuse_the_same_rules(asking: Audience, forest: list[Any]) -> None:
    for tree in forest:
        assert asking.refusal(json.dumps(tree)) == refusal_of(tree)


@settings(max_examples=60)
@given(doings.trees)
def test_what_was_written_and_explained_is_read_back(tree: dict[str, Any]) -> None:
    if refusal_of(tree) is not None:
        return
    rules = Rules.of(tree)
    assert Rules.of(rules.to_wire()) == rules
    assert Rules.of((~rules).to_wire()) == ~rules
    assert ~~rules == rules
