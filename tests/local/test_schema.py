"""A change of the schema is noticed while the stack runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest
from postgrest import APIError
from supabase import Client

NOTICE_SECONDS = 60


@pytest.fixture
def late(db: psycopg.Connection) -> Iterator[str]:
    yield "late"
    db.execute("drop table if exists late")


def eventually(happens: Callable[[], bool]) -> bool:
    """The notice travels beside the request, here as with PostgREST."""
    deadline = time.monotonic() + NOTICE_SECONDS
    while not happens():
        if time.monotonic() > deadline:
            return False
    return True


def code(client: Client, table: str) -> str | None:
    try:
        client.from_(table).select("*").execute()
    except APIError as error:
        return error.code
    return None


def test_a_new_table_and_a_dropped_one(anon: Client, db: psycopg.Connection, late: str) -> None:
    assert code(anon, late) == "PGRST205"
    db.execute("create table late (id integer); grant select on late to anon")
    assert eventually(lambda: code(anon, late) is None)
    db.execute("drop table late")
    assert eventually(lambda: code(anon, late) == "PGRST205")


def test_a_changed_column_breaks_no_request(
    anon: Client, db: psycopg.Connection, late: str
) -> None:
    db.execute("create table late (id integer); grant select on late to anon")
    assert eventually(lambda: code(anon, late) is None)
    # So many that every connection of the pool has seen the query.
    assert {code(anon, late) for _ in range(30)} == {None}
    db.execute("alter table late alter column id type text")
    assert {code(anon, late) for _ in range(30)} == {None}


def test_a_new_function(anon: Client, db: psycopg.Connection) -> None:
    db.execute("create function late_function() returns integer language sql as 'select 1'")
    # Closed until granted, and by the database's own administrator here.
    db.execute("grant execute on function late_function() to anon")
    try:
        assert eventually(lambda: _answers(anon))
    finally:
        db.execute("drop function late_function()")


def _answers(client: Client) -> bool:
    try:
        return bool(client.rpc("late_function", {}).execute().data == 1)
    except APIError:
        return False


def test_a_function_with_another_result_breaks_no_request(
    anon: Client, db: psycopg.Connection
) -> None:
    def answer(columns: str, values: str) -> None:
        db.execute(
            "drop function if exists changing();"
            f"create function changing() returns table ({columns}) language sql"
            f" as $$ select {values} $$; grant execute on function changing() to anon".encode()
        )

    def called() -> object:
        return anon.rpc("changing", {}).execute().data

    answer("a integer", "1")
    assert eventually(lambda: callable_now(anon))
    # So many that connections of the pool have prepared the call.
    assert all(called() == [{"a": 1}] for _ in range(30))
    answer("a text, b integer", "'x', 2")
    # Not eventually: a plan that was overtaken is made anew, whether the notice came or not.
    assert all(called() == [{"a": "x", "b": 2}] for _ in range(30))
    db.execute("drop function changing()")


def callable_now(client: Client) -> bool:
    try:
        client.rpc("changing", {}).execute()
    except APIError:
        return False
    return True


def test_what_a_function_says_of_its_response(anon: Client, db: psycopg.Connection) -> None:
    db.execute(
        "create function speaking(code text) returns integer language plpgsql as $$ begin"
        " perform set_config('response.status', code, true); return 1; end $$;"
        " grant execute on function speaking(text) to anon"
    )
    url = f"{anon.rest_url}/rpc/speaking"
    headers = {"apikey": anon.supabase_key}
    assert eventually(lambda: httpx.post(url, json={"code": ""}, headers=headers).is_success)
    asked = ["201", "", "404", "202", ""]
    got = [httpx.post(url, json={"code": code}, headers=headers).status_code for code in asked]
    assert got == [201, 200, 404, 202, 200]
    db.execute("drop function speaking(text)")
