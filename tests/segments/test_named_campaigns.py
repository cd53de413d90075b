"""Campaigns that rules name: looked up by the client before anything is asked or stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaign_sdk import CampaignClient, InvalidRules, Rules, did, field

LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def spring(ann: CampaignClient) -> Any:
    """Ann's campaign, of which one of three contacts clicked lately, and one long ago."""
    ann.contacts.upsert([{"email": f"c{n}@example.com"} for n in range(3)])
    ids = sorted(str(contact.id) for contact in ann.contacts.iterate())
    campaign = ann.campaigns.create('Ann\'s "Spring"', rules=field("email").exists())
    ann.analytics.ingest(
        {"campaign_id": campaign.id, "event_id": str(n), "type": "click", "contact_id": key,
         "occurred_at": moment}
        for n, (key, moment) in enumerate(zip(ids, [datetime.now(UTC), LONG_AGO], strict=False))
    )  # fmt: skip
    return campaign


def test_names_take_their_ids_wherever_rules_are_taken(ann: CampaignClient, spring: Any) -> None:
    named = did("click", campaign=spring.name)
    known = did("click", campaign=spring.id)
    assert ann.segments.size(named).count == 2
    assert ann.segments.size(named & ~did("conversion")).count == 2
    assert len(list(ann.segments.members(~named))) == 1
    assert len(list(ann.contacts.iterate(named))) == 2
    assert ann.segments.check(named) == ()
    assert [step.cumulative for step in ann.segments.preview(named).funnel] == [2]
    segment = ann.segments.create("clickers", named)
    assert segment.rules == known
    assert segment.warnings == ()
    assert ann.segments.update(segment.id, rules=~named).rules == ~known
    made = ann.campaigns.create("again", rules=named)
    assert made.rules == known
    assert made.warnings == ()
    assert ann.campaigns.update(made.id, rules=~named).rules == ~known


def test_a_line_of_text_asks_for_what_people_did(ann: CampaignClient, spring: Any) -> None:
    text = "clicked 'Ann\\'s \"Spring\"' within last 30 days"
    lately = did("click", campaign=spring.name, within_last=timedelta(days=30))
    assert Rules.parse(text) == lately
    assert ann.segments.size(Rules.parse(text)).count == 1
    assert ann.segments.size(lately, as_of=LONG_AGO + timedelta(days=1)).count == 1
    assert ann.segments.size(lately, as_of=LONG_AGO - timedelta(days=1)).count == 0


def test_a_name_that_is_none_or_several_is_refused(ann: CampaignClient, spring: Any) -> None:
    with pytest.raises(InvalidRules, match=r"no campaign .*; did you mean .*Spring"):
        ann.segments.size(did("click", campaign='Ann\'s "Sprung"'))
    with pytest.raises(InvalidRules, match=r"there is no campaign 'xyz'$"):
        ann.segments.create("x", ~did("click", campaign="xyz"))
    ann.campaigns.create(spring.name)
    with pytest.raises(InvalidRules, match="several campaigns"):
        ann.segments.size(did("click", campaign=spring.name))
    assert ann.segments.list() == []


def test_what_is_no_attribute_is_no_odd_field(ann: CampaignClient, spring: Any) -> None:
    rules = ~did("click") & field("ordres").none(field("total") > 5)
    (warning,) = ann.segments.check(rules)
    assert "'ordres'" in warning
    assert spring.warnings == ()
