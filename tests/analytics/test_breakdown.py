"""A campaign by a field of its contacts: every group counted by hand, and the sum is the whole."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

from campaign_sdk import (
    CampaignBreakdown,
    CampaignClient,
    InvalidInput,
    InvalidRules,
    NotFound,
    everyone,
    field,
)
from campaign_sdk.senders import Message, Receipt
from clients import Mode

START = datetime(2026, 3, 1, tzinfo=UTC)
BINS = [0, 1000, 10000]
COUNTS = (
    "impressions",
    "clicks",
    "conversions",
    "delivered",
    "bounced",
    "complained",
    "unsubscribed",
    "machine_impressions",
    "machine_clicks",
    "reach",
    "value",
)
COUNTED = {
    "impression": "impressions",
    "click": "clicks",
    "conversion": "conversions",
    "unsubscribed": "unsubscribed",
}


def spent(chance: random.Random) -> dict[str, Any]:
    """What somebody may have in a field that is meant to hold a number."""
    kind = chance.randrange(10)
    if kind < 6:
        return {"spend": chance.choice([-5, 0, 0.5, 999.99, 1000, 9999, 10000, 10**9])}
    odd: list[dict[str, Any]] = [
        {},
        {"spend": None},
        {"spend": "12"},
        {"spend": chance.choice([True, [1], {"a": 1}])},
    ]
    return odd[kind - 6]


def place(attributes: dict[str, Any]) -> tuple[str, Decimal | None]:
    value = attributes.get("spend")
    if value is None:
        return "missing", None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "no_number", None
    return "range", max((Decimal(edge) for edge in BINS if edge <= value), default=None)


def events(
    campaign: UUID, contacts: Sequence[UUID | None], chance: random.Random, number: int
) -> list[dict[str, Any]]:
    kinds = ["impression"] * 5 + ["click"] * 3 + ["conversion", "unsubscribed"]
    made = []
    for each in range(number):
        kind = chance.choice(kinds)
        made.append(
            {
                "campaign_id": campaign,
                "event_id": str(each),
                "type": kind,
                "occurred_at": START + timedelta(minutes=each),
                "contact_id": chance.choice(contacts),
                "actor": chance.choice(["human", "unknown", "machine", "proxy"]),
                "value": Decimal(chance.randrange(10_000)) / 100 if kind == "conversion" else None,
            }
        )
    return made


def by_hand(happened: list[dict[str, Any]], group_of: dict[UUID, Any]) -> dict[Any, dict[str, Any]]:
    """Count events by the group of their contact."""
    counted: dict[Any, dict[str, Any]] = defaultdict(lambda: defaultdict(Decimal))
    people: dict[Any, set[tuple[str, UUID]]] = defaultdict(set)
    for event in happened:
        contact = event["contact_id"]
        group = group_of.get(contact, "nobody")
        is_machine = event["actor"] in ("machine", "proxy")
        counted[group][COUNTED[event["type"]]] += 1
        counted[group]["value"] += event["value"] or 0
        if event["type"] in ("impression", "click") and is_machine:
            counted[group][f"machine_{COUNTED[event['type']]}"] += 1
        if contact is not None:
            people[group].add((event["type"], contact))
    for group, pairs in people.items():
        counted[group]["reach"] = sum(kind == "impression" for kind, _ in pairs)
    return counted


def add_up(found: CampaignBreakdown) -> dict[str, Any]:
    return {name: sum(getattr(group, name) for group in found.groups) for name in COUNTS}


@pytest.fixture
def spenders(ann: CampaignClient) -> dict[UUID, dict[str, Any]]:
    chance = random.Random(14)
    ann.contacts.upsert(
        [{"email": f"p{n}@example.com", "attributes": spent(chance)} for n in range(400)]
    )
    return {contact.id: dict(contact.attributes) for contact in ann.contacts.iterate()}


def test_each_group_is_what_one_counts_by_hand(
    ann: CampaignClient, spenders: dict[UUID, dict[str, Any]]
) -> None:
    chance = random.Random(15)
    campaign = ann.campaigns.create("T", message="M", rules=everyone(), timezone="Asia/Kolkata").id
    happened = events(campaign, [None, *spenders], chance, 1_500)
    ann.analytics.ingest(happened)
    ann.analytics.record(campaign, impressions=70, clicks=7, conversions=1)
    found = ann.analytics.breakdown(campaign, field("spend"), bins=BINS, smallest=1)
    meant = by_hand(happened, {who: place(attributes) for who, attributes in spenders.items()})
    meant["nobody"]["impressions"] += 70
    meant["nobody"]["clicks"] += 7
    meant["nobody"]["conversions"] += 1
    kinds = [(group.kind, group.above) for group in found.groups]
    edges = [None, *map(Decimal, BINS)]
    assert kinds == [
        *(("range", edge) for edge in edges),
        ("missing", None),
        ("no_number", None),
        ("no_contact", None),
    ]
    for group in found.groups:
        key = "nobody" if group.kind == "no_contact" else (group.kind, group.above)
        assert {name: getattr(group, name) for name in COUNTS} == {
            name: meant[key][name] for name in COUNTS
        }
    summary = ann.analytics.summary(campaign)
    assert found.totals == summary
    assert add_up(found) == {name: getattr(summary, name) for name in COUNTS}
    assert found.groups[1].label == "0 to below 1,000"
    assert [found.groups[each].label for each in (0, 3)] == ["below 0", "10,000 or more"]


class Vendor:
    batch_size = 500

    def __call__(self, messages: Sequence[Message]) -> list[Receipt]:
        return [
            Receipt.failed(message.key, "no such box")
            if message.contact.attributes.get("city") == "Goa"
            else Receipt.sent(message.key)
            for message in messages
        ]

    def sender(self, mode: Mode) -> Any:
        async def later(messages: Sequence[Message]) -> list[Receipt]:
            return self(messages)

        return self if mode == "sync" else later


def test_small_groups_are_summed_up_and_people_counted_once(
    ann: CampaignClient, mode: Mode
) -> None:
    towns = (
        ["Pune"] * 90 + ["Delhi"] * 60 + ["Goa"] * 50 + ["Agra"] * 49 + ["Kochi"] * 3 + [None] * 55
    )
    ann.contacts.upsert(
        [
            {"email": f"p{n}@example.com", "attributes": {"city": town}}
            for n, town in enumerate(towns)
        ]
    )
    campaign = ann.campaigns.create("T", subject="S", message="M", rules=everyone()).id
    ann.campaigns.launch(campaign)
    ann.deliveries.send(campaign, Vendor().sender(mode))
    people = {
        town: [c.id for c in ann.contacts.iterate() if c.attributes.get("city") == town]
        for town in set(towns)
    }
    click = {"campaign_id": campaign, "type": "click", "occurred_at": datetime.now(UTC)}
    clicks: list[dict[str, Any]] = [
        {**click, "event_id": f"{who}/{turn}", "contact_id": who}
        for town, number in (("Pune", 9), ("Delhi", 20), ("Agra", 4), (None, 5))
        for who in people[town][:number]
        for turn in range(2)
    ]
    clicks += [
        {**click, "event_id": f"m/{who}", "contact_id": who, "actor": "machine"}
        for who in people["Pune"]
    ]
    ann.analytics.ingest(clicks)
    found = ann.analytics.breakdown(campaign, "city")
    assert [(group.kind, group.label, group.size) for group in found.groups] == [
        ("value", "Pune", 90),
        ("value", "Delhi", 60),
        ("value", "Goa", 50),
        ("missing", "missing", 55),
        ("other", "other", 52),
    ]
    assert found.base == "sent"
    assert [group.people for group in found.groups] == [90, 60, 0, 55, 52]
    assert [group.clicked for group in found.groups] == [9, 20, 0, 5, 4]
    assert [group.recipients for group in found.groups] == [90, 60, 0, 55, 52]
    rate = found.groups[1].rates["click_rate"]
    assert (rate.successes, rate.trials) == (20, 60)
    low, high = proportion_confint(20, 60, alpha=0.05, method="wilson")
    assert rate.low == pytest.approx(low)
    assert rate.high == pytest.approx(high)
    assert found.groups[2].rates["click_rate"].rate is None
    assert found.groups[0].rates["human_ctr"].low is None
    few = ann.analytics.breakdown(campaign, "city", largest=1)
    assert [(group.label, group.size) for group in few.groups] == [
        ("Pune", 90),
        ("missing", 55),
        ("other", 162),
    ]
    assert sum(group.clicks for group in few.groups) == len(clicks)
    for who in people["Pune"][:60]:
        ann.contacts.delete(who)
    left = ann.analytics.breakdown(campaign, "city")
    assert ("gone", 60, 0) in [
        (group.kind, group.recipients, group.clicks) for group in left.groups
    ]
    assert "Pune" not in [group.label for group in left.groups]
    assert sum(group.clicks for group in left.groups) == len(clicks)
    assert sum(group.recipients for group in left.groups) == 257


def test_what_is_small_has_no_rates(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": f"p{n}@example.com", "attributes": {"n": n}} for n in range(9)])
    campaign = ann.campaigns.create("T", subject="S", message="M", rules=everyone()).id
    ann.campaigns.launch(campaign)
    found = ann.analytics.breakdown(campaign, "n")
    [group] = found.groups
    assert (group.kind, group.size, group.members, group.rates) == ("other", 9, 9, {})
    assert found.base == "members"
    assert found.groups[0].people == 9


def test_any_field_will_do(ann: CampaignClient) -> None:
    hostile = "Robert'); drop table contacts;--"
    ann.contacts.upsert(
        [{"email": f"p{n}@example.com", "attributes": {hostile: "%s %1$s '"}} for n in range(3)]
    )
    campaign = ann.campaigns.create("T", message="M", rules=everyone()).id
    contacts = [contact.id for contact in ann.contacts.iterate()]
    ann.analytics.ingest(events(campaign, contacts, random.Random(1), 40))
    for name in (hostile, "email", "created_at", "attributes.email", "a.b.c"):
        found = ann.analytics.breakdown(campaign, name, smallest=1)
        assert sum(group.impressions for group in found.groups) == found.totals.impressions
    assert ann.analytics.breakdown(campaign, hostile, smallest=1).groups[0].label == "%s %1$s '"
    assert ann.analytics.breakdown(campaign, hostile).base == "reached"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"field": "", "bins": None}, "field"),
        ({"bins": []}, "bins"),
        ({"bins": [1, 1]}, "bins"),
        ({"bins": [2, 1]}, "bins"),
        ({"bins": [float("nan")]}, "bins"),
        ({"bins": ["1"]}, "bins"),
        ({"bins": range(101)}, "bins"),
        ({"field": "email"}, "bins"),
        ({"field": "created_at"}, "bins"),
        ({"smallest": 0}, "smallest"),
        ({"largest": 0}, "largest"),
        ({"largest": 1_001}, "largest"),
        ({"confidence": 1}, "confidence"),
    ],
)
def test_what_makes_no_sense_is_refused(
    ann: CampaignClient, given: dict[str, Any], path: str
) -> None:
    campaign = ann.campaigns.create("T").id
    arguments: dict[str, Any] = {"field": "spend", "bins": [1, 2], **given}
    with pytest.raises((InvalidInput, InvalidRules)) as raised:
        ann.analytics.breakdown(campaign, **arguments)
    assert raised.value.path == path


def test_nobody_elses_campaign(ann: CampaignClient, ben: CampaignClient) -> None:
    campaign = ann.campaigns.create("T").id
    with pytest.raises(NotFound):
        ben.analytics.breakdown(campaign, "city")
    assert ann.analytics.breakdown(campaign, "city").groups == ()
