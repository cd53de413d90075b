"""One tenant, one's own cost: what others have isn't read."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from campaign_sdk.local import LocalSupabase

from .catalog import rows

OTHERS = 10_000
CAMPAIGNS = """
    with made as (
      insert into campaigns (user_id, name, timezone)
      select %s, 'c', 'UTC' from generate_series(1, %s)
      returning id, user_id
    ),
    described as (insert into audience_segments (user_id, name) select user_id, id from made),
    moved as (
      insert into campaign_status_history (user_id, campaign_id, from_status, to_status)
      select user_id, id, 'draft', 'archived' from made
    ),
    counted as (
      insert into campaign_analytics (user_id, campaign_id, date, clicks)
      select user_id, id, '2026-01-01'::date + d, 1 from made, generate_series(1, %s) as d
    )
    insert into contacts (user_id, email) select %s, id || '@example.com' from made
"""


@pytest.fixture(scope="module")
def crowded(stack: LocalSupabase) -> Iterator[psycopg.Connection]:
    """Somebody with a little, who asks beside somebody with a lot; nothing of it stays."""
    lonely, crowd = str(uuid.uuid4()), str(uuid.uuid4())
    with (
        psycopg.connect(stack.db_url, autocommit=True) as db,
        db.transaction(force_rollback=True),
    ):
        # Without triggers, which would take seconds.
        db.execute("set local session_replication_role = replica")
        for user, days, campaigns in ((lonely, 3, 2), (crowd, 5, OTHERS)):
            db.execute("insert into auth.users (id) values (%s)", [user])
            db.execute(CAMPAIGNS, [user, campaigns, days, user])
        db.execute("analyze contacts, campaigns, audience_segments")
        db.execute("analyze campaign_analytics, campaign_status_history")
        claims = json.dumps({"sub": lonely, "role": "authenticated"})
        db.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        db.execute("set local role authenticated")
        yield db
        db.execute("reset role")


def _seen(node: dict[str, Any]) -> int:
    removed = node.get("Rows Removed by Filter", 0) + node["Actual Rows"]
    return int(removed * node["Actual Loops"]) + sum(map(_seen, node.get("Plans", [])))


NARROW = ["audience_segments", "campaign_analytics", "campaign_status_history", "campaigns"]


@pytest.mark.parametrize("table", [*NARROW, "contacts"])
def test_a_plain_reading_passes_by_the_rows_of_others(
    table: str, crowded: psycopg.Connection
) -> None:
    pages = ("order by id limit 1000", *([""] if table in NARROW else []))
    for page in pages:
        [(plan,)] = rows(crowded, f"explain (analyze, format json) select * from {table} {page}")
        assert _seen(plan[0]["Plan"]) < 100, plan


def _read(db: psycopg.Connection, table: str) -> int:
    """What a function reads, PostgreSQL counts for the table and its indexes."""
    query = """
        select pg_stat_get_xact_tuples_returned(%(table)s::regclass)
          + (select sum(pg_stat_get_xact_tuples_returned(indexrelid)) from pg_index
             where indrelid = %(table)s::regclass)
    """
    return int(db.execute(query, {"table": table}).fetchall()[0][0])


def test_a_report_reads_its_owners_counters(crowded: psycopg.Connection) -> None:
    before = _read(crowded, "campaign_analytics")
    [(report,)] = rows(crowded, "select clicks from report_engagement()")
    assert report == [6]
    assert _read(crowded, "campaign_analytics") - before < 100


@pytest.fixture
def missed(crowded: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """As on a hosted project, where a sample of a large crowd misses who has little."""
    with crowded.transaction(force_rollback=True):
        crowded.execute("reset role")
        crowded.execute("alter table contacts alter user_id set (n_distinct = 1)")
        crowded.execute("analyze contacts")
        crowded.execute("set local random_page_cost = 1.1")
        crowded.execute("set local role authenticated")
        yield crowded


RULE = {"field": "a", "operator": "contains", "value": "x"}
RULES = json.dumps({"combinator": "and", "rules": [RULE]})
BY_CONTACTS: dict[str, tuple[str, object]] = {
    "rules are compiled": ("campaign_private.compile_rules(%s::jsonb)", RULES),
    "fields are listed": ("list_contact_fields(%s)", 1_000),
    "a schema is checked": ("schema_violations(null, %s)", 1_000),
}


@pytest.mark.parametrize("what", BY_CONTACTS)
def test_by_their_owners_contacts_alone(what: str, missed: psycopg.Connection) -> None:
    call, argument = BY_CONTACTS[what]
    before = _read(missed, "contacts")
    missed.execute(f"select {call}".encode(), [argument])
    assert _read(missed, "contacts") - before < 100


def test_of_these_an_owner_has_few(db: psycopg.Connection) -> None:
    query = """
        select attrelid::regclass::text from pg_attribute
        where attname = 'user_id' and attoptions = '{n_distinct=-0.001}' order by 1
    """
    assert [table for (table,) in rows(db, query)] == NARROW
