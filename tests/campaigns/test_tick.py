"""The tick: what has come due is done, once, whoever calls and however often."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from campaign_sdk import CampaignClient, NotReady, everyone, field
from campaign_sdk.local import LocalSupabase
from deliveries.desk import EVERYONE, Desk, desk_of

LATER = datetime.now(UTC) + timedelta(days=1)
UNFINISHED = '{"combinator": "and", "rules": []}'


@pytest.fixture
def desk(still: LocalSupabase) -> Iterator[Desk]:
    with desk_of(still) as desk:
        yield desk


def due(desk: Desk, count: int, **columns: Any) -> list[str]:
    """Schedule so many campaigns for a minute ago, which the API wouldn't."""
    values = {"name": "c", "message": "Hi", "rules": EVERYONE, **columns}
    names = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    with desk.db.transaction():
        rows = desk.rows(
            f"insert into public.campaigns ({names}) select {marks} from generate_series(1, %s)"
            " returning id::text",
            *values.values(),
            count,
        )
        ids = [row["id"] for row in rows]
        desk.db.execute(
            "update public.campaigns set status = 'scheduled',"
            " scheduled_at = now() - interval '1 minute' where id::text = any (%s)",
            [ids],
        )
    return ids


def statuses(desk: Desk, ids: list[str]) -> dict[str, str]:
    rows = desk.rows("select id::text, status from public.campaigns where id::text = any (%s)", ids)
    return {row["id"]: row["status"] for row in rows}


def unready(desk: Desk, ids: list[str]) -> None:
    """Take away what they need, once they are scheduled."""
    desk.db.execute("update public.campaigns set message = ' ' where id::text = any (%s)", [ids])


def test_a_hundred_due_at_once_and_four_ticks(still: LocalSupabase, desk: Desk) -> None:
    desk.contacts(3)
    with desk.db.transaction():
        ids = due(desk, 100)
        unready(desk, ids[:3])

    def tick(_: int) -> None:
        with desk_of(still, desk.user_id) as other:
            other.rows("select * from public.tick_campaigns()")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tick, range(4)))
    found = statuses(desk, ids)
    assert {found[who] for who in ids[:3]} == {"scheduled"}
    assert {found[who] for who in ids[3:]} == {"active"}
    launches = desk.rows(
        "select campaign_id::text from public.campaign_status_history where to_status = 'active'"
    )
    assert sorted(row["campaign_id"] for row in launches) == sorted(ids[3:])
    failures = desk.rows(
        "select campaign_id::text, action, code, reason from public.campaign_failures"
    )
    assert {row["campaign_id"] for row in failures} == set(ids[:3])
    assert {(row["action"], row["code"], row["reason"]) for row in failures} == {
        ("launch", "CMP05", "it has no message")
    }
    # Once it is mended, the next tick makes up for it, and the failure is over.
    desk.db.execute(
        "update public.campaigns set message = 'Hi' where id::text = any (%s)", [ids[:3]]
    )
    desk.rows("select * from public.tick_campaigns()")
    assert set(statuses(desk, ids).values()) == {"active"}
    assert desk.rows("select from public.campaign_failures") == []


def test_what_is_due_later_waits(desk: Desk) -> None:
    [later] = due(desk, 1)
    desk.db.execute("update public.campaigns set scheduled_at = now() + interval '1 hour'")
    assert desk.row("select * from public.tick_campaigns()")["launched"] == 0
    hour = "now() + interval '61 minutes'"
    assert desk.row(f"select * from campaign_private.tick({hour})")["launched"] == 1
    assert statuses(desk, [later]) == {later: "active"}


@pytest.mark.parametrize("status", ["scheduled", "active"])
@pytest.mark.parametrize(
    ("lacking", "reason"),
    [({"message": None}, "it has no message"), ({"rules": None}, "it has no audience")],
    ids=str,
)
def test_no_other_door_launches_what_launch_refuses(
    desk: Desk, status: str, lacking: dict[str, Any], reason: str
) -> None:
    """One statement for many: those that are ready go on."""
    values = {"name": "c", "message": "Hi", "rules": EVERYONE, "scheduled_at": LATER}
    ids = []
    for each in ({**values, **lacking}, values):
        names, marks = ", ".join(each), ", ".join(["%s"] * len(each))
        query = f"insert into public.campaigns ({names}) values ({marks}) returning id::text"
        ids.append(desk.row(query, *each.values())["id"])
    done = desk.db.execute(f"update public.campaigns set status = '{status}'".encode())
    assert done.rowcount == 2
    assert statuses(desk, ids) == {ids[0]: "draft", ids[1]: status}
    failure = desk.row("select * from public.campaign_failures")
    assert (str(failure["campaign_id"]), failure["reason"]) == (ids[0], reason)
    assert failure["times"] == 1


def test_a_failure_of_the_freeze_is_a_failure_of_the_launch(
    still: LocalSupabase, desk: Desk
) -> None:
    """Rules that somebody stored past the check: the others go on, and so does the tick."""
    ids = due(desk, 2)
    with psycopg.connect(still.db_url) as db:
        db.execute("alter table campaigns disable trigger a3_check_rules")
        db.execute("update campaigns set rules = %s where id = %s", [UNFINISHED, ids[0]])
        db.execute("alter table campaigns enable trigger a3_check_rules")
    desk.rows("select * from public.tick_campaigns()")
    assert statuses(desk, ids) == {ids[0]: "scheduled", ids[1]: "active"}
    [failure] = desk.rows("select campaign_id::text, code from public.campaign_failures")
    assert failure == {"campaign_id": ids[0], "code": "CMP03"}
    with pytest.raises(psycopg.DatabaseError) as caught:
        desk.rows("select from public.move_campaign(%s, 'launch')", ids[0])
    assert caught.value.sqlstate == "CMP05"


def test_it_names_doubts_and_completes_what_has_nothing_left(desk: Desk) -> None:
    people = desk.contacts(2)
    campaign = desk.launched()
    claim = desk.claim(campaign, 0.1)
    desk.begin(campaign, claim, 0, 1, seconds=0.1)
    desk.rows("select pg_sleep(0.15)")
    report = desk.row("select * from public.tick_campaigns()")
    assert report["doubts"] == 1
    assert desk.status(campaign)["unknown"] == 1
    claim = desk.claim(campaign)
    desk.begin(campaign, claim, 1, 2)
    desk.settle(campaign, claim["batch"], "sent", people[1:])
    desk.rows("select * from public.tick_campaigns()")
    assert statuses(desk, [campaign]) == {campaign: "active"}, "a doubt is left"
    desk.rows("select * from public.resolve_unknown(%s, 'failed')", campaign)
    desk.rows("select * from public.tick_campaigns()")
    assert statuses(desk, [campaign]) == {campaign: "completed"}


def test_nobody_to_write_to_is_nothing_to_complete(desk: Desk) -> None:
    campaign = desk.launched()
    desk.rows("select * from public.tick_campaigns()")
    assert statuses(desk, [campaign]) == {campaign: "active"}


def test_a_users_tick_is_for_her_own(still: LocalSupabase, desk: Desk) -> None:
    with desk_of(still) as other:
        [campaign] = due(other, 1)
        other.db.execute("update public.campaigns set scheduled_at = now() + interval '1 day'")
        report = desk.row("select * from campaign_private.tick(now() + interval '2 days')")
        assert report["launched"] == 0
        assert statuses(other, [campaign]) == {campaign: "scheduled"}


def test_the_database_ticks_by_itself_on_the_local_stack(stack: LocalSupabase) -> None:
    with desk_of(stack) as desk:
        ids = due(desk, 1)
        for _ in range(600):
            if statuses(desk, ids) == {ids[0]: "active"}:
                break
            desk.rows("select pg_sleep(0.1)")
        assert statuses(desk, ids) == {ids[0]: "active"}
        history = desk.row(
            "select changed_by from public.campaign_status_history where to_status = 'active'"
        )
        assert history["changed_by"] is None
        lately = "select public.last_tick() > now() - interval '1 minute' as lately"
        assert desk.row(lately)["lately"]


def test_the_clients_tick(ann: CampaignClient) -> None:
    with pytest.raises(NotReady):
        ann.campaigns.schedule(ann.campaigns.create("bare").id, LATER)
    ready = ann.campaigns.create("x", message="Hi", rules=field("email") == "nobody")
    ann.campaigns.schedule(ready.id, LATER)
    report = ann.campaigns.tick()
    assert (report.launched, report.failed, report.completed) == (0, 0, 0)
    assert ann.campaigns.failures() == []


def test_a_failure_is_read(stack: LocalSupabase, ann: CampaignClient) -> None:
    assert ann.auth.user is not None
    with desk_of(stack, str(ann.auth.user.id)) as desk:
        bare = ann.campaigns.create("bare", rules=everyone())
        desk.db.execute("update public.campaigns set status = 'active' where id = %s", [bare.id])
    [failure] = ann.campaigns.failures()
    assert (failure.campaign_id, failure.action, failure.code) == (bare.id, "launch", "CMP05")
    assert (failure.reason, failure.times) == ("it has no message", 1)


def test_pg_cron_has_it_called_where_it_exists(db: psycopg.Connection) -> None:
    assert db.execute("select campaign_private.schedule_tick()").fetchone() == (False,)
    with db.transaction(force_rollback=True):
        db.execute("create schema cron")
        db.execute("""
            create function cron.schedule(name text, at text, job text) returns bigint
            language sql as $$ select set_config('test.job', job, true); select 1::bigint $$
        """)
        db.execute("""
            insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable,
              extversion) values (1, 'pg_cron', 10, 'cron'::regnamespace, false, '1.6')
        """)
        assert db.execute("select campaign_private.schedule_tick()").fetchone() == (True,)
        [job] = db.execute("select current_setting('test.job')").fetchone() or [""]
        assert job == "select campaign_private.tick()"
