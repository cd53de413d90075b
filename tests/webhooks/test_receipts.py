"""Reports settle what deliveries were in doubt about, and find messages by the vendor's name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from campaign_sdk import Campaign, CampaignClient, everyone
from campaign_sdk.senders import Message, Receipt
from campaign_sdk.webhooks import DeliveryEvent, Kind

from . import payloads

EMAIL = "ann@example.com"


@pytest.fixture
def spring(ann: CampaignClient) -> Campaign:
    ann.contacts.upsert([{"email": EMAIL}])
    made = ann.campaigns.create("Spring", subject="Hi", message="Hi", rules=everyone())
    return ann.campaigns.launch(made.id)


def lost(_messages: Sequence[Message]) -> list[Receipt]:
    """A vendor whose answer never comes."""
    raise ConnectionError


def taken(messages: Sequence[Message]) -> list[Receipt]:
    return [Receipt.sent(message.key, provider_id="p-1") for message in messages]


def report(campaign: Campaign, contact: UUID, kind: Kind, reason: str | None) -> DeliveryEvent:
    return DeliveryEvent(
        id=f"test/{kind}",
        kind=kind,
        campaign_id=campaign.id,
        contact_id=contact,
        at=datetime.now(UTC),
        reason=reason,
        address=EMAIL,
    )


@pytest.mark.parametrize("kind", ["delivered", "opened", "bounced", "complained"])
def test_what_is_reported_had_been_taken(ann: CampaignClient, spring: Campaign, kind: Kind) -> None:
    ann.deliveries.send(spring.id, lost)
    assert ann.deliveries.status(spring.id).unknown == 1
    [contact] = ann.contacts.iterate()
    reported = report(spring, contact.id, kind, "hard" if kind == "bounced" else None)
    for _ in range(2):
        ann.analytics.receive([reported])
    status = ann.deliveries.status(spring.id)
    assert (status.unknown, status.sent) == (0, 1)
    [delivery] = ann.deliveries.iterate(spring.id)
    assert delivery.reason == ("bounced: hard" if kind == "bounced" else None)


def test_the_vendors_name_finds_campaign_and_contact(ann: CampaignClient, spring: Campaign) -> None:
    ann.deliveries.send(spring.id, taken)
    payload = payloads.resend("email.opened", tags={}, to=["else@example.com"], email_id="p-1")
    assert ann.analytics.receive(payload).inserted == 1
    totals = ann.analytics.summary(spring.id)
    assert (totals.impressions, totals.reach) == (1, 1)


def test_of_an_erased_person_no_message_leads_anywhere(
    ann: CampaignClient, spring: Campaign
) -> None:
    ann.deliveries.send(spring.id, taken)
    [contact] = ann.contacts.iterate()
    [exported] = ann.contacts.export_person(contact.id)["deliveries"]
    assert (exported["campaign"], exported["provider_id"]) == ("Spring", "p-1")
    done = ann.contacts.erase_person(contact.id)
    assert done.deliveries == 1
    [delivery] = ann.deliveries.iterate(spring.id)
    assert (delivery.outcome, delivery.provider_id) == ("sent", None)
    assert ann.deliveries.status(spring.id).sent == 1
