"""Every kind of event in every place that shows numbers, and people beside machines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import psycopg
import pytest
from supabase import Client

from campaign_sdk import CampaignClient, Engagement, InvalidInput
from campaign_sdk.analytics import Actor, EventType
from campaign_sdk.analytics._events import prepare_event

from .test_analytics import NOON, event

KINDS = get_args(EventType)
ACTORS = get_args(Actor)
# A different number of each, so that none can pass for another.
NUMBERS = {kind: number for number, kind in enumerate(KINDS, 2)}
NAMES = {kind: f"{kind}s" if kind in KINDS[:3] else kind for kind in KINDS}


@pytest.fixture
def campaign(ann: CampaignClient) -> UUID:
    return ann.campaigns.create("Kinds").id


@pytest.fixture
def mixed(ann: CampaignClient, campaign: UUID) -> UUID:
    given = [
        event(campaign, f"{kind} {number}", type=kind)
        for kind, count in NUMBERS.items()
        for number in range(count)
    ]
    given += [
        event(campaign, f"{kind} of {actor}", type=kind, actor=actor, link="https://example.com/ä")
        for kind in ("impression", "click")
        for actor in ACTORS
    ]
    report = ann.analytics.ingest(given)
    assert (report.inserted, report.rejected) == (len(given), 0)
    return campaign


def expected() -> dict[str, int]:
    counts = {NAMES[kind]: number for kind, number in NUMBERS.items()}
    for name in ("impressions", "clicks"):
        counts |= {name: counts[name] + 4, f"machine_{name}": 2, f"human_{name}": counts[name] + 2}
    return counts


def told(counts: Engagement) -> dict[str, int]:
    return {name: getattr(counts, name) for name in expected()}


def test_each_kind_is_counted_as_what_it_is(ann: CampaignClient, mixed: UUID) -> None:
    assert told(ann.analytics.summary(mixed)) == expected()
    found = ann.analytics.reconcile(mixed)
    assert found.agrees
    assert told(found.counters) == told(found.events) == expected()


def test_each_kind_alone_is_counted_as_among_others(
    ann: CampaignClient, db: psycopg.Connection
) -> None:
    columns = ", ".join(["date", *NAMES.values(), "machine_impressions", "machine_clicks"])
    query = f"select {columns} from campaign_analytics where campaign_id = %s order by date"
    alone, together = (ann.campaigns.create("K", timezone="Pacific/Auckland").id for _ in range(2))
    # On both sides of a midnight there, which is noon in UTC.
    nights = [NOON - timedelta(hours=n) for n in (0, 3)]
    given = [
        {"event_id": f"{kind} of {actor}", "type": kind, "actor": actor}
        for kind in KINDS
        for actor in ACTORS
    ]
    given = [{**one, "occurred_at": nights[n % 3 == 0]} for n, one in enumerate(given)]
    for one in given:
        ann.analytics.ingest([event(alone, **one)])
    ann.analytics.ingest([event(together, **one) for one in given])
    days = [db.execute(query.encode(), [each]).fetchall() for each in (alone, together)]
    assert days[0] == days[1]
    assert [day[-1] for day in days[0]] == [1, 1]
    assert ann.analytics.reconcile(alone).agrees


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_reports_show_people_and_all_in_every_zone(
    ann: CampaignClient, mixed: UUID, zone: str
) -> None:
    report = ann.analytics.report(campaigns=mixed, timezone=zone)
    assert told(report.totals) == expected()
    sums = {name: sum(getattr(row, name) for row in report.rows) for name in expected()}
    assert sums == expected()
    assert "human_clicks" in report.columns


def test_lines_by_event_type_name_what_there_is(ann: CampaignClient, mixed: UUID) -> None:
    rows = ann.analytics.report(group_by="event_type", campaigns=mixed).rows
    assert [row.event_type for row in rows] == list(KINDS)
    for row in rows:
        kind = str(row.event_type)
        shown = {name for name, count in told(row).items() if count}
        assert shown == {name for name in expected() if name.endswith(NAMES[kind])}
        assert getattr(row, NAMES[kind]) == expected()[NAMES[kind]]


def test_lines_by_event_type_are_three_where_nothing_else_happened(
    ann: CampaignClient, campaign: UUID
) -> None:
    ann.analytics.ingest([event(campaign)])
    rows = ann.analytics.report(group_by="event_type", campaigns=campaign).rows
    assert [row.event_type for row in rows] == ["impression", "click", "conversion"]


def test_an_event_that_turns_out_to_be_a_machines_is_counted_anew(
    ann: CampaignClient, mixed: UUID, db: psycopg.Connection
) -> None:
    change = "update campaign_events set actor = %s where campaign_id = %s and event_id = %s"
    for actor, number in (("machine", 3), ("proxy", 3), ("human", 2), ("unknown", 2)):
        db.execute(change, [actor, mixed, "no. click 0"])
        db.execute(change, [actor, mixed, "no. bounced 0"])
        assert ann.analytics.summary(mixed).machine_clicks == number
        assert ann.analytics.reconcile(mixed).agrees


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"actor": "robot"}, "actor"),
        ({"actor": 1}, "actor"),
        ({"type": "opened"}, "type"),
        ({"link": ""}, "link"),
        ({"link": "x" * 4_097}, "link"),
        ({"link": "a\0b"}, "link"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        prepare_event(event(UUID(int=1), **change))
    assert caught.value.path == path


def test_the_database_refuses_it_too(alice: Client) -> None:
    made: Any = alice.table("campaigns").insert({"name": "Raw"}).execute()
    good = {**event(made.data[0]["id"], type="delivered"), "occurred_at": NOON.isoformat()}
    bad = [{"actor": "robot"}, {"link": "x" * 4_097}, {"type": "opened"}]
    batch = [*({**good, **change} for change in bad), good]
    found: Any = alice.rpc("ingest_events", {"events": batch}).execute().data
    assert (found["inserted"], found["rejected"]) == (1, [0, 1, 2])
