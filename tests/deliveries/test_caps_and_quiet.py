"""Caps and quiet hours, against a model of them in Python."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import psycopg
import pytest

from campaign_sdk.local import LocalSupabase

from .desk import Desk, Row, desk_of
from .quiet_model import may_get_another, open_from

PLANS = 5_000
# Days on which clocks are put forward or back, in some zone or other.
CHANGES = ("2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-04-05", "2026-10-04")


def plans(zones: list[str]) -> list[tuple[datetime, str, str, str]]:
    chance = random.Random(20261125)
    found = []
    for number in range(PLANS):
        day = datetime.fromisoformat(chance.choice(CHANGES)).replace(tzinfo=UTC)
        if number % 3 == 0:
            day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(730))
        moment = day + timedelta(seconds=chance.uniform(-86_400, 2 * 86_400))
        step = chance.choice((1, 15, 60))
        first, second = (step * chance.randrange(1440 // step) for _ in range(2))
        if first == second:
            second = (first + step) % 1440
        start, end = (f"{it // 60:02}:{it % 60:02}" for it in (first, second))
        found.append((moment, chance.choice(zones), start, end))
    return found


@pytest.fixture(scope="module")
def zones(stack: LocalSupabase) -> list[str]:
    """The zones that both know."""
    with psycopg.connect(stack.db_url) as db:
        query = "select name from pg_timezone_names as z where campaign_private.is_timezone(z.name)"
        known = {name for (name,) in db.execute(query)}
    assert len(known) > 300
    return sorted(known & available_timezones())


def test_quiet_hours_end_when_the_model_says(desk: Desk, zones: list[str]) -> None:
    given = plans(zones)
    rows = desk.rows(
        "select coalesce(campaign_private.quiet_ends(p.at, p.zone, p.start, p.finish), p.at) as at"
        " from unnest(%s::timestamptz[], %s::text[], %s::time[], %s::time[])"
        " with ordinality as p (at, zone, start, finish, n) order by p.n",
        *map(list, zip(*given, strict=True)),
    )
    for row, (moment, zone, start, end) in zip(rows, given, strict=True):
        right = open_from(
            moment, ZoneInfo(zone), time.fromisoformat(start), time.fromisoformat(end)
        )
        assert row["at"] == right, (moment, zone, start, end)


def settings(desk: Desk, **columns: Any) -> None:
    names = ", ".join(columns)
    desk.db.execute("delete from public.campaign_settings")
    desk.db.execute(
        f"insert into public.campaign_settings ({names})"
        f" values ({', '.join(['%s'] * len(columns))})".encode(),
        list(columns.values()),
    )


def quiet_now(zone: str, minutes: int = 60) -> dict[str, str]:
    """Quiet hours around what the clock of a zone shows."""
    now = datetime.now(ZoneInfo(zone))
    away = timedelta(minutes=minutes)
    return {"quiet_from": f"{now - away:%H:%M}", "quiet_until": f"{now + away:%H:%M}"}


def test_batches_are_made_by_zone_and_an_unknown_zone_drops_nobody(desk: Desk) -> None:
    away: list[Row] = [{"timezone": "Asia/Kolkata"}, {"timezone": "America/New_York"}]
    lost: list[Row] = [{}, {"timezone": "Mars/Olympus"}, {"timezone": 7}, {"timezone": None}]
    people = {json.dumps(it): desk.contacts(2, it) for it in (*away, *lost)}
    settings(desk, **quiet_now("Asia/Kolkata"))
    campaign = desk.launched(timezone="UTC", chunk=5)
    assert desk.status(campaign)["audience_size"] == 12
    rows = desk.rows(
        "select timezone, not_before, contact_ids::text[] as ids from public.campaign_batches"
        " where campaign_id = %s",
        campaign,
    )
    zones = {who: row["timezone"] for row in rows for who in row["ids"]}
    for attributes, ids in people.items():
        zone = json.loads(attributes).get("timezone")
        known = zone in ("Asia/Kolkata", "America/New_York")
        assert {zones[who] for who in ids} == {zone if known else None}
    for row in rows:
        if row["timezone"] == "Asia/Kolkata":
            assert (
                timedelta(minutes=58) < row["not_before"] - datetime.now(UTC) <= timedelta(hours=1)
            )
        else:
            assert row["not_before"] is None


def test_whose_hours_are_quiet_waits_and_the_others_go_on(desk: Desk) -> None:
    here, there = (
        desk.contacts(2, {"timezone": "UTC"}),
        desk.contacts(2, {"timezone": "Asia/Tokyo"}),
    )
    settings(desk, **quiet_now("UTC"))
    campaign = desk.launched()
    claim = desk.claim(campaign)
    ids = claim["contacts"]["id"]
    assert ids == there
    desk.begin(campaign, claim, 0, 2)
    desk.settle(campaign, claim["batch"], "sent", there)
    later = desk.claim(campaign)
    assert later["state"] == "later"
    assert timedelta(minutes=58) < later["due_at"] - datetime.now(UTC) <= timedelta(hours=1)
    assert desk.status(campaign)["pending"] == len(here)


def test_quiet_hours_that_begin_while_a_batch_is_held(desk: Desk) -> None:
    desk.contacts(2)
    campaign = desk.launched()
    claim = desk.claim(campaign)
    desk.begin(campaign, claim, 0, 1)
    settings(desk, **quiet_now("UTC"))
    assert desk.begin(campaign, claim, 1, 2)["state"] == "quiet"
    assert desk.status(campaign)["pending"] == 1


def test_caps_against_the_model(desk: Desk) -> None:
    """Histories at random, of which some lie just within the window and some just without."""
    chance = random.Random(7)
    people = desk.contacts(60)
    campaigns = [desk.launched() for _ in range(4)]
    for messages, days in ((1, 1), (2, 7), (3, 30)):
        desk.db.execute("reset role")
        desk.db.execute("delete from public.campaigns where user_id = %s", [desk.user_id])
        desk.db.execute("set role authenticated")
        campaigns = [desk.launched() for _ in range(4)]
        settings(desk, cap_messages=messages, cap_days=days)
        now = datetime.now(UTC)
        counted: dict[str, list[datetime]] = {who: [] for who in people}
        for campaign in campaigns:
            for who in people:
                age = days * chance.choice((0.2, 0.999, 1.001, 2)) * timedelta(days=1)
                outcome = chance.choice(("sent", "unknown", "failed", "skipped", None))
                if outcome is None:
                    continue
                desk.db.execute(
                    "insert into public.campaign_deliveries"
                    " (campaign_id, contact_id, batch, outcome, reason, at)"
                    " values (%s, %s, 1, %s, 'x', %s)",
                    [campaign, who, outcome, now - age],
                )
                if outcome in ("sent", "unknown"):
                    counted[who].append(now - age)
        campaign = desk.launched()
        claim = desk.claim(campaign)
        begun = desk.begin(campaign, claim, 0, len(people))
        right = [who for who in people if may_get_another(counted[who], now, messages, days)]
        assert begun["contact_ids"] == right
        assert 0 < len(right) < len(people)
        assert begun["skipped"] == len(people) - len(right)
        reasons = desk.rows(
            "select distinct reason from public.campaign_deliveries where campaign_id = %s",
            campaign,
        )
        assert reasons == [{"reason": "capped"}]


def test_a_message_that_is_under_way_counts_for_the_cap(still: LocalSupabase, desk: Desk) -> None:
    """Two campaigns at once: whoever is begun with by one isn't by the other."""
    desk.contacts(5)
    settings(desk, cap_messages=1, cap_days=1)
    first, second = desk.launched(), desk.launched()
    with desk_of(still, desk.user_id) as other:
        mine, theirs = desk.claim(first), other.claim(second)
        assert len(desk.begin(first, mine, 0, 3)["contact_ids"]) == 3
        begun = other.begin(second, theirs, 0, 5)
        assert (len(begun["contact_ids"]), begun["skipped"]) == (2, 3)
        assert desk.begin(first, mine, 3, 5)["skipped"] == 2
        # What a sender asks again, its answer having been lost, isn't capped by itself.
        assert len(desk.begin(first, mine, 0, 3)["contact_ids"]) == 3
