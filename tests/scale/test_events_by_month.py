"""Events by month: what is counted, refused and seen is what it is in one table."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from postgrest import APIError
from supabase import Client

from campaign_sdk import CampaignClient, LocalSupabase, did
from campaign_sdk.doctor import examine
from campaign_sdk.doctor._additions import _event_months
from clients import client_of, sign_up
from database.blueprint import blueprint
from database.catalog import acting_as

from .conftest import LONG_AGO, MONTHS, YEAR, Before, add, ingest, told

pytestmark = pytest.mark.local_stack

IDS = "select count(*) from campaign_private.event_ids where campaign_id = %s"
WAITING = "select count(*) from campaign_private.campaign_events_default"
EVENTS = "select count(*) from public.campaign_events where campaign_id = %s"


@pytest.fixture
def one(stack: LocalSupabase) -> Iterator[CampaignClient]:
    with client_of(stack) as client:
        yield sign_up(client, "one")


@pytest.fixture
def campaign(one: CampaignClient) -> UUID:
    return one.campaigns.create("By month").id


def event(
    campaign: UUID, number: object, when: datetime = MONTHS[0], **more: Any
) -> dict[str, Any]:
    return {
        "campaign_id": campaign,
        "event_id": f"no. {number}",
        "type": "click",
        "occurred_at": when,
        **more,
    }


def number(db: psycopg.Connection, query: str, *arguments: object) -> int:
    [found] = db.execute(query.encode(), arguments).fetchone() or [None]
    assert isinstance(found, int)
    return found


# what was there before


def test_what_was_there_is_still_there_and_counts_once(
    before: Before, db: psycopg.Connection
) -> None:
    client = before.client
    elsewhere = {**before.events[0], "occurred_at": MONTHS[1]}
    assert told(client.analytics.ingest([elsewhere])) == (0, 0, 1)
    assert told(client.analytics.ingest(before.events)) == (0, 6, 0)
    summary = client.analytics.summary(before.campaign)
    assert (summary.impressions, summary.clicks, summary.reach) == (3, 3, 1)
    assert not client.analytics.reconcile(before.campaign).differences
    assert number(db, IDS, before.campaign) == number(db, EVENTS, before.campaign) == 6
    months = db.execute(
        "select distinct tableoid::regclass::text from public.campaign_events "
        "where campaign_id = %s order by 1", [before.campaign]
    ).fetchall()  # fmt: skip
    assert [name for (name,) in months] == [
        f"campaign_private.campaign_events_{when:%Y_%m}" for when in MONTHS
    ]


def test_what_was_there_of_long_ago_is_counted_without_a_month_of_its_own(
    before: Before, db: psycopg.Connection
) -> None:
    apart = f"select to_regclass('campaign_private.campaign_events_{LONG_AGO:%Y_%m}') is null"
    assert db.execute(apart.encode()).fetchone() == (True,)
    assert number(db, WAITING + " where campaign_id = %s", before.old) == 1
    assert before.client.analytics.summary(before.old).clicks == 1
    assert not before.client.analytics.reconcile(before.old).differences
    again = event(before.old, 1, LONG_AGO, event_id="1")
    assert told(before.client.analytics.ingest([again])) == (0, 1, 0)


def test_a_session_that_knew_the_table_of_before_goes_on(before: Before) -> None:
    assert ingest(before.session, before.user, before.events[0])[:2] == (0, 1)


def test_all_that_stood_on_the_table_stands_on_it_again(
    before: Before, db: psycopg.Connection
) -> None:
    now = blueprint(db)
    of_events: dict[str, Callable[[tuple[Any, ...]], bool]] = {
        "columns": lambda row: row[0] == "campaign_events",
        "policies": lambda row: row[0] == "campaign_events",
        "grants": lambda row: row[0] == "campaign_events",
        "tables": lambda row: row[0] == "campaign_events",
        "triggers": lambda row: " ON public.campaign_events " in row[1],
        "indexes": lambda row: " public.campaign_events " in row[1] and "pkey" not in row[0],
        "constraints": lambda row: row[1] == "campaign_events" and "pkey" not in row[0],
    }
    for part, belongs in of_events.items():
        old = [row for row in before.blueprint[part] if belongs(row)]
        new = [row for row in now[part] if belongs(row)]
        if part == "tables":
            old, new = ([(*r[:1], *r[2:]) for r in rows] for rows in (old, new))
        if part == "constraints":
            # Where it was the domain's of the column.
            new = [row for row in new if row[0] != "campaign_events_occurred_at_plausible"]
        if part == "indexes":
            new = [(name, text.replace(" ON ONLY ", " ON ")) for name, text in new]
        if part == "triggers":
            new = [row for row in new if row[0] != "z_claim_event_id"]
        assert old, part
        assert new == old, part
    assert now["functions"] != before.blueprint["functions"]
    assert set(before.blueprint["functions"]) <= set(now["functions"])


@pytest.mark.parametrize("name", ["events_by_month", "kept_segments"])
def test_a_second_time_it_refuses_in_words(name: str, db: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match="already: nothing has been changed"):
        add(db, name)


# once each


def test_an_id_is_taken_whatever_the_month(one: CampaignClient, campaign: UUID) -> None:
    assert told(one.analytics.ingest([event(campaign, 1)])) == (1, 0, 0)
    later = one.analytics.ingest([event(campaign, 1, MONTHS[1])])
    assert told(later) == (0, 0, 1)
    assert later.problems[0].reason.endswith("occurred_at")
    both = [event(campaign, 2, MONTHS[1]), event(campaign, 2, MONTHS[2]), event(campaign, 1)]
    assert told(one.analytics.ingest(both)) == (1, 1, 1)
    assert one.analytics.summary(campaign).clicks == 2
    assert not one.analytics.reconcile(campaign).differences


@contextmanager
def waiting(db: psycopg.Connection, work: Callable[[], None]) -> Iterator[None]:
    """Do something that has to wait for a lock; it goes on after the block."""
    thread = threading.Thread(target=work)
    thread.start()
    blocked = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    while thread.is_alive() and not number(db, blocked):
        time.sleep(0.005)
    yield
    thread.join()


@pytest.mark.parametrize("committed", [True, False])
def test_two_writers_of_one_id_in_two_months_store_it_once(
    committed: bool,
    one: CampaignClient,
    campaign: UUID,
    db: psycopg.Connection,
    stack: LocalSupabase,
) -> None:
    user = UUID(str(one.auth.profile().id))
    answers: list[tuple[Any, ...]] = []
    with (
        psycopg.connect(stack.db_url) as first,
        psycopg.connect(stack.db_url, autocommit=True) as second,
    ):
        assert ingest(first, user, event(campaign, 1))[0] == 1
        late = event(campaign, 1, MONTHS[1])
        with waiting(db, lambda: answers.append(ingest(second, user, late))):
            (first.commit if committed else first.rollback)()
    [(inserted, duplicates, rejected, _)] = answers
    assert (inserted, duplicates, len(rejected)) == ((0, 0, 1) if committed else (1, 0, 0))
    assert number(db, EVENTS, campaign) == number(db, IDS, campaign) == 1
    assert one.analytics.summary(campaign).clicks == 1


def test_what_is_refused_takes_no_id(one: CampaignClient, campaign: UUID) -> None:
    wrong = event(campaign, 1, type="click", contact_id=uuid4())
    assert told(one.analytics.ingest([wrong])) == (0, 0, 1)
    assert told(one.analytics.ingest([event(campaign, 1)])) == (1, 0, 0)


def test_ids_go_with_their_campaign(
    one: CampaignClient, campaign: UUID, db: psycopg.Connection
) -> None:
    other = one.campaigns.create("Stays").id
    one.analytics.ingest([event(campaign, 1), event(other, 1, MONTHS[1])])
    one.campaigns.delete(campaign)
    counted = [number(db, query, which) for which in (campaign, other) for query in (IDS, EVENTS)]
    assert counted == [0, 0, 1, 1]


def test_with_the_account_all_goes(
    one: CampaignClient, campaign: UUID, db: psycopg.Connection
) -> None:
    one.analytics.ingest([event(campaign, 1)])
    db.execute("delete from auth.users where id = %s", [one.auth.profile().id])
    assert number(db, IDS, campaign) == number(db, EVENTS, campaign) == 0


# people


def test_a_contact_is_found_and_forgotten_in_every_month(
    one: CampaignClient, campaign: UUID, db: psycopg.Connection
) -> None:
    one.contacts.upsert([{"email": "reader@example.com"}])
    reader = one.contacts.find("reader@example.com")
    assert reader is not None
    one.analytics.ingest(event(campaign, when, when, contact_id=reader.id) for when in MONTHS)
    assert one.segments.size(did("click", at_least=3)).count == 1
    assert len(one.contacts.export_person(reader.id)["events"]) == 3
    assert one.contacts.erase_person(reader.id).events == 3
    assert number(db, EVENTS + " and contact_id is not null", campaign) == 0
    summary = one.analytics.summary(campaign)
    assert (summary.clicks, summary.reach) == (3, 0)


def test_others_neither_see_nor_learn_of_it(
    before: Before, alice: Client, user_id: Callable[[Client], str], db: psycopg.Connection
) -> None:
    assert alice.table("campaign_events").select("*").execute().data == []
    row: Any = {
        "campaign_id": str(before.campaign), "type": "click",
        "occurred_at": MONTHS[1].isoformat(), "user_id": user_id(alice),
    }  # fmt: skip
    codes = set()
    for taken in (before.events[0]["event_id"], "of nobody"):
        with pytest.raises(APIError) as caught:
            alice.table("campaign_events").insert({**row, "event_id": taken}).execute()
        codes.add(caught.value.code)
    assert codes == {"23503"}
    assert number(db, IDS, before.campaign) == 6


@pytest.mark.parametrize(
    "query",
    [
        f"select 1 from campaign_private.campaign_events_{MONTHS[0]:%Y_%m}",
        "select 1 from campaign_private.campaign_events_default",
        f"delete from campaign_private.campaign_events_{MONTHS[0]:%Y_%m}",
        "select 1 from campaign_private.event_ids",
        "insert into campaign_private.event_ids values (auth.uid(), gen_random_uuid(), 'squatted')",
        "delete from campaign_private.event_ids",
        "truncate campaign_private.event_ids",
        "select campaign_private.keep_segment(gen_random_uuid())",
        "select campaign_private.refresh_segments()",
        "select campaign_private.make_event_months()",
        "select campaign_private.drop_event_months(now()::date)",
    ],
)
@pytest.mark.parametrize("role", ["authenticated", "anon"])
def test_what_is_beneath_is_out_of_reach(
    query: str, role: str, before: Before, db: psycopg.Connection
) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        acting_as(db, role, str(before.user)),
    ):
        db.execute(query.encode())


def test_what_is_added_keeps_to_the_rules_of_the_house(db: psycopg.Connection) -> None:
    functions = db.execute(
        "select proname, prosecdef, proconfig, obj_description(oid, 'pg_proc') from pg_proc "
        "where proname ~ 'event_(id|month)|kept|keep_segment|refresh_segments'"
    ).fetchall()
    assert len(functions) == 16
    assert {name for name, definer, *_ in functions if definer} == {"forget_event_ids"}
    for name, _, settings, words in functions:
        assert 'search_path=""' in (settings or []), name
        assert words, name
    tables = db.execute(
        "select relname, relrowsecurity and relforcerowsecurity, obj_description(oid, 'pg_class') "
        "from pg_class where relkind in ('r', 'p') "
        "and relname ~ '^(campaign_events|event_ids|segment_members)'"
    ).fetchall()
    assert len(tables) >= 10
    assert [name for name, closed, words in tables if not closed or not words] == []
    told = db.execute(
        "select count(*) from pg_attribute as a join pg_class as c on c.oid = a.attrelid "
        "where c.relname ~ '^campaign_events_' and c.relkind = 'r' "
        "and a.attname in ('event_id', 'link') and a.attstattarget is distinct from 0"
    ).fetchone()
    assert told == (0,), "the planner must not know what people wrote"


# months


def test_months_are_made_once_and_take_what_came_before_them(
    one: CampaignClient, campaign: UUID, db: psycopg.Connection
) -> None:
    old = datetime(YEAR - 1, 12, 31, 23, 59, 59, tzinfo=UTC)
    given = [event(campaign, 1, old), event(campaign, 2, old + timedelta(seconds=1))]
    assert told(one.analytics.ingest(given)) == (2, 0, 0)
    waiting = f"{WAITING} where occurred_at > '{LONG_AGO + timedelta(1)}'"
    assert number(db, waiting) == 2
    assert number(db, "select campaign_private.make_event_months()") == 2
    assert number(db, "select campaign_private.make_event_months()") == 0
    assert number(db, waiting) == 0
    assert told(one.analytics.ingest(given)) == (0, 2, 0)
    assert one.analytics.summary(campaign).clicks == 2
    assert number(db, f"select campaign_private.drop_event_months('{YEAR}-01-31')") == 1
    assert number(db, EVENTS, campaign) == 1
    # What was counted stays counted, and still counts once.
    assert told(one.analytics.ingest(given)) == (0, 2, 0)
    assert one.analytics.summary(campaign).clicks == 2
    forget = f"select campaign_private.drop_event_months('{YEAR}-02-01', forget => true)"
    assert number(db, forget) == 1
    assert (number(db, EVENTS, campaign), number(db, IDS, campaign)) == (0, 1)
    # Of the one whose id is forgotten too nothing is known but that it was counted.
    assert told(one.analytics.ingest(given)) == (1, 1, 0)


def test_only_recent_months_are_made_however_old_the_events_say_they_are(
    one: CampaignClient, campaign: UUID, db: psycopg.Connection
) -> None:
    """A stray client, or one owner's archive, decides nothing about everybody's partitions."""
    one.contacts.upsert([{"email": "old@example.com"}])
    reader = one.contacts.find("old@example.com")
    assert reader is not None
    this = datetime.now(UTC).date().replace(day=1)
    months = [_months_before(this, n) for n in range(35, 275)]
    given = [
        event(campaign, day, datetime(day.year, day.month, 1, tzinfo=UTC), contact_id=reader.id)
        for day in months
    ]
    make = "select campaign_private.make_event_months({})"
    number(db, make.format(""))
    assert told(one.analytics.ingest(given)) == (240, 0, 0)
    with db.transaction(force_rollback=True):
        assert number(db, make.format("")) == 2
        assert _oldest(db) == months[1] == _months_before(this, 36)
        assert number(db, make.format("")) == 0
        # Whoever wants more of them says so.
        assert number(db, make.format("behind => 40")) == 4
        assert _oldest(db) == months[5]
        assert number(db, WAITING + " where campaign_id = %s", campaign) == 240 - 6
    number(db, make.format(""))
    assert number(db, WAITING + " where campaign_id = %s", campaign) == 240 - 2
    assert told(one.analytics.ingest(given)) == (0, 240, 0)
    assert one.analytics.summary(campaign).clicks == 240
    assert not one.analytics.reconcile(campaign).differences
    assert one.segments.size(did("click", at_least=240)).count == 1


def test_dropping_takes_what_is_older_without_a_month_of_its_own(
    one: CampaignClient, campaign: UUID, db: psycopg.Connection
) -> None:
    days = [datetime(2002, 1, 31, 23, 59, 59, tzinfo=UTC), datetime(2002, 2, 1, tzinfo=UTC)]
    given = [event(campaign, day, day) for day in days]
    one.analytics.ingest(given)
    with db.transaction(force_rollback=True):
        assert number(db, "select campaign_private.drop_event_months('2002-02-28')") == 0
        assert (number(db, EVENTS, campaign), number(db, IDS, campaign)) == (1, 2)
        forget = "select campaign_private.drop_event_months('2002-03-01', forget => true)"
        assert number(db, forget) == 0
        assert (number(db, EVENTS, campaign), number(db, IDS, campaign)) == (0, 1)
    assert one.analytics.summary(campaign).clicks == 2


def _months_before(month: date, n: int) -> date:
    years, left = divmod(month.year * 12 + month.month - 1 - n, 12)
    return date(years, left + 1, 1)


def _oldest(db: psycopg.Connection) -> date:
    [found] = db.execute("select min(m) from public.event_months() as m").fetchone() or [None]
    assert isinstance(found, date)
    return found


def test_two_crons_at_once_make_each_month_once(
    one: CampaignClient, campaign: UUID, db: psycopg.Connection, stack: LocalSupabase
) -> None:
    one.analytics.ingest([event(campaign, 1, datetime(YEAR - 1, 5, 5, tzinfo=UTC))])
    number(db, "select campaign_private.make_event_months()")
    one.analytics.ingest([event(campaign, 2, datetime(YEAR - 1, 6, 5, tzinfo=UTC))])
    made: list[int] = []
    with (
        psycopg.connect(stack.db_url) as first,
        psycopg.connect(stack.db_url, autocommit=True) as second,
    ):
        make = "select campaign_private.make_event_months()"
        made.append(number(first, make))
        with waiting(db, lambda: made.append(number(second, make))):
            first.commit()
    assert made == [1, 0]


def test_this_month_and_the_next_two_are_there(alice: Client) -> None:
    answer: Any = alice.rpc("event_months", {}).execute().data
    this = datetime.now(UTC).date().replace(day=1)
    following = (this + timedelta(31)).replace(day=1)
    assert {this.isoformat(), following.isoformat()} <= set(answer)


def test_pg_cron_makes_the_months_where_it_exists(db: psycopg.Connection) -> None:
    schedule = "select campaign_private.schedule_event_months()"
    assert db.execute(schedule).fetchone() == (False,)
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
        assert db.execute(schedule).fetchone() == (True,)
        [job] = db.execute("select current_setting('test.job')").fetchone() or [""]
        db.execute(str(job).encode())


# replicas

READS = {
    "summarize_campaign(%(campaign)s)": 1,
    "reconcile_campaign(%(campaign)s)": 1,
    "report_engagement()": 1,
    "break_down_campaign(%(campaign)s, 'city')": None,
    "experiment_arms(%(campaign)s)": None,
    "count_clicks(%(campaign)s)": 1,
    "click_hours(%(campaign)s, false)": 1,
    "contact_history(%(contact)s)": 1,
    "delivery_status(%(campaign)s)": 0,
    "audience_size(%(rules)s::jsonb)": 1,
    "audience_funnel(%(rules)s::jsonb)": None,
    "group_audience(%(rules)s::jsonb, 'city')": 1,
    "match_contacts(%(rules)s::jsonb)": 1,
    "list_contact_fields()": 1,
    "inspect_audience(%(rules)s::jsonb, '[]', '[]')": 1,
    "kept_segment(%(segment)s)": None,
    "kept_contacts(%(segment)s)": None,
    "event_months()": None,
}


@pytest.mark.parametrize("call", READS)
def test_a_report_writes_nothing_so_that_a_replica_can_answer(
    call: str, before: Before, db: psycopg.Connection
) -> None:
    """A replica takes read-only transactions; and the API begins one for what is stable."""
    name = call.partition("(")[0]
    how = db.execute("select provolatile::text from pg_proc where proname = %s", [name])
    assert how.fetchall() == [("s",)]
    given = {
        "campaign": before.campaign,
        "contact": before.contact,
        "segment": before.segment,
        "rules": json.dumps({"combinator": "and", "rules": [], "everyone": True}),
    }
    with acting_as(db, "authenticated", str(before.user)):
        db.execute("set transaction read only")
        rows = db.execute(f"select * from public.{call}".encode(), given).fetchall()
    assert READS[call] in (None, len(rows))


# the doctor


def test_the_doctor_is_content_and_says_what_was_added(before: Before) -> None:
    found = list(examine(before.client))
    assert [each for each in found if each.status in ("warning", "failed")
            and each.name not in ("tick", "realtime")] == []  # fmt: skip
    told = {each.name: each.message for each in found if each.name.startswith("addition")}
    assert told.keys() == {"addition: events by month", "addition: kept segments"}
    assert "months, until" in told["addition: events by month"]


def test_the_doctor_warns_of_a_month_that_is_missing() -> None:
    months = ["2026-11-01", "2026-12-01"]
    assert _event_months(months, date(2026, 11, 30)).status == "ok"
    late = _event_months(months, date(2026, 12, 31))
    assert (late.status, late.message) == ("warning", "there is no partition for 2027-01 yet")
    assert "make_event_months" in (late.remedy or "")
