"""A report reaches from its first day with a count to its last, in whatever zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from campaign_sdk import CampaignClient

EVE = datetime(2026, 1, 1, 4, 30, tzinfo=UTC)  # 23:30 on New Year's Eve in New York


def spring(ann: CampaignClient, moment: datetime, timezone: str) -> Any:
    campaign = ann.campaigns.create("NY", timezone=timezone).id
    event = {
        "campaign_id": campaign,
        "event_id": str(moment),
        "type": "click",
        "occurred_at": moment,
    }
    ann.analytics.ingest([event])
    return campaign


@pytest.mark.parametrize(
    ("group", "first"),
    [("day", date(2026, 1, 1)), ("month", date(2026, 1, 1)), ("week", date(2025, 12, 29))],
)
def test_counts_that_move_to_the_next_day_leave_no_line_behind(
    ann: CampaignClient, group: str, first: date
) -> None:
    spring(ann, EVE, "America/New_York")
    report = ann.analytics.report(group_by=group, timezone="UTC")
    assert [getattr(row, group) for row in report.rows] == [first]
    assert (report.start, report.end) == (date(2026, 1, 1), date(2026, 1, 2))


def test_nor_do_those_that_move_to_the_day_before(ann: CampaignClient) -> None:
    spring(ann, datetime(2026, 1, 31, 20, tzinfo=UTC), "Asia/Kolkata")  # 1 February there
    report = ann.analytics.report(group_by="month", timezone="UTC")
    assert [row.month for row in report.rows] == [date(2026, 1, 1)]
    assert (report.start, report.end) == (date(2026, 1, 31), date(2026, 2, 1))


def test_a_day_of_zeros_is_no_count(ann: CampaignClient) -> None:
    campaign = spring(ann, EVE, "UTC")
    ann.analytics.record(campaign, on=date(2025, 12, 1))
    report = ann.analytics.report()
    assert [row.day for row in report.rows] == [date(2026, 1, 1)]


def test_a_day_that_is_asked_for_has_a_line(ann: CampaignClient) -> None:
    spring(ann, EVE, "America/New_York")
    report = ann.analytics.report(start="2025-12-31", timezone="UTC")
    assert [(row.day, row.clicks) for row in report.rows] == [
        (date(2025, 12, 31), 0),
        (date(2026, 1, 1), 1),
    ]
