"""Row level security by table: another user's rows are out of reach, whatever is tried."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from postgrest.types import CountMethod, ReturnMethod
from supabase import Client

from . import catalog
from .conftest import Refused
from .world import KEYS, UNWRITABLE, Row, World, belongings, insert

pytestmark = pytest.mark.usefixtures("unharmed")

TABLES = sorted(KEYS)
APPEND_ONLY = {"campaign_events", "campaign_status_history", "draft_budgets"}
UNDELETED = APPEND_ONLY | {"campaign_batches", "campaign_rates", "link_keys"}
# What only functions or triggers add, and what is deleted but never changed.
NOT_BY_HAND = {"campaign_status_history", "suppressions", "campaign_batches", "draft_budgets"}
# What there is one of, for each owner, campaign or member.
ONE_EACH = {"campaign_deliveries", "campaign_rates", "campaign_settings", "link_settings"} | {
    "attribute_schemas"
}
UNCHANGING = APPEND_ONLY | {"suppressions"}
GENERATED = {"size", "in_flight", "pending", "checks", "faults", "fault"}
CHANGES: dict[str, Row] = {
    "attribute_schemas": {"mode": "warn"},
    "contacts": {"phone": "666"},
    "audience_segments": {"name": "stolen"},
    "campaigns": {"name": "stolen"},
    "campaign_assets": {"alt": "stolen"},
    "campaign_analytics": {"clicks": 666},
    "campaign_events": {"value": 666},
    "campaign_status_history": {"to_status": "archived"},
    "suppressions": {"source": "stolen"},
    "draft_budgets": {"tokens": 0},
    "campaign_batches": {"claims": 666},
    "campaign_deliveries": {"provider_id": "stolen"},
    "campaign_rates": {"next_at": "2030-01-01T00:00:00+00:00"},
    "campaign_failures": {"reason": "stolen"},
    "campaign_settings": {"cap_days": 66},
    "link_keys": {"revoked_at": "2026-01-01T00:00:00+00:00"},
    "link_settings": {"unsubscribe_page": "https://example.com/stolen"},
}
LINKS = [
    ("attribute_schemas", "user_id"),
    ("audience_segments", "user_id"),
    ("campaign_analytics", "campaign_id"),
    ("campaign_analytics", "user_id"),
    ("campaign_assets", "campaign_id"),
    ("campaign_assets", "user_id"),
    ("campaign_batches", "campaign_id"),
    ("campaign_deliveries", "campaign_id"),
    ("campaign_events", "campaign_id"),
    ("campaign_events", "contact_id"),
    ("campaign_events", "user_id"),
    ("campaign_failures", "campaign_id"),
    ("campaign_failures", "user_id"),
    ("campaign_rates", "campaign_id"),
    ("campaign_rates", "user_id"),
    ("campaign_settings", "user_id"),
    ("campaign_status_history", "campaign_id"),
    ("campaign_status_history", "user_id"),
    ("campaigns", "segment_id"),
    ("campaigns", "user_id"),
    ("contacts", "user_id"),
    ("link_keys", "user_id"),
    ("link_settings", "user_id"),
    ("suppressions", "user_id"),
    ("draft_budgets", "user_id"),
]
TARGETS = {
    "campaign_id": "campaigns",
    "contact_id": "contacts",
    "segment_id": "audience_segments",
}
# By row level security or a missing privilege; or by a foreign key.
DENIED = {"42501", "23503"}


def another(row: Row) -> Row:
    """Return a row like this one that collides with none, as far as one may write it."""
    fresh = {
        "email": f"{uuid.uuid4().hex}@example.com",
        "date": "2026-02-02",
        "event_id": uuid.uuid4().hex,
        "name": uuid.uuid4().hex,
        "status": "draft",
        "action": "freeze",
    }
    row = {**row, **{column: value for column, value in fresh.items() if column in row}}
    unwritable = UNWRITABLE | GENERATED | {"changed_at", "changed_by"}
    return {column: value for column, value in row.items() if column not in unwritable}


def aimed_at(query: Any, key: dict[str, str]) -> Any:
    for column, value in key.items():
        query = query.eq(column, value)
    return query


def release(world: World, table: str) -> None:
    """Let go of a segment or an asset: what is in use stays, for its owner too."""
    if table in ("audience_segments", "campaign_assets"):
        aimed_at(world.client.from_("campaigns").delete(), world.key("campaigns")).execute()
    if table == "campaign_assets":
        draft = insert(world.client, "campaigns", name="draft")
        row = {key: value for key, value in world.rows[table].items() if key != "created_at"}
        world.rows[table] = insert(world.client, table, **{**row, "campaign_id": draft["id"]})


def linked(world: World, column: str) -> str:
    """Return what of a world's owner a column could refer to."""
    if column == "user_id":
        return world.user_id
    return str(world.rows[TARGETS[column]]["id"])


def test_every_table_and_link_has_its_story(db: psycopg.Connection) -> None:
    assert catalog.tables(db, "public") == set(TABLES) == set(CHANGES)
    assert catalog.foreign_key_columns(db) == set(LINKS)


@pytest.mark.parametrize("table", TABLES)
def test_reading_gives_the_own_rows_and_no_other(
    table: str, db: psycopg.Connection, mallory: World, victim: World
) -> None:
    own = belongings(db, mallory.user_id)[table]
    everything = mallory.client.from_(table).select("*", count=CountMethod.exact).execute()
    assert [mallory.rows[table]] == everything.data[:1]
    assert len(own) == len(everything.data) == everything.count
    aimed = aimed_at(
        mallory.client.from_(table).select("*", count=CountMethod.exact), victim.key(table)
    )
    answer = aimed.execute()
    assert (answer.data, answer.count) == ([], 0)


@pytest.mark.parametrize("table", TABLES)
def test_an_owner_is_not_refused(table: str, vandal: World) -> None:
    """Or the denials below could have another cause."""
    client, row = vandal.client, vandal.rows[table]
    if table not in NOT_BY_HAND | ONE_EACH:
        client.from_(table).insert(another(row)).execute()
    if table not in UNCHANGING:
        own = aimed_at(client.from_(table).update(CHANGES[table]), vandal.key(table)).execute()
        assert own.data[0].items() >= CHANGES[table].items()
    if table not in UNDELETED:
        release(vandal, table)
        gone = aimed_at(client.from_(table).delete(), vandal.key(table)).execute()
        assert len(gone.data) == 1


@pytest.mark.parametrize("table", TABLES)
def test_an_aimed_update_or_delete_finds_nothing(
    table: str, mallory: World, victim: World, refused: Refused
) -> None:
    queries = [
        (UNCHANGING, mallory.client.from_(table).update(CHANGES[table])),
        (UNDELETED, mallory.client.from_(table).delete()),
    ]
    for closed, every in queries:
        query = aimed_at(every, victim.key(table))
        if table in closed:
            assert refused(query.execute) == "42501"
        else:
            assert query.execute().data == []


@pytest.mark.parametrize("table", TABLES)
def test_an_update_and_a_delete_of_everything_stop_at_the_own_rows(
    table: str, vandal: World, refused: Refused
) -> None:
    rows = vandal.client.from_(table)
    # As on hosted projects, a request without any filter is refused as such.
    for unfiltered in (rows.update(CHANGES[table]), rows.delete()):
        assert refused(unfiltered.execute) == "21000"
    update = rows.update(CHANGES[table]).not_.is_("user_id", "null")
    delete = rows.delete().not_.is_("user_id", "null")
    if table in UNCHANGING:
        assert refused(update.execute) == "42501"
    else:
        assert len(update.execute().data) == 1
    if table in UNDELETED:
        assert refused(delete.execute) == "42501"
        return
    release(vandal, table)
    assert len(delete.execute().data) == 1


@pytest.mark.parametrize("table", sorted(KEYS.keys() - (UNCHANGING & UNDELETED)))
def test_so_does_a_statement_that_reads_nothing(
    table: str, vandal: World, db: psycopg.Connection
) -> None:
    """Where there is a filter or an answer, the policy for reading binds the write too."""
    release(vandal, table)
    own = len(belongings(db, vandal.user_id)[table])
    [(column, value)] = CHANGES[table].items()
    with catalog.acting_as(db, "authenticated", vandal.user_id):
        if table not in UNCHANGING:
            update = db.execute(f"update {table} set {column} = %s".encode(), [value])
            assert update.rowcount == own
        if table not in UNDELETED:
            assert db.execute(f"delete from {table}".encode()).rowcount == own
    assert own > 0


@pytest.mark.parametrize("table", TABLES)
def test_inserting_as_another_is_refused(
    table: str, mallory: World, victim: World, refused: Refused
) -> None:
    forged = another(victim.rows[table])
    for returning in ReturnMethod:
        query = mallory.client.from_(table).insert(forged, returning=returning)
        assert refused(query.execute) in DENIED


@pytest.mark.parametrize("table", TABLES)
def test_an_upsert_onto_anothers_row_is_refused(
    table: str, mallory: World, victim: World, refused: Refused
) -> None:
    client, key = mallory.client.from_(table), ",".join(KEYS[table])
    theirs = {**victim.rows[table], **CHANGES[table]}
    mine = {**mallory.rows[table], **CHANGES[table], **victim.key(table)}
    if "status" in mine:
        theirs["status"] = mine["status"] = "draft"
    for row in (theirs, mine):
        assert refused(client.upsert(row, on_conflict=key).execute) in DENIED | {"428C9"}


@pytest.mark.parametrize(("table", "column"), LINKS)
def test_a_new_row_cannot_refer_to_what_is_anothers(
    table: str, column: str, mallory: World, victim: World, refused: Refused
) -> None:
    row = {**another(mallory.rows[table]), column: linked(victim, column)}
    for returning in ReturnMethod:
        query = mallory.client.from_(table).insert(row, returning=returning)
        assert refused(query.execute) in DENIED


@pytest.mark.parametrize(("table", "column"), LINKS)
def test_a_row_cannot_be_given_away_or_made_to_refer_to_what_is_anothers(
    table: str, column: str, vandal: World, victim: World, refused: Refused
) -> None:
    key = vandal.key(table)
    if table == "campaigns":
        # The launched one is frozen.
        key = {"id": insert(vandal.client, table, name="draft")["id"]}
    if table == "campaign_assets":
        release(vandal, table)
        key = vandal.key(table)
    update = vandal.client.from_(table).update({column: linked(victim, column)})
    assert refused(aimed_at(update, key).execute) in DENIED


@pytest.mark.parametrize(("table", "column"), LINKS)
def test_nor_by_a_statement_that_reads_nothing(
    table: str, column: str, vandal: World, victim: World, db: psycopg.Connection
) -> None:
    if table == "campaigns":
        # The launched one is frozen.
        aimed_at(vandal.client.from_(table).delete(), vandal.key(table)).execute()
        insert(vandal.client, table, name="draft")
    if table == "campaign_assets":
        release(vandal, table)
    query = f"update {table} set {column} = %s"
    with (
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ForeignKeyViolation)),
        catalog.acting_as(db, "authenticated", vandal.user_id),
    ):
        db.execute(query.encode(), [linked(victim, column)])


def test_whether_another_has_an_event_of_this_id_cannot_be_found_out(
    mallory: World, victim: World, refused: Refused
) -> None:
    taken = {
        **another(victim.rows["campaign_events"]),
        **victim.key("campaign_events"),
        "user_id": mallory.user_id,
        "contact_id": None,
    }
    codes = {
        refused(mallory.client.from_("campaign_events").insert(row).execute)
        for row in (taken, {**taken, "event_id": "of nobody"})
    }
    assert codes == {"23503"}


def test_batches_cannot_be_written_by_hand(mallory: World, refused: Refused) -> None:
    row = {**another(mallory.rows["campaign_batches"]), "batch": 2}
    query = mallory.client.from_("campaign_batches").insert(row)
    assert refused(query.execute) == "42501"


def test_history_cannot_be_written_by_hand(mallory: World, refused: Refused) -> None:
    row = another(mallory.rows["campaign_status_history"])
    query = mallory.client.from_("campaign_status_history").insert(row)
    assert refused(query.execute) == "42501"


@pytest.mark.parametrize("table", TABLES)
def test_nobody_signed_in_is_refused_everything(
    table: str, nobody: Client, victim: World, refused: Refused
) -> None:
    rows = nobody.from_(table)
    queries = [
        rows.select("*"),
        rows.insert(another(victim.rows[table])),
        aimed_at(rows.update(CHANGES[table]), victim.key(table)),
        aimed_at(rows.delete(), victim.key(table)),
    ]
    assert {refused(query.execute) for query in queries} == {"42501"}


@pytest.mark.parametrize("table", TABLES)
def test_truncate_is_refused(table: str, db: psycopg.Connection) -> None:
    for role in ("anon", "authenticated", "service_role"):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            catalog.acting_as(db, role),
        ):
            db.execute(f"truncate {table} cascade".encode())


def test_whether_another_has_counters_of_this_day_cannot_be_found_out(
    mallory: World, victim: World, refused: Refused
) -> None:
    taken = {**another(victim.rows["campaign_analytics"]), "user_id": mallory.user_id}
    taken["date"] = victim.rows["campaign_analytics"]["date"]
    codes = {
        refused(mallory.client.from_("campaign_analytics").insert(row).execute)
        for row in (taken, {**taken, "date": "2026-02-03"})
    }
    assert codes == {"42501"}
