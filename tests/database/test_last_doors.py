"""What is tried by nobody who uses the functions, or only by somebody with more rights."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from supabase import Client

from . import catalog
from .conftest import Refused
from .world import EVERYONE, Row, World, insert

ROLES = ("anon", "authenticated", "service_role")


@pytest.fixture
def draft(alice: Client) -> Row:
    return insert(alice, "campaigns", name="c")


def test_what_a_later_chapter_puts_into_the_helper_schema_is_closed(
    db: psycopg.Connection,
) -> None:
    with db.transaction(force_rollback=True):
        # Default privileges are those of who made the schema.
        db.execute(
            "select set_config('role', nspowner::regrole::text, true) from pg_namespace"
            " where nspname = 'campaign_private'"
        )
        db.execute("create table campaign_private.later (id integer)")
        db.execute("create sequence campaign_private.counter")
        db.execute("create function campaign_private.help() returns integer language sql return 1")
        # Functions are open to everybody unless a chapter closes them, as each does; to the
        # API's roles by name none is.
        rights = db.execute(
            "select acl.grantee::regrole::text from pg_class as c, aclexplode(c.relacl) as acl"
            " where c.relnamespace = 'campaign_private'::regnamespace"
            " and c.relname in ('later', 'counter')"
            " union all"
            " select acl.grantee::regrole::text from pg_proc as p, aclexplode(p.proacl) as acl"
            " where p.pronamespace = 'campaign_private'::regnamespace and p.proname = 'help'"
            " and acl.grantee <> 0"
        ).fetchall()
    assert {role for (role,) in rights} & set(ROLES) == set()


def test_no_table_tells_old_rows(db: psycopg.Connection) -> None:
    # Realtime filters no deletions: with a full replica identity it would broadcast whole rows.
    identities = db.execute(
        "select relname from pg_class where relreplident <> 'd' and relkind = 'r'"
        " and relnamespace in ('public'::regnamespace, 'campaign_private'::regnamespace)"
    ).fetchall()
    assert identities == []


@pytest.mark.parametrize("name", ["impressions", "clicks", "conversions"])
def test_nothing_is_recorded_backwards(
    alice: Client, draft: Row, refused: Refused, name: str
) -> None:
    ten: Row = {"campaign_id": draft["id"], name: 10}
    alice.rpc("record_engagement", ten).execute()
    assert refused(alice.rpc("record_engagement", {**ten, name: -1}).execute) == "22023"
    rows: Any = alice.from_("campaign_analytics").select(name).execute().data
    assert rows == [{name: 10}]


def test_an_import_that_changes_something_else_leaves_the_date_of_a_no(alice: Client) -> None:
    for day in (2, 1):
        item = {
            "email": "a@example.com",
            "attributes": {"day": day},
            "unsubscribed_at": f"2026-01-0{day}T00:00:00Z",
        }
        alice.rpc("upsert_contacts", {"contacts": [item]}).execute()
    rows: Any = alice.from_("contacts").select("attributes, unsubscribed_at").execute().data
    assert rows[0]["attributes"] == {"day": 1}
    assert rows[0]["unsubscribed_at"].startswith("2026-01-02")


def test_a_segment_in_use_isnt_given_away_by_anybody(
    victim: World, mallory: World, db: psycopg.Connection
) -> None:
    segment = insert(victim.client, "audience_segments", name="s")
    insert(victim.client, "campaigns", name="c", segment_id=segment["id"])
    change = "update public.audience_segments set user_id = %s where id = %s"
    with pytest.raises(psycopg.errors.ForeignKeyViolation), catalog.acting_as(db, "service_role"):
        db.execute(change, [mallory.user_id, segment["id"]])


@pytest.mark.parametrize("days", [2, 365, 9_000])
def test_no_event_is_of_the_future(alice: Client, draft: Row, refused: Refused, days: int) -> None:
    when = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    event = {"campaign_id": draft["id"], "event_id": "e", "type": "click", "occurred_at": when}
    assert refused(lambda: insert(alice, "campaign_events", **event)) == "23514"
    good = {**event, "event_id": "g", "occurred_at": "2026-01-01T00:00:00Z"}
    data: Any = alice.rpc("ingest_events", {"events": [event, good]}).execute().data
    assert (data["inserted"], data["rejected"]) == (1, [0])
    assert data["reasons"][0].startswith("occurred_at: ")


@pytest.mark.parametrize("status", ["lost", "Draft", ""])
def test_no_status_beyond_those_that_are_known(
    draft: Row, db: psycopg.Connection, status: str
) -> None:
    with db.transaction(force_rollback=True):
        # A move that somebody added without thinking of what knows the statuses.
        db.execute(
            "insert into campaign_private.campaign_moves (move, from_status, to_status)"
            " values ('lose', 'draft', %s)",
            [status],
        )
        change = "update public.campaigns set status = %s where id = %s"
        with pytest.raises(psycopg.errors.CheckViolation):
            db.execute(change, [status, draft["id"]])


@pytest.mark.parametrize(
    "kind",
    ["impression", "click", "conversion", "delivered", "bounced", "complained", "unsubscribed"],
)
def test_every_kind_of_event_is_counted_once(alice: Client, draft: Row, kind: str) -> None:
    event = {
        "campaign_id": draft["id"],
        "event_id": "e",
        "type": kind,
        "occurred_at": "2026-01-01T00:00:00Z",
    }
    for batch, number in enumerate((1, 2, 1)):
        given = [{**event, "event_id": f"{batch}-{n}"} for n in range(number)]
        alice.rpc("ingest_events", {"events": given}).execute()
    rows: Any = alice.from_("campaign_analytics").select("*").execute().data
    column = kind if kind.endswith("ed") else f"{kind}s"
    counts = {name: value for name, value in rows[0].items() if isinstance(value, int) and value}
    assert counts == {column: 4}


def test_a_list_of_addresses_may_have_gaps(alice: Client) -> None:
    emails = [None, "a@example.com", None]
    data: Any = alice.rpc("suppress_addresses", {"emails": emails}).execute().data
    assert data == {"added": 1, "unchanged": 0}


def test_who_cant_be_reached_is_left_out_if_asked(alice: Client) -> None:
    items = [{"email": f"{name}@example.com"} for name in "abc"]
    items[0]["unsubscribed_at"] = "2026-01-01T00:00:00Z"
    alice.rpc("upsert_contacts", {"contacts": items}).execute()
    alice.rpc("suppress_addresses", {"emails": ["b@example.com"]}).execute()
    for reachable, expected in ((False, 3), (True, 1)):
        arguments = {"rules": EVERYONE, "reachable": reachable}
        rows: Any = alice.rpc("match_contacts", arguments).execute().data
        assert len(rows) == expected


@pytest.mark.parametrize("message", [None, "", " \n"])
def test_nothing_is_launched_that_says_nothing(
    alice: Client, refused: Refused, message: str | None
) -> None:
    campaign = insert(alice, "campaigns", name="c", message=message, rules=EVERYONE)
    launch = alice.rpc("move_campaign", {"campaign_id": campaign["id"], "move": "launch"})
    assert refused(launch.execute) == "CMP05"
    alice.from_("campaigns").update({"html": "<p>Hello</p>"}).eq("id", campaign["id"]).execute()
    rows: Any = launch.execute().data
    assert rows[0]["status"] == "active"


def test_a_batch_is_nobodys_to_add_even_without_its_trigger(
    victim: World, db: psycopg.Connection
) -> None:
    values = [victim.rows["campaigns"]["id"], victim.user_id]
    with db.transaction(force_rollback=True):
        db.execute("set local session_replication_role = replica")
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
            catalog.acting_as(db, "authenticated", victim.user_id),
        ):
            db.execute(
                "insert into public.campaign_batches (campaign_id, user_id, batch, contact_ids)"
                " values (%s, %s, 999, array[gen_random_uuid()])",
                values,
            )


FAR = "10000-06-01T00:00:00Z"
NESTED = "[" * 101 + "]" * 101
VARIANTS = '[{"name": "a", "weight": 1}, {"name": "b", "weight": 1}]'
# What row level security and the API's own rights keep nearly everybody from trying: each breaks
# one check, and nothing else.
BROKEN: list[tuple[str, str, Row]] = [
    ("contacts", "contacts_email_shape", {"email": "nobody"}),
    ("contacts", "contacts_phone_length", {"phone": ""}),
    ("contacts", "contacts_attributes_object", {"attributes": "[]"}),
    ("contacts", "contacts_attributes_size", {"attributes": '{"x": "' + "x" * 65_536 + '"}'}),
    ("contacts", "contacts_attributes_readable", {"attributes": '{"x": ' + NESTED + "}"}),
    ("contacts", "contacts_dates_readable", {"unsubscribed_at": FAR}),
    ("audience_segments", "audience_segments_name_length", {"name": " "}),
    ("audience_segments", "audience_segments_description_size", {"description": "x" * 102_401}),
    ("audience_segments", "audience_segments_dates_readable", {"created_at": FAR}),
    ("audience_segments", "audience_segments_timezone_known", {"timezone": "EST"}),
    ("campaigns", "campaigns_name_length", {"name": " "}),
    ("campaigns", "campaigns_description_size", {"description": "x" * 102_401}),
    ("campaigns", "campaigns_message_size", {"message": "x" * 102_401}),
    ("campaigns", "campaigns_subject_line", {"subject": "a\nb"}),
    ("campaigns", "campaigns_preheader_line", {"preheader": "a\nb"}),
    ("campaigns", "campaigns_html_size", {"html": "x" * 524_289}),
    ("campaigns", "campaigns_channel_known", {"channel": "fax"}),
    ("campaigns", "campaigns_variants_shape", {"variants": "[]"}),
    ("campaigns", "campaigns_hold_out_bounded", {"hold_out": 0.6}),
    ("campaigns", "campaigns_test_share_bounded", {"test_share": 1, "variants": VARIANTS}),
    ("campaigns", "campaigns_audience_size_positive", {"audience_size": -1}),
    ("campaigns", "campaigns_timezone_known", {"timezone": "EST"}),
    ("campaigns", "campaigns_dates_readable", {"scheduled_at": FAR}),
    ("campaign_analytics", "campaign_analytics_counts_positive", {"bounced": -1}),
    ("campaign_analytics", "campaign_analytics_date_plausible", {"date": "1999-12-31"}),
    ("campaign_analytics", "campaign_analytics_dates_readable", {"created_at": FAR}),
    ("campaign_events", "campaign_events_event_id_length", {"event_id": ""}),
    ("campaign_events", "campaign_events_type_known", {"type": "open"}),
    ("campaign_events", "campaign_events_actor_known", {"actor": "robot"}),
    ("campaign_events", "campaign_events_actor_rule_length", {"actor_rule": ""}),
    ("campaign_events", "campaign_events_link_length", {"link": ""}),
    ("campaign_events", "campaign_events_value_finite", {"value": "NaN"}),
    ("campaign_events", "campaign_events_occurred_at_plausible", {"occurred_at": "1999-01-01"}),
    (
        "campaign_events",
        "campaign_events_received_at_plausible",
        {"received_at": "9999-12-31T00:00:00Z"},
    ),
    # What a trigger puts right before it is checked, where triggers run.
    ("contacts", "contacts_email_normalized", {"email": "A@example.com"}),
    ("campaigns", "campaigns_status_known", {"status": "lost"}),
    ("campaigns", "campaigns_scheduled_has_date", {"status": "scheduled"}),
    ("campaigns", "campaigns_promoted_tested", {"promoted": "a"}),
]
LEAST: dict[str, Row] = {
    "contacts": {"email": "least@example.com"},
    "audience_segments": {"name": "s"},
    "campaigns": {"name": "c", "timezone": "UTC"},
    "campaign_analytics": {"date": "2026-05-05"},
    "campaign_events": {"event_id": "least", "type": "click", "occurred_at": "2026-01-01"},
}


def store(db: psycopg.Connection, table: str, row: Row) -> None:
    query = f"insert into public.{table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})"
    db.execute(query.encode(), list(row.values()))


@pytest.mark.parametrize(("table", "constraint", "row"), BROKEN, ids=lambda value: str(value)[:50])
def test_the_service_role_breaks_no_check_either(
    victim: World, db: psycopg.Connection, table: str, constraint: str, row: Row
) -> None:
    owner: Row = {"user_id": victim.user_id}
    if table.startswith("campaign_"):
        owner["campaign_id"] = victim.rows["campaigns"]["id"]
    with db.transaction(force_rollback=True):
        # Triggers apart: they are other doors, with tests of their own.
        db.execute("set local session_replication_role = replica")
        with pytest.raises(psycopg.errors.CheckViolation) as caught:
            store(db, table, {**LEAST[table], **owner, **row})
    assert caught.value.diag.constraint_name == constraint


def test_every_check_of_the_five_tables_is_tried(db: psycopg.Connection) -> None:
    checks = db.execute(
        "select conname from pg_constraint"
        " where contype = 'c' and (conrelid::regclass::text = any (%(tables)s) or contypid in ("
        " select atttypid from pg_attribute where attrelid::regclass::text = any (%(tables)s)))",
        {"tables": list(LEAST)},
    ).fetchall()
    assert {name for (name,) in checks} == {constraint for _, constraint, _ in BROKEN}


def test_a_receipt_reaches_no_delivery_of_anothers(
    victim: World, mallory: World, db: psycopg.Connection
) -> None:
    # Row level security doesn't hold who takes a vendor's webhooks.
    told = [{"provider_id": victim.rows["campaign_deliveries"]["provider_id"], "type": "delivered"}]
    note = "select changed, repeated, unmatched from campaign_private.note_receipts(%s, %s)"
    with db.transaction(force_rollback=True):
        assert db.execute(note, [mallory.user_id, json.dumps(told)]).fetchone() == (0, 0, 1)
        assert db.execute(note, [victim.user_id, json.dumps(told)]).fetchone() == (1, 0, 0)


def test_no_vendors_id_leads_to_who_was_erased(vandal: World, db: psycopg.Connection) -> None:
    query = "select provider_id from public.campaign_deliveries where user_id = %s"
    assert db.execute(query, [vandal.user_id]).fetchall() != [(None,)]
    vandal.client.rpc("erase_person", {"contact_id": vandal.rows["contacts"]["id"]}).execute()
    assert db.execute(query, [vandal.user_id]).fetchall() == [(None,)]
