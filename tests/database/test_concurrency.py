"""Many writers at once: nothing is lost, nothing deadlocks, one of them wins."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from threading import Barrier
from typing import Any

import psycopg
import pytest
from postgrest.types import CountMethod
from supabase import Client

from campaign_sdk.local import LocalSupabase

from .world import EVERYONE, Row, insert

WRITERS = 8
ROUNDS = 10
SIZE = 60


@contextmanager
def signed_in(stack: LocalSupabase, user_id: str) -> Iterator[psycopg.Connection]:
    """A connection of its own that is the user, as the API makes it one."""
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        claims = json.dumps({"role": "authenticated", "sub": user_id})
        connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
        connection.execute("set role authenticated")
        yield connection


@pytest.fixture
def at_once(
    stack: LocalSupabase, alice: Client, user_id: Callable[[Client], str]
) -> Callable[[Callable[[psycopg.Connection, int], Any]], list[Any]]:
    """Do something in as many connections as there are writers, all starting together."""
    owner, gate = user_id(alice), Barrier(WRITERS)

    def run(task: Callable[[psycopg.Connection, int], Any]) -> list[Any]:
        def write(number: int) -> Any:
            with signed_in(stack, owner) as connection:
                gate.wait()
                return task(connection, number)

        with ThreadPoolExecutor(WRITERS) as pool:
            return list(pool.map(write, range(WRITERS)))

    return run


Together = Callable[[Callable[[psycopg.Connection, int], Any]], list[Any]]


@pytest.fixture
def draft(alice: Client) -> Row:
    return insert(alice, "campaigns", name="c", message="Hi", rules=EVERYONE)


def test_one_of_many_launches_wins(at_once: Together, alice: Client, draft: Row) -> None:
    def launch(connection: psycopg.Connection, _: int) -> str:
        try:
            connection.execute(
                "select from move_campaign(%s, 'launch', expected => 'draft')", [draft["id"]]
            )
        except psycopg.Error as error:
            return str(error.sqlstate)
        return "launched"

    assert Counter(at_once(launch)) == {"launched": 1, "CMP02": WRITERS - 1}
    history: Any = alice.from_("campaign_status_history").select("to_status").execute().data
    assert history == [{"to_status": "active"}]


def test_moves_to_and_fro_leave_an_unbroken_history(
    at_once: Together, alice: Client, draft: Row
) -> None:
    alice.from_("campaigns").update({"status": "active"}).eq("id", draft["id"]).execute()

    def move(connection: psycopg.Connection, number: int) -> Counter[str]:
        came: Counter[str] = Counter()
        for turn in range(ROUNDS):
            name = ("pause", "resume")[(turn + number) % 2]
            try:
                connection.execute("select from move_campaign(%s, %s)", [draft["id"], name])
                came["moved"] += 1
            except psycopg.Error as error:
                came[str(error.sqlstate)] += 1
        return came

    came = sum(at_once(move), Counter[str]())
    assert came.keys() <= {"moved", "CMP01", "CMP02"}
    query = alice.from_("campaign_status_history").select("*").order("id")
    history: Any = query.execute().data
    assert len(history) == came["moved"] + 1 > 1
    steps = [(row["from_status"], row["to_status"]) for row in history]
    assert all(before[1] == after[0] for before, after in pairwise(steps))


def test_overlapping_imports_in_opposite_orders(at_once: Together, alice: Client) -> None:
    contacts = [{"email": f"{n}@example.com", "attributes": {"n": n}} for n in range(SIZE)]

    def upsert(connection: psycopg.Connection, number: int) -> int:
        created = 0
        for turn in range(ROUNDS):
            batch = [{**each, "attributes": {"by": number, "turn": turn}} for each in contacts]
            given = json.dumps(batch[:: 1 if number % 2 else -1])
            row = connection.execute("select created from upsert_contacts(%s)", [given]).fetchone()
            created += row[0] if row else 0
        return created

    assert sum(at_once(upsert)) == SIZE
    assert (
        alice.from_("contacts").select("*", count=CountMethod.exact, head=True).execute().count
        == SIZE
    )


def test_overlapping_events_in_opposite_orders(
    at_once: Together, alice: Client, draft: Row
) -> None:
    other = insert(alice, "campaigns", name="d")
    types = ("impression", "click", "conversion")

    def events(turn: int) -> list[Row]:
        return [
            {
                "campaign_id": (draft, other)[n % 2]["id"],
                "event_id": f"{turn}-{n}",
                "type": types[n % 3],
                "occurred_at": f"2026-01-{1 + n % 9:02}T12:00:00Z",
            }
            for n in range(SIZE)
        ]

    def ingest(connection: psycopg.Connection, number: int) -> int:
        inserted = 0
        for turn in range(ROUNDS):
            given = json.dumps(events(turn)[:: 1 if number % 2 else -1])
            row = connection.execute("select inserted from ingest_events(%s)", [given]).fetchone()
            inserted += row[0] if row else 0
        return inserted

    assert sum(at_once(ingest)) == SIZE * ROUNDS
    counters: Any = alice.from_("campaign_analytics").select("*").execute().data
    counted = [sum(row[f"{kind}s"] for row in counters) for kind in types]
    assert counted == [SIZE * ROUNDS // 3] * 3


def test_totals_recorded_at_once_add_up(at_once: Together, alice: Client, draft: Row) -> None:
    def record(connection: psycopg.Connection, _: int) -> None:
        for _turn in range(ROUNDS):
            connection.execute("select from record_engagement(%s, clicks => 1)", [draft["id"]])

    at_once(record)
    counters: Any = alice.from_("campaign_analytics").select("clicks").execute().data
    assert counters == [{"clicks": WRITERS * ROUNDS}]
