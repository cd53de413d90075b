"""Events that nobody caused: what might come back from a campaign, the same on every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from campaign_sdk import Campaign, CampaignClient, Contact
from campaign_sdk.analytics import Event, EventType

HOURS = 20
_SEEN, _BOUGHT = 0.82, 0.18
_CLICKED = {"offer": 0.34, "story": 0.16}


def synthetic_events(client: CampaignClient, campaign: Campaign) -> Iterator[Event]:
    """Yield what people do whom the message has reached, in the hours after the launch.

    The dice are thrown in the order of the addresses: ids, and so who got which message, differ
    from run to run.
    """
    dice = random.Random(1998)  # noqa: S311 - a story, not a secret
    got = {
        each.contact_id: each.variant or ""
        for each in client.deliveries.iterate(campaign.id, outcome="sent")
    }
    launched = campaign.launched_at or datetime.now(UTC)
    audience = sorted(client.campaigns.audience(campaign.id), key=lambda contact: contact.email)
    for contact in audience:
        # Most look soon, and some late.
        seen = launched + timedelta(minutes=60 * HOURS * dice.random() ** 3)
        likes = dice.random()
        if contact.id in got and dice.random() < _SEEN:
            yield _event(campaign, contact, "impression", seen)
            if likes < _CLICKED.get(got[contact.id], 0):
                yield _event(campaign, contact, "click", seen + timedelta(minutes=2))
                if dice.random() < _BOUGHT:
                    bought = _event(campaign, contact, "conversion", seen + timedelta(minutes=9))
                    yield {**bought, "value": round(dice.uniform(9, 60), 2)}


def _event(campaign: Campaign, contact: Contact, kind: EventType, at: datetime) -> Event:
    return {
        "campaign_id": campaign.id,
        "event_id": f"{kind}-{contact.email}",
        "type": kind,
        "occurred_at": at,
        "contact_id": contact.id,
    }
