"""All writers take their rows in one order, so that none waits for another in a circle.

A race only shows it now and then. Here one row is held, and looked at which of the others the
writer that waits for it has taken before: those that come first, and none that comes later.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from supabase import Client

from campaign_sdk.local import LocalSupabase

from .test_concurrency import signed_in
from .world import Row, insert

SIZE = 24
HELD = [3, 9, 17]
BIG = {"notes": "x" * 40_000}


def waits(db: psycopg.Connection, pid: int) -> bool:
    row = db.execute("select cardinality(pg_blocking_pids(%s)) > 0", [pid]).fetchone()
    return bool(row and row[0])


@contextmanager
def blocked(stack: LocalSupabase, owner: str, call: str, given: Any, hold: str) -> Iterator[None]:
    """Call a function that has to wait for a row that somebody holds."""
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(stack.db_url) as holder,
        signed_in(stack, owner) as writer,
        psycopg.connect(stack.db_url, autocommit=True) as watcher,
    ):
        assert holder.execute(hold.encode()).rowcount == 1
        # Whoever doesn't ask for an order has one by chance, as long as the plan sorts.
        writer.execute("set enable_sort = off")
        writing = pool.submit(writer.execute, call.encode(), [json.dumps(given)])
        ends = time.monotonic() + 60
        try:
            while not waits(watcher, writer.info.backend_pid):
                assert not writing.done()
                assert time.monotonic() < ends
                time.sleep(0.01)
            yield
        finally:
            holder.rollback()
            writing.result(20)


def untaken(db: psycopg.Connection, query: str) -> list[Any]:
    with db.transaction(force_rollback=True):
        return sorted(row[0] for row in db.execute(f"{query} for update skip locked".encode()))


def shuffled(items: list[Row]) -> list[Row]:
    return random.Random(7).sample(items, len(items))


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("refused", [False, True])
def test_contacts_are_taken_by_address(
    stack: LocalSupabase, alice: Client, user_id: Any, db: psycopg.Connection,
    held: int, refused: bool,
) -> None:  # fmt: skip
    owner = user_id(alice)
    emails = [f"{n:02}@example.com" for n in range(SIZE)]
    # The first one is full: an upsert that is refused goes on person by person.
    stored = [{"email": email, "attributes": BIG if email < "01" else {}} for email in emails]
    alice.rpc("upsert_contacts", {"contacts": stored}).execute()
    more = {"more": BIG["notes"]} if refused else {"more": 1}
    items = [{"email": email, "attributes": more if email < "01" else {"n": 1}} for email in emails]
    mine = f"select email from public.contacts where user_id = '{owner}'"
    hold = f"{mine} and email = '{emails[held]}' for update"
    call = "select from public.upsert_contacts(%s)"
    with blocked(stack, owner, call, shuffled(items), hold):
        # Who is refused isn't held any more.
        free = emails[:1] if refused else []
        assert untaken(db, mine) == free + emails[held + 1 :]


@pytest.mark.parametrize("held", HELD)
def test_counters_are_taken_by_campaign_and_day(
    stack: LocalSupabase, alice: Client, user_id: Any, db: psycopg.Connection, held: int
) -> None:
    owner, campaign = user_id(alice), insert(alice, "campaigns", name="c")["id"]
    days = [f"2026-01-{1 + n:02}" for n in range(SIZE)]

    def events(name: str) -> list[Row]:
        return [
            {
                "campaign_id": campaign,
                "event_id": f"{name}-{day}",
                "type": "click",
                "occurred_at": f"{day}T12:00:00Z",
            }
            for day in days
        ]

    alice.rpc("ingest_events", {"events": events("first")}).execute()
    mine = f"select date::text from public.campaign_analytics where campaign_id = '{campaign}'"
    hold = f"{mine} and date = '{days[held]}' for update"
    call = "select from public.ingest_events(%s)"
    with blocked(stack, owner, call, shuffled(events("second")), hold):
        assert untaken(db, mine) == days[held + 1 :]


def test_events_are_taken_by_campaign_and_id(
    stack: LocalSupabase, alice: Client, user_id: Any, db: psycopg.Connection
) -> None:
    owner, campaign = user_id(alice), insert(alice, "campaigns", name="c")["id"]
    names = [f"e-{n}" for n in range(8)]

    def event(name: str, day: int) -> Row:
        # Each on days of their own, so that no counter is waited for.
        when = f"2026-01-{day:02}T12:00:00Z"
        return {"campaign_id": campaign, "event_id": name, "type": "click", "occurred_at": when}

    def adding(name: str, day: int) -> str:
        return (
            "insert into public.campaign_events (campaign_id, event_id, user_id, type, occurred_at)"
            f" values ('{campaign}', '{name}', '{owner}', 'click', '2026-01-{day:02}')"
        )

    def is_taken(name: str) -> bool:
        with db.transaction(force_rollback=True):
            db.execute("set local lock_timeout = '50ms'")
            try:
                db.execute(adding(name, 20).encode())
            except psycopg.errors.LockNotAvailable:
                return True
        return False

    given = shuffled([event(name, number + 1) for number, name in enumerate(names)])
    call = "select from public.ingest_events(%s)"
    with blocked(stack, owner, call, given, adding(names[4], 25)):
        assert [name for name in names if is_taken(name)] == names[:5]
