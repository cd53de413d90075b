"""Reports add up: to the events they come from, to the totals, to the table."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from campaign_sdk import CampaignClient, InvalidInput, NotFound, ProtocolError, Report
from campaign_sdk.local import LocalSupabase
from campaign_sdk.reports._request import prepare_report
from clients import client_of, sign_up
from reports.conftest import COUNTERS, ZONES, Counts, Year

COUNTS = ("impressions", "clicks", "conversions")


def by_period(report: Report, period: str) -> Counts:
    counted: Counts = Counter()
    for row in report.rows:
        for metric in COUNTS:
            counted[getattr(row, period), metric] += getattr(row, metric)
    return +counted


def sums(report: Report) -> dict[str, int]:
    return {metric: sum(getattr(row, metric) for row in report.rows) for metric in COUNTS}


def totals(report: Any) -> dict[str, int]:
    return {metric: getattr(report, metric) for metric in COUNTS}


# Sums


@pytest.mark.parametrize("zone", ZONES)
def test_each_day_holds_what_happened_on_it_in_that_zone(year: Year, zone: str) -> None:
    report = year.client.analytics.report(timezone=zone)
    assert by_period(report, "day") == +year.counts(zone)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("own", ZONES)
def test_days_equal_summary_equal_table(
    year: Year, db: psycopg.Connection, zone: str, own: str
) -> None:
    campaign = year.campaigns[own]
    report = year.client.analytics.report(timezone=zone, campaigns=campaign.id)
    table = db.execute(
        "select sum(impressions), sum(clicks), sum(conversions) from campaign_analytics"
        " where campaign_id = %s",
        [campaign.id],
    ).fetchone()
    summary = totals(year.client.analytics.summary(campaign.id))
    assert (
        sums(report)
        == totals(report.totals)
        == summary
        == dict(zip(COUNTS, table or (), strict=True))
    )
    assert by_period(report, "day") == +year.counts(zone, campaign)


@pytest.mark.parametrize("zone", ZONES)
def test_the_zones_do_differ(year: Year, zone: str) -> None:
    others = [year.counts(other) for other in ZONES if other != zone]
    assert year.counts(zone) not in others


@pytest.mark.parametrize(
    ("period", "first_of"),
    [
        ("week", lambda day: day - timedelta(days=day.weekday())),
        ("month", lambda day: day.replace(day=1)),
    ],
)
def test_weeks_begin_on_monday_and_months_on_the_first(
    year: Year, period: str, first_of: Any
) -> None:
    report = year.client.analytics.report(group_by=period, timezone="America/New_York")
    expected: Counts = Counter()
    for (day, metric), number in year.counts("America/New_York").items():
        expected[first_of(day), metric] += number
    assert by_period(report, period) == +expected


@pytest.mark.parametrize("zone", ZONES)
def test_ranges_are_half_open_and_fit_together(year: Year, zone: str) -> None:
    cuts = [None, "2025-03-09", "2025-03-10", "2025-11-02", "2025-11-03", None]
    parts = [
        year.client.analytics.report(start=start, end=end, timezone=zone, metrics="value")
        for start, end in pairwise(cuts)
    ]
    whole = year.client.analytics.report(timezone=zone, metrics="value")
    counted: Counts = Counter()
    for part in parts:
        counted.update(by_period(part, "day"))
    assert counted == by_period(whole, "day")
    assert sum(part.totals.value or 0 for part in parts) == whole.totals.value
    assert [part.rows[0].day for part in parts[1:]] == [
        date.fromisoformat(c) for c in cuts[1:-1] if c
    ]


def test_gaps_are_zeros(year: Year) -> None:
    campaign = year.campaigns["UTC"]
    report = year.client.analytics.report(
        campaigns=campaign.id, start="2024-12-30", end="2026-01-03"
    )
    assert [row.day for row in report.rows] == [
        date(2024, 12, 30) + timedelta(days=number) for number in range(369)
    ]
    assert totals(report.rows[0]) == dict.fromkeys(COUNTS, 0)


def test_a_week_that_begins_before_the_range_counts_only_what_is_in_it(year: Year) -> None:
    report = year.client.analytics.report(
        group_by="week", start="2025-03-12", end="2025-03-14", timezone="UTC"
    )
    inside = [
        number
        for (day, metric), number in year.counts("UTC").items()
        if day in (date(2025, 3, 12), date(2025, 3, 13)) and metric == "impressions"
    ]
    assert [row.week for row in report.rows] == [date(2025, 3, 10)]
    assert report.totals.impressions == sum(inside)


# Groups


def test_campaigns_are_told_apart(year: Year) -> None:
    report = year.client.analytics.report(group_by=["month", "campaign"])
    assert sums(report) == totals(report.totals)
    for zone, campaign in year.campaigns.items():
        rows = [row for row in report.rows if row.campaign == campaign.id]
        assert {row.campaign_name for row in rows} == {f"In {zone}"}
        assert (
            sum(row.impressions for row in rows)
            == year.client.analytics.summary(campaign.id).impressions
        )


def test_a_segment_is_that_of_the_campaign(year: Year) -> None:
    report = year.client.analytics.report(group_by="segment")
    told = {row.segment_name: row.impressions for row in report.rows}
    only = year.client.analytics.report(segment=year.segment.id, group_by=None)
    mine = year.client.analytics.summary(year.campaigns["UTC"].id).impressions
    assert told["Everybody"] == only.totals.impressions == mine
    assert told[None] == report.totals.impressions - mine


def test_of_a_segment_and_campaigns_it_is_what_belongs_to_both(year: Year) -> None:
    mine, other = (year.campaigns[zone].id for zone in ("UTC", "America/New_York"))
    ask = year.client.analytics.report
    both = ask(segment=year.segment.id, campaigns=[mine, other], group_by="campaign")
    assert [row.campaign for row in both.rows] == [mine]
    assert ask(segment=year.segment.id, campaigns=other, group_by="campaign").rows == ()


def test_names_are_those_of_what_was_asked(year: Year) -> None:
    other = year.campaigns["America/New_York"].id
    asked = {"campaign_ids": [str(other)], "by_campaign": True, "by_segment": True}
    told: Any = year.client.supabase.rpc("report_engagement", asked).execute().data
    assert set(told["names"]) == {str(other)}


def test_what_is_null_is_not_asked_for(year: Year) -> None:
    """As a program's JSON says it that leaves out nothing."""
    asked: dict[str, Any] = {"since": "2025-12-01", "until": "2026-03-01", "bucket": "month"}
    null = dict.fromkeys(("by_campaign", "by_segment", "with_events"))
    told: list[Any] = [
        year.client.supabase.rpc("report_engagement", {**asked, **more}).execute().data
        for more in (null, {})
    ]
    assert told[0] == told[1]
    assert told[0]["days"] == ["2025-12-01", "2026-01-01", "2026-02-01"]


def test_event_types_are_told_apart(year: Year) -> None:
    report = year.client.analytics.report(
        group_by="event_type", metrics=["clicks", "value", "ctr", "reach"]
    )
    assert {row.event_type for row in report.rows} == set(COUNTERS)
    assert sums(report) == totals(report.totals)
    assert sum(row.value or 0 for row in report.rows) == report.totals.value
    assert {row.ctr for row in report.rows} == {None}
    assert [row.reach for row in report.rows] == [report.totals.reach, None, None]


def test_nothing_to_group_by_gives_one_line(year: Year) -> None:
    report = year.client.analytics.report(group_by=None)
    assert [totals(row) for row in report.rows] == [totals(report.totals)]


def test_without_campaigns_there_is_nothing(stack: LocalSupabase) -> None:
    with client_of(stack) as client:
        sign_up(client, "nora")
        report = client.analytics.report()
        assert (report.rows, report.start, report.totals.ctr) == ((), None, None)
        assert client.analytics.report(group_by="campaign").rows == ()


# What the counters don't know


@pytest.mark.parametrize("zone", ZONES)
def test_reach_counts_people_once(year: Year, zone: str) -> None:
    report = year.client.analytics.report(["reach", "value"], "month", timezone=zone)
    seen: dict[date, set[Any]] = {row.month: set() for row in report.rows if row.month}
    worth: dict[date, Decimal] = dict.fromkeys(seen, Decimal(0))
    for event in year.events:
        month = event["occurred_at"].astimezone(ZoneInfo(zone)).date().replace(day=1)
        if event["type"] == "impression" and event["contact_id"]:
            seen[month].add(event["contact_id"])
        worth[month] += event.get("value", 0)
    assert [row.reach or 0 for row in report.rows] == [len(people) for people in seen.values()]
    assert [row.value for row in report.rows] == list(worth.values())
    assert report.totals.reach == len(set().union(*seen.values())) == 20
    assert report.totals.value == sum(worth.values())


def test_what_nobody_asked_for_is_not_there(year: Year) -> None:
    assert year.client.analytics.report().totals.value is None
    assert year.client.analytics.report("value").totals.reach is None
    summary = year.client.analytics.summary(year.campaigns["UTC"].id, metrics="ctr")
    assert (summary.reach, summary.value) == (None, None)


def test_reach_says_how_much_it_knows(year: Year) -> None:
    report = year.client.analytics.report("reach")
    known = sum(e["type"] == "impression" and e["contact_id"] is not None for e in year.events)
    said = f"reach covers {known} of {report.totals.impressions} impressions"
    assert any(said in warning for warning in report.warnings)


def test_a_day_with_more_clicks_than_impressions_is_pointed_at(stack: LocalSupabase) -> None:
    with client_of(stack) as client:
        sign_up(client, "wanda")
        campaign = client.campaigns.create("Odd")
        client.analytics.record(campaign.id, impressions=100, clicks=10, on=date(2025, 1, 1))
        client.analytics.record(campaign.id, impressions=7, clicks=10, on=date(2025, 1, 2))
        report = client.analytics.report()
        assert report.warnings == ("2025-01-02: ctr is 143%: 10 clicks of 7 impressions",)
        assert report.totals.warnings == ()
        # Alone it is the total as well, which needn't say it once more.
        alone = client.analytics.report(start=date(2025, 1, 2))
        assert alone.totals.warnings == ("ctr is 143%: 10 clicks of 7 impressions",)
        assert alone.warnings == report.warnings


# The zone of the days


def test_campaigns_of_one_zone_are_reported_in_it(year: Year) -> None:
    kolkata = year.campaigns["Asia/Kolkata"]
    assert year.client.analytics.report(campaigns=[kolkata.id]).timezone == "Asia/Kolkata"
    assert year.client.analytics.report().timezone == "UTC"


# More than the API's longest result


def test_a_report_is_not_cut(stack: LocalSupabase) -> None:
    with client_of(stack) as client:
        sign_up(client, "lena")
        campaign = client.campaigns.create("Long")
        client.analytics.record(campaign.id, impressions=1, on=date(2018, 1, 1))
        client.analytics.record(campaign.id, impressions=1, on=date(2025, 12, 31))
        report = client.analytics.report()
        assert (len(report.rows), report.totals.impressions) == (2_922, 2)


# Refusals


@pytest.mark.parametrize(
    ("arguments", "path", "names"),
    [
        ({"metrics": "opens"}, "metrics", "conversion_per_impression"),
        ({"metrics": ["clicks", None]}, "metrics", "impressions"),
        ({"metrics": []}, "metrics", "impressions"),
        ({"group_by": "hour"}, "group_by", "event_type"),
        ({"group_by": ["day", "week"]}, "group_by", "only one"),
        ({"start": datetime(2025, 1, 1)}, "start", "time zone"),
        ({"start": datetime(2025, 1, 1, 12, tzinfo=UTC)}, "start", "whole days"),
        ({"start": "yesterday"}, "start", "ISO"),
        ({"end": 20250101}, "end", "date"),
        ({"end": "1999-12-31"}, "end", "2000"),
        ({"start": "2025-01-02", "end": "2025-01-01"}, "end", "after start"),
        ({"start": "2025-01-02", "end": "2025-01-02"}, "end", "half-open"),
        ({"timezone": "Mars/Base"}, "timezone", "IANA"),
        ({"timezone": ""}, "timezone", "IANA"),
        ({"campaigns": []}, "campaigns", "empty"),
        ({"campaigns": " "}, "campaigns", "UUID"),
        ({"segment": " "}, "segment", "UUID"),
    ],
)
def test_what_makes_no_sense_is_refused(
    ann: CampaignClient, arguments: dict[str, Any], path: str, names: str
) -> None:
    with pytest.raises(InvalidInput, match=names) as caught:
        ann.analytics.report(**arguments)
    assert caught.value.path == path


def test_the_beginning_of_a_day_may_be_a_datetime() -> None:
    midnight = datetime(2025, 3, 9, tzinfo=ZoneInfo("America/New_York"))
    nothing: dict[str, Any] = dict.fromkeys(("end", "campaigns", "segment"))
    request = prepare_report(None, "day", start=midnight, timezone="America/New_York", **nothing)
    assert request.arguments["since"] == "2025-03-09"


def test_a_report_with_more_lines_than_anybody_reads_is_refused(stack: LocalSupabase) -> None:
    with client_of(stack) as client:
        sign_up(client, "max")
        for number in range(6):
            client.campaigns.create(f"No. {number}")
        with pytest.raises(InvalidInput, match="200000 lines"):
            client.analytics.report(
                group_by=["day", "campaign"], start="2000-01-01", end="2099-12-31"
            )


def test_other_peoples_campaigns_and_segments_are_not_there(
    year: Year, ben: CampaignClient
) -> None:
    theirs = year.campaigns["UTC"].id
    mine = ben.campaigns.create("Mine").id
    for arguments in (
        {"campaigns": [mine, theirs]},
        {"segment": year.segment.id},
        {"campaigns": uuid4()},
    ):
        with pytest.raises(NotFound):
            ben.analytics.report(**arguments)
    for operation in (ben.analytics.summary, ben.analytics.reconcile):
        with pytest.raises(NotFound):
            operation(theirs)
    assert ben.analytics.report(group_by="campaign").totals.impressions == 0


def test_an_answer_that_is_something_else_is_no_report() -> None:
    nothing: dict[str, Any] = dict.fromkeys(("start", "end", "campaigns", "segment", "timezone"))
    request = prepare_report(None, "day", **nothing)
    answers: list[Any] = [None, [], {}, {"impressions": "many"}]
    for answer in answers:
        with pytest.raises(ProtocolError):
            Report.of(request, answer)
