"""A campaign for those who did something: pre-flight, launch, and the audience that is frozen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from campaign_sdk import CampaignClient, did, field, received

NOW = datetime.now(UTC)


def clicks(campaign: object, *contacts: object, ago: timedelta) -> list[dict[str, object]]:
    return [
        {"campaign_id": campaign, "event_id": f"{contact} {ago}", "type": "click",
         "contact_id": contact, "occurred_at": NOW - ago}
        for contact in contacts
    ]  # fmt: skip


def test_the_audience_is_whoever_had_done_it_by_the_launch(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": f"c{n}@example.com", "attributes": {"n": n}} for n in range(6)])
    ids = [contact.id for contact in sorted(ann.contacts.iterate(), key=lambda c: c.email)]
    spring = ann.campaigns.create("Spring", rules=field("n") >= 0, message="Hello!")
    ann.analytics.ingest(clicks(spring.id, *ids[:4], ago=timedelta(days=2)))
    ann.analytics.ingest(clicks(spring.id, *ids[3:5], ago=timedelta(days=60)))

    rules = did("click", campaign="Spring", within_last=timedelta(days=30)) & ~received(spring.id)
    again = ann.campaigns.create("Again", rules=rules, subject="Hi", message="Hello again!")
    assert again.warnings == ()
    checked = ann.campaigns.preflight(again.id)
    assert checked.ok, checked
    assert len(list(ann.campaigns.audience(again.id))) == 4

    launched = ann.campaigns.launch(again.id)
    assert launched.audience_size == 4
    # What happens in the moment after the launch makes nobody a member.
    ann.analytics.ingest(clicks(spring.id, ids[5], ago=timedelta(0)))
    members = {contact.email for contact in ann.campaigns.audience(again.id)}
    assert members == {f"c{n}@example.com" for n in range(4)}
    assert ann.segments.size(rules.with_campaigns({"Spring": spring.id})).count == 5
