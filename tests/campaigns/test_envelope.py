"""What a pre-flight says about the subject, and about quiet hours without a zone."""

from __future__ import annotations

from campaign_sdk import CampaignClient, Quiet, everyone


def warnings(client: CampaignClient, **content: object) -> list[tuple[str, int | None]]:
    campaign = client.campaigns.create("x", rules=everyone(), **content)  # type: ignore[arg-type] # by name
    found = client.campaigns.preflight(campaign.id)
    assert found.ok
    return [(it.path, it.contacts) for it in found.problems]


def test_an_email_without_a_subject_is_warned_of(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com"}])
    assert warnings(ann, message="Hi", html="<p>Hi</p>") == [("subject", None)]
    assert warnings(ann, message="Hi", html="<p>Hi</p>", subject="Hi") == []
    assert warnings(ann, message="Hi", html="<p>Hi</p>", channel="push") == []
    assert warnings(ann, message="Hi") == []


def test_whose_zone_is_unknown_is_counted(ann: CampaignClient) -> None:
    zones = ["Asia/Kolkata", "Mars/Olympus", "europe/berlin", "", 7, None]
    ann.contacts.upsert(
        [
            {"email": f"u{n}@example.com", "attributes": {"timezone": zone}}
            for n, zone in enumerate(zones)
        ]
    )
    assert warnings(ann, message="Hi") == []
    ann.settings.update(quiet=Quiet("21:00", "08:00"))
    assert warnings(ann, message="Hi") == [("timezone", 5)]
