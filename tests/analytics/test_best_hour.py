"""Clicks by the hour of the day of a campaign, or of each contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from campaign_sdk import CampaignClient, InvalidInput, NotFound, everyone

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def click(campaign: UUID, contact: UUID | None, at: datetime, **more: Any) -> dict[str, Any]:
    kind = {"campaign_id": campaign, "type": "click", "contact_id": contact, "occurred_at": at}
    return {**kind, "event_id": f"{contact} {at} {more}", **more}


@pytest.fixture
def clicked(ann: CampaignClient) -> UUID:
    """300 people who click at noon in UTC, a third of them in New York."""
    zones = [{"timezone": "America/New_York"}, {"timezone": "nowhere"}, {}]
    ann.contacts.upsert(
        [{"email": f"p{n}@example.com", "attributes": zones[n % 3]} for n in range(300)]
    )
    campaign = ann.campaigns.create("T", rules=everyone(), timezone="Asia/Kolkata").id
    ids = [contact.id for contact in ann.contacts.iterate()]
    clicks = [click(campaign, who, NOON) for who in ids]
    # Later ones of the same people, machines, and nobody known: none of them counts.
    clicks += [click(campaign, who, NOON + timedelta(hours=3)) for who in ids]
    clicks += [click(campaign, who, NOON - timedelta(hours=3), actor="proxy") for who in ids]
    clicks += [click(campaign, None, NOON + timedelta(hours=5, seconds=n)) for n in range(7)]
    ann.analytics.ingest(clicks)
    return campaign


def test_it_is_the_campaigns_day_or_the_contacts(ann: CampaignClient, clicked: UUID) -> None:
    theirs = ann.analytics.best_hour(clicked)
    # 12:00 in UTC is 17:30 in Kolkata and 7:00 in New York.
    assert (theirs.hour, theirs.clicks, theirs.people, theirs.nameless) == (17, 300, 300, 7)
    assert theirs.hours[17].clicked == 300
    own = ann.analytics.best_hour(clicked, timezone="contact")
    assert {hour.hour: hour.clicked for hour in own.hours if hour.clicked} == {7: 100, 17: 200}
    assert own.hour == 17


def test_it_is_about_all_campaigns_unless_one_is_named(
    ann: CampaignClient, ben: CampaignClient, clicked: UUID
) -> None:
    other = ann.campaigns.create("Other", rules=everyone()).id
    ids = [contact.id for contact in ann.contacts.iterate()][:20]
    ann.analytics.ingest([click(other, who, NOON) for who in ids])
    both = ann.analytics.best_hour()
    assert (both.clicks, both.people, both.campaigns) == (320, 300, 2)
    assert (both.hours[12].clicked, both.hours[17].clicked) == (20, 300)
    assert ann.analytics.best_hour(other).hour is None
    assert ben.analytics.best_hour().clicks == 0
    with pytest.raises(NotFound):
        ben.analytics.best_hour(clicked)
    with pytest.raises(InvalidInput):
        ann.analytics.best_hour(timezone="mine")  # type: ignore[arg-type]  # on purpose
