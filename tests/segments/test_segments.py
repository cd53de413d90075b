"""Segments, through both clients, on a real database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from campaign_sdk import (
    CampaignClient,
    Conflict,
    InvalidInput,
    InvalidRules,
    NotFound,
    Rules,
    everyone,
    field,
)
from campaign_sdk.local import LocalSupabase
from clients import Mode, client_of, sign_up

NOBODY = str(uuid.UUID(int=0))
PUNE = field("city") == "Pune"
WIRE = {"combinator": "and", "rules": [{"field": "city", "operator": "=", "value": "Pune"}]}


@pytest.fixture
def people(ann: CampaignClient) -> CampaignClient:
    """Ann with 30 contacts: 10 in Pune, of whom one has unsubscribed; 10 without a city."""
    cities = ["Pune", "Delhi", None]
    ann.contacts.upsert(
        {
            "email": f"c{n:02}@example.com",
            "attributes": {"n": n, **({"city": city} if city else {})},
            "unsubscribed_at": datetime(2026, 1, 1, tzinfo=UTC) if n == 0 else None,
        }
        for n in range(30)
        for city in [cities[n % 3]]
    )
    return ann


def test_create_get_update_delete(ann: CampaignClient) -> None:
    made = ann.segments.create("Pune", PUNE, description="x", timezone="Asia/Kolkata")
    assert made.rules == Rules.of(PUNE)
    assert (made.name, made.description, made.timezone) == ("Pune", "x", "Asia/Kolkata")
    assert ann.segments.get(str(made.id)) == made
    changed = ann.segments.update(made.id, name="All", rules=everyone(), description=None)
    assert (changed.name, changed.description) == ("All", None)
    assert changed.rules == Rules.of(everyone())
    assert changed.timezone == "Asia/Kolkata"
    assert ann.segments.update(made.id) == changed
    assert ann.segments.update(made.id, timezone="UTC").timezone == "UTC"
    assert ann.segments.delete(made.id) is None
    with pytest.raises(NotFound):
        ann.segments.get(made.id)


def test_rules_as_the_browser_writes_them(ann: CampaignClient) -> None:
    made = ann.segments.create("x", WIRE)
    assert made.rules == Rules.of(WIRE)
    assert ann.segments.get(made.id).rules == made.rules


def test_list_is_in_order(ann: CampaignClient) -> None:
    for name in ("b", "c", "a"):
        ann.segments.create(name, everyone())
    assert [segment.name for segment in ann.segments.list()] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": None}, "name"),
        ({"description": "x" * 10_001}, "description"),
        ({"timezone": "Mars"}, "timezone"),
        ({"timezone": "EST"}, "timezone"),
        ({"timezone": ["UTC"]}, "timezone"),
        ({"rules": {"combinator": "and", "rules": []}}, "$.rules"),
        ({"rules": None}, "$"),
    ],
)
def test_what_is_refused_is_not_stored(
    ann: CampaignClient, values: dict[str, Any], path: str
) -> None:
    made = ann.segments.create("x", everyone())
    with pytest.raises(InvalidInput) as caught:
        ann.segments.create(**{"name": "y", "rules": PUNE, **values})
    assert caught.value.path == path
    with pytest.raises(InvalidInput) as caught:
        ann.segments.update(made.id, **values)
    assert caught.value.path == path
    assert ann.segments.list() == [made]


def test_an_unknown_keyword_is_never_dropped(ann: CampaignClient) -> None:
    with pytest.raises(TypeError):
        ann.segments.create("x", PUNE, rule="y")  # type: ignore[call-arg]


def test_a_segment_in_use_stays(ann: CampaignClient) -> None:
    segment = ann.segments.create("x", PUNE)
    campaign = ann.campaigns.create("x", segment_id=segment.id)
    with pytest.raises(Conflict, match="in use"):
        ann.segments.delete(segment.id)
    assert ann.segments.get(segment.id) == segment
    ann.campaigns.delete(campaign.id)
    ann.segments.delete(segment.id)


def test_an_audience_is_named_in_four_ways(people: CampaignClient) -> None:
    segment = people.segments.create("Pune", PUNE)
    for target in (PUNE, WIRE, segment, segment.id, str(segment.id)):
        size = people.segments.size(target)
        assert (size.count, size.reachable, size.reason) == (10, 9, None)
        preview = people.segments.preview(target, sample=3)
        assert preview.size == size
        assert len(preview.sample) == 3
        assert [step.alone for step in preview.funnel] == [10]
        members = list(people.segments.members(target, page_size=4))
        assert sorted(each.attributes["n"] for each in members) == list(range(0, 30, 3))


@pytest.mark.parametrize(
    "rules",
    [
        PUNE,
        PUNE & (field("n") > 10),
        ~PUNE | field("email").begins_with("c0"),
        ~(PUNE & ~(field("n") <= 7)),
        field("city").is_null(),
        everyone(),
        ~everyone(),
    ],
    ids=repr,
)
def test_rules_and_their_opposite_are_everybody(people: CampaignClient, rules: Any) -> None:
    size, opposite = people.segments.size(rules), people.segments.size(~rules)
    assert size.count is not None
    assert opposite.count is not None
    assert size.count + opposite.count == people.contacts.count()
    inside = {each.id for each in people.segments.members(rules)}
    outside = {each.id for each in people.segments.members(~rules)}
    assert (len(inside), len(outside)) == (size.count, opposite.count)
    assert not inside & outside


def test_the_funnel_says_what_each_rule_costs(people: CampaignClient) -> None:
    preview = people.segments.preview(PUNE & (field("n") < 9) & ~field("phone").is_null())
    assert [(step.path, step.alone, step.cumulative) for step in preview.funnel] == [
        ("$.rules[0]", 10, 10),
        ("$.rules[1]", 9, 3),
        ("$.rules[2]", 0, 0),
    ]
    assert people.segments.preview(everyone(), sample=0).sample == ()


def test_relative_dates_refer_to_the_moment_asked_for(ann: CampaignClient) -> None:
    day = datetime(2026, 3, 10, 20, tzinfo=UTC)
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"seen": day}}])
    recent = field("seen").within_last(days=7)
    for ago, count in ((1, 1), (6, 1), (8, 0)):
        size = ann.segments.size(recent, as_of=day + timedelta(days=ago))
        assert size.count == count
        assert size.as_of == day + timedelta(days=ago)
    segment = ann.segments.create("x", recent, timezone="Asia/Kolkata")
    assert ann.segments.size(segment).timezone == "Asia/Kolkata"
    assert ann.segments.size(segment, timezone="UTC").timezone == "UTC"
    for naive in (datetime(2026, 3, 10), "2026-03-10"):
        with pytest.raises(InvalidInput) as caught:
            ann.segments.size(recent, as_of=naive)  # type: ignore[arg-type]
        assert caught.value.path == "as_of"


def test_somebody_elses_segment_isnt_there(ann: CampaignClient, ben: CampaignClient) -> None:
    hers = ann.segments.create("x", PUNE)
    for other in (hers.id, NOBODY):
        with pytest.raises(NotFound):
            ben.segments.get(other)
        with pytest.raises(NotFound):
            ben.segments.update(other, name="y")
        with pytest.raises(NotFound):
            ben.segments.update(other)
        with pytest.raises(NotFound):
            ben.segments.delete(other)
        with pytest.raises(NotFound):
            ben.segments.size(other)
        with pytest.raises(NotFound):
            ben.segments.preview(other)
        with pytest.raises(NotFound):
            next(ben.segments.members(other))
    assert ben.segments.list() == []
    assert ann.segments.get(hers.id) == hers


def test_a_segment_that_somebody_elses_program_left_unfinished(
    ann: CampaignClient, db: psycopg.Connection
) -> None:
    made = ann.segments.create("x", PUNE)
    db.execute("update public.audience_segments set rules = null where id = %s", [made.id])
    assert ann.segments.list()[0].id == made.id
    with pytest.raises(InvalidRules, match=str(made.id)):
        _ = ann.segments.get(made.id).rules
    with pytest.raises(InvalidRules, match=str(made.id)):
        ann.segments.size(made.id)


@pytest.fixture(scope="module")
def hurried() -> Iterator[LocalSupabase]:
    """A stack whose database can be told to give up early."""
    with LocalSupabase() as stack:
        yield stack


def test_a_count_that_takes_too_long_is_none(mode: Mode, hurried: LocalSupabase) -> None:
    with client_of(hurried, mode) as client, psycopg.connect(hurried.db_url) as db:
        sign_up(client, "ann").contacts.upsert([{"email": "a@example.com"}])
        for limit, count in (("50ms", None), ("0", 1)):
            db.execute(f"alter role authenticated set statement_timeout = '{limit}'")
            db.commit()
            if count is None:
                # Slow for certain, whatever the machine.
                db.execute("lock table public.contacts in access exclusive mode")
            size = client.segments.size(everyone())
            db.rollback()
            assert (size.count, size.reachable) == (count, count)
            assert (size.reason is None) is (count is not None)
