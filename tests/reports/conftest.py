"""One year of one person's campaigns in three time zones, and the truth about it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from campaign_sdk import Campaign, CampaignClient, Segment, everyone
from campaign_sdk.local import LocalSupabase
from clients import client_of, sign_up

ZONES = ("UTC", "Asia/Kolkata", "America/New_York")
# The nights on which New York's clocks change, in UTC, and a stretch around each.
CHANGES = (datetime(2025, 3, 9, 7, tzinfo=UTC), datetime(2025, 11, 2, 6, tzinfo=UTC))
COUNTERS = {"impression": "impressions", "click": "clicks", "conversion": "conversions"}

Counts = Counter[tuple[date, str]]


@dataclass
class Year:
    """What happened, as it was given to the SDK."""

    client: CampaignClient
    campaigns: dict[str, Campaign]
    segment: Segment
    contacts: list[UUID]
    events: list[dict[str, Any]] = field(default_factory=list)
    recorded: list[tuple[str, date, dict[str, int]]] = field(default_factory=list)

    def counts(self, zone: str, campaign: Campaign | None = None) -> Counts:
        """Count by hand: events by the day of their moment, totals by their date."""
        counted: Counts = Counter()
        chosen = [campaign] if campaign else list(self.campaigns.values())
        ids = {one.id for one in chosen}
        for event in self.events:
            if event["campaign_id"] in ids:
                day = event["occurred_at"].astimezone(ZoneInfo(zone)).date()
                counted[day, COUNTERS[event["type"]]] += 1
        for name, day, totals in self.recorded:
            if self.campaigns[name].id in ids:
                counted.update({(day, metric): number for metric, number in totals.items()})
        return counted


def _moments(chance: random.Random) -> Iterator[datetime]:
    for change in CHANGES:
        for minutes in range(-26 * 60, 26 * 60, 35):
            yield change + timedelta(minutes=minutes)
    for _ in range(120):
        yield datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(525_600))


def _events(year: Year, chance: random.Random) -> Iterator[dict[str, Any]]:
    for zone, campaign in year.campaigns.items():
        for number, moment in enumerate(_moments(chance)):
            event = {
                "campaign_id": campaign.id,
                "event_id": f"{zone} {number}",
                "type": chance.choice(["impression"] * 6 + ["click"] * 2 + ["conversion"]),
                "occurred_at": moment,
                "contact_id": chance.choice([None, *year.contacts]),
            }
            if event["type"] == "conversion":
                event["value"] = Decimal(chance.randrange(10_000)) / 100
            yield event


@pytest.fixture(scope="package")
def year(stack: LocalSupabase) -> Iterator[Year]:
    chance = random.Random(2025)
    with client_of(stack) as client:
        sign_up(client, "yara")
        client.contacts.upsert([{"email": f"u{number}@example.com"} for number in range(20)])
        segment = client.segments.create("Everybody", everyone())
        campaigns = {
            zone: client.campaigns.create(
                f"In {zone}",
                timezone=zone,
                **({"segment_id": segment.id} if zone == "UTC" else {"rules": everyone()}),
            )
            for zone in ZONES
        }
        contacts = [contact.id for contact in client.contacts.iterate()]
        year = Year(client, campaigns, segment, contacts)
        year.events.extend(_events(year, chance))
        report = client.analytics.ingest(year.events)
        assert report.inserted == len(year.events)
        for zone in ZONES:
            for change in CHANGES:
                totals = {"impressions": chance.randrange(1, 50), "clicks": 3, "conversions": 1}
                year.recorded.append((zone, change.date(), totals))
                client.analytics.record(campaigns[zone].id, on=change.date(), **totals)
        yield year
