"""Events that nobody caused: what might come back from a campaign, the same on every run."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from campaign_sdk.analytics import Event, EventType
from campaign_sdk.campaigns import Campaign
from campaign_sdk.contacts import Contact

DAYS = 7
# How much of the audience comes back on each day, the first day first.
_INTEREST = (34, 22, 15, 11, 8, 6, 4)
_SEEN, _CLICKED, _BOUGHT = 0.82, 0.24, 0.18


def synthetic_events(
    campaign: Campaign, audience: Iterable[Contact], seed: int = 1998
) -> Iterator[Event]:
    """Yield impressions, clicks and conversions over the seven days before today.

    The dice are thrown in the order of the addresses: ids differ from run to run.
    """
    dice = random.Random(seed)  # noqa: S311 - a story, not a secret
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for contact in sorted(audience, key=lambda contact: contact.email):
        day = dice.choices(range(DAYS), _INTEREST)[0]
        seen = midnight - timedelta(days=DAYS - day) + timedelta(minutes=dice.randrange(60 * 23))
        if dice.random() < _SEEN:
            yield _event(campaign, contact, "impression", seen)
            yield from _reaction(campaign, contact, seen, dice)


def _reaction(
    campaign: Campaign, contact: Contact, seen: datetime, dice: random.Random
) -> Iterator[Event]:
    if dice.random() < _CLICKED:
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
