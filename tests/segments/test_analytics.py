"""What there is to know about a segment, and about fields that nobody has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from campaign_sdk import CampaignClient, InvalidRules, NotFound, everyone, field

PUNE = field("city") == "Pune"


@pytest.fixture
def people(ann: CampaignClient) -> CampaignClient:
    """Ann with 12 contacts: 6 in Pune, 3 in Delhi, 3 nowhere; one of Pune has unsubscribed."""
    cities = ["Pune", "Pune", "Delhi", None]
    ann.contacts.upsert(
        {
            "email": f"c{n}@example.com",
            "attributes": {"plan": {"name": "pro"}, **({"city": city} if city else {})},
            "unsubscribed_at": datetime(2026, 1, 1, tzinfo=UTC) if n == 0 else None,
        }
        for n in range(12)
        for city in [cities[n % 4]]
    )
    return ann


def test_size_share_and_breakdown(people: CampaignClient) -> None:
    segment = people.segments.create("All", everyone())
    found = people.segments.analytics(segment.id, by="city", largest=1)
    assert (found.size.count, found.size.reachable) == (12, 11)
    assert (found.contacts, found.share) == (12, 1.0)
    assert found.breakdown is not None
    assert [(group.value, group.count) for group in found.breakdown.groups] == [("Pune", 6)]
    assert (found.breakdown.missing, found.breakdown.other) == (3, 3)
    assert found.breakdown.groups[0].share == 0.5


def test_a_breakdown_covers_members_only(people: CampaignClient) -> None:
    segment = people.segments.create("Pune", PUNE)
    found = people.segments.analytics(segment.id, by="created_at")
    assert found.share == 0.5
    assert found.breakdown is not None
    [today] = found.breakdown.groups
    assert (today.count, found.breakdown.missing, found.breakdown.other) == (6, 0, 0)
    assert datetime.fromisoformat(today.value)


def test_its_campaigns_and_no_others(people: CampaignClient) -> None:
    segment = people.segments.create("Pune", PUNE)
    ours = people.campaigns.create("Ours", segment_id=segment.id, message="Hi")
    other = people.campaigns.create("Other", rules=PUNE, message="Hi")
    people.analytics.record(ours.id, impressions=10, clicks=2)
    people.analytics.record(other.id, impressions=1_000)
    found = people.segments.analytics(segment.id).campaigns
    assert [(row.campaign, row.impressions, row.ctr) for row in found.rows] == [(ours.id, 10, 0.2)]
    assert found.totals.impressions == 10


def test_somebody_elses(people: CampaignClient, ben: CampaignClient) -> None:
    segment = people.segments.create("Pune", PUNE)
    with pytest.raises(NotFound):
        ben.segments.analytics(segment.id)


def test_without_contacts(ann: CampaignClient) -> None:
    segment = ann.segments.create("Nobody yet", PUNE)
    found = ann.segments.analytics(segment.id, by="city")
    assert (found.size.count, found.contacts, found.share) == (0, 0, None)
    assert found.breakdown is not None
    assert found.breakdown.groups == ()
    # There is nothing to compare the rules with.
    assert segment.warnings == ()


def test_a_field_that_nobody_has_is_warned_of(people: CampaignClient) -> None:
    rules = (field("citty") == "Pune") & (field("plan.name") == "pro") & field("plan").exists()
    segment = people.segments.create("Typo", rules)
    assert segment.warnings == ("no contact has the field 'citty'; did you mean 'city'?",)
    assert people.segments.preview(rules).warnings == segment.warnings
    assert people.segments.get(segment.id).warnings == ()


def test_strict_refuses_it_and_stores_nothing(people: CampaignClient) -> None:
    with pytest.raises(InvalidRules, match="citty"):
        people.segments.create("Typo", field("citty") == "Pune", strict=True)
    assert people.segments.list() == []
    known = people.segments.create("Fine", PUNE & (field("email") != "x@y.example"), strict=True)
    assert known.warnings == ()


def test_a_rare_field_is_looked_for(
    people: CampaignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.contacts.upsert([{"email": "rare@example.com", "attributes": {"rare": 1}}])
    monkeypatch.setattr("campaign_sdk.segments._fields._SAMPLE", 1)
    assert people.segments.create("Rare", field("rare") == 1).warnings == ()
