"""Wherever an id is taken, a name will do; one that says too little is told apart."""

from __future__ import annotations

from uuid import UUID

import pytest

from campaign_sdk import CampaignClient, InvalidInput, InvalidRules, NotFound, everyone, field


def test_a_segment_by_its_name(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"orders": 3}}])
    lapsed = ann.segments.create("Lapsed", field("orders") >= 3)
    assert ann.segments.get("Lapsed") == ann.segments.get(lapsed.id)
    assert ann.segments.size("Lapsed").count == 1
    assert ann.segments.preview("Lapsed").size.count == 1
    assert [one.email for one in ann.segments.members("Lapsed")] == ["a@example.com"]
    assert ann.segments.check("Lapsed") == ()
    assert ann.segments.analytics("Lapsed").size.count == 1
    campaign = ann.campaigns.create("Spring", message="Hi", segment_id="Lapsed")
    assert campaign.segment_id == lapsed.id
    assert ann.segments.update("Lapsed", name="Gone quiet").id == lapsed.id
    with pytest.raises(NotFound, match="no segment is called 'Lapsed'"):
        ann.campaigns.update(campaign.id, segment_id="Lapsed")


def test_a_text_is_rules_if_it_reads_as_rules(ann: CampaignClient) -> None:
    people = [("a", "DE"), ("b", "FR")]
    items = [{"email": f"{who}@example.com", "attributes": {"country": c}} for who, c in people]
    ann.contacts.upsert(items)
    ann.segments.create("everyone", field("country") == "FR")
    assert ann.segments.size('country is "DE"').count == 1
    # What a text means doesn't depend on which segments there are.
    assert ann.segments.size("everyone").count == 2
    assert [one.email for one in ann.contacts.iterate('country is "FR"')] == ["b@example.com"]
    stored = ann.segments.create("Germans", 'country is "DE"')
    assert stored.rules.explain() == 'country is "DE"'
    campaign = ann.campaigns.create("Spring", message="Hi", rules='country is "DE"')
    assert campaign.rules is not None
    assert campaign.rules.explain() == 'country is "DE"'
    with pytest.raises(InvalidRules, match="no segment is called"):
        ann.segments.size("country is DE")
    with pytest.raises(NotFound, match="no segment is called 'Lapsd'"):
        ann.segments.size("Lapsd")
    assert ann.segments.check('cuontry is not "DE"') == (
        "no contact has the field 'cuontry'; did you mean 'country'?",
    )


@pytest.mark.parametrize(
    "name",
    ["null", "unknown", "true", "{a}", " a ", "a,b", '"a"', "a\\b", '\\"', "(a)", "*", "a%20", "ä"],
)
def test_a_name_is_text_whatever_it_says(ann: CampaignClient, name: str) -> None:
    made = ann.campaigns.create(name, message="Hi")
    assert ann.campaigns.get(name) == made
    segment = ann.segments.create(name, field("x") == 1)
    assert ann.campaigns.update(name, segment_id=name).segment_id == segment.id
    asked = "'" + name.replace("\\", r"\\") + "'"
    assert ann.segments.size(f"clicked {asked}").count == 0


def test_a_campaign_by_its_name(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com"}])
    spring = ann.campaigns.create("Spring", rules=everyone(), message="Hi", subject="Hi")
    assert ann.campaigns.get("Spring").id == spring.id
    assert ann.campaigns.preflight("Spring").ok
    assert ann.campaigns.launch("Spring").status == "active"
    ann.analytics.record("Spring", impressions=3)
    assert ann.analytics.summary("Spring").impressions == 3
    assert ann.analytics.report(campaigns="Spring").totals.impressions == 3
    assert ann.deliveries.status("Spring").pending == 1
    assert [change.to_status for change in ann.campaigns.history("Spring")] == ["active"]
    with pytest.raises(NotFound, match="no campaign is called 'Sprung'"):
        ann.analytics.summary("Sprung")


def test_of_several_with_a_name_the_one_that_can_make_the_move(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com"}])
    ids: list[UUID] = []
    for _ in range(2):
        made = ann.campaigns.create("Spring", rules=everyone(), message="Hi", subject="Hi")
        assert ann.campaigns.launch("Spring").id == made.id
        if not ids:
            ann.campaigns.complete("Spring")
        ids.append(made.id)
    assert ann.campaigns.pause("Spring").id == ids[1]
    with pytest.raises(InvalidInput, match="fits 2 campaigns; give the id") as caught:
        ann.analytics.summary("Spring")
    assert all(str(each) in caught.value.reason for each in ids)
    assert "completed" in caught.value.reason
    with pytest.raises(InvalidInput, match="or its name"):
        ann.campaigns.get(" ")


def test_a_contact_by_its_address(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"city": "Pune"}}])
    assert ann.contacts.get("A@example.com").attributes == {"city": "Pune"}
    ann.contacts.update("a@example.com", attributes={"city": "Delhi"})
    assert not ann.contacts.unsubscribe("a@example.com").is_subscribed
    assert ann.contacts.history("a@example.com") == ()
    assert ann.contacts.export_person("a@example.com")
    with pytest.raises(NotFound, match="no contact has this address"):
        ann.contacts.get("b@example.com")
    with pytest.raises(InvalidInput, match="or its address"):
        ann.contacts.get("a")
    ann.contacts.delete("a@example.com")
    assert ann.contacts.count() == 0
