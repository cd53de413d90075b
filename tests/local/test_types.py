"""Values come out of Lite as PostgREST writes them, and go in as they were sent."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, cast

import httpx
import psycopg
import pytest
from supabase import Client

from campaign_sdk.local import LocalSupabase


def insert(client: Client, **values: Any) -> dict[str, Any]:
    return cast(dict[str, Any], client.from_("things").insert(values).execute().data[0])


def raw(stack: LocalSupabase, path: str) -> str:
    headers = {"apikey": stack.service_key}
    return httpx.get(f"{stack.url}/rest/v1/{path}", headers=headers).raise_for_status().text


def test_timestamps_are_iso(alice: Client) -> None:
    row = insert(alice, at="2026-02-03T04:05:06.789+02:00", local_at="2026-02-03 04:05:06")
    assert row["at"] == "2026-02-03T02:05:06.789+00:00"
    assert row["local_at"] == "2026-02-03T04:05:06"


def test_auth_answers_fit_supabase_auths_models(alice: Client) -> None:
    answer = alice.auth.get_user()
    assert answer is not None
    assert isinstance(answer.user.created_at, datetime)
    assert answer.user.created_at.tzinfo is not None


def test_numerics_are_numbers(alice: Client) -> None:
    assert insert(alice, amount="12.50")["amount"] == 12.5


@pytest.mark.parametrize("digits", ["0.1234567890123456789", "12345678901234567890.5"])
def test_numerics_keep_their_digits(
    stack: LocalSupabase, alice: Client, db: psycopg.Connection, digits: str
) -> None:
    row = insert(alice, amount=1)
    db.execute("update things set amount = %s::numeric where id = %s", (digits, row["id"]))
    assert raw(stack, f"things?id=eq.{row['id']}&select=amount") == f'[{{"amount":{digits}}}]'


def test_integers_beyond_a_double_keep_their_digits(
    stack: LocalSupabase, alice: Client, db: psycopg.Connection
) -> None:
    row = insert(alice, big=1)
    db.execute("update things set big = 4611686018427387905 where id = %s", (row["id"],))
    assert raw(stack, f"things?id=eq.{row['id']}&select=big") == '[{"big":4611686018427387905}]'


def test_a_huge_number_in_json_is_not_lost(
    stack: LocalSupabase, alice: Client, db: psycopg.Connection
) -> None:
    row = insert(alice, name="huge")
    stored = '{"n": 9007199254740993, "x": 1e400, "small": 1}'
    db.execute("update things set body = %s::jsonb where id = %s", (stored, row["id"]))
    text = raw(stack, f"things?id=eq.{row['id']}&select=body")
    assert '"n":9007199254740993' in text
    assert '"x":1000' in text
    assert '"small":1}' in text


def test_bytes_are_hex(alice: Client) -> None:
    assert insert(alice, bytes="\\xdeadbeef")["bytes"] == "\\xdeadbeef"


@pytest.mark.parametrize(
    "body",
    [{"a": [1, "b", None]}, [1], [], ["a"], [True], 3, True, "text", '{"a": 1}', {"%": "it's {x}"}],
)
def test_json_columns_store_what_was_sent(
    alice: Client, db: psycopg.Connection, body: object
) -> None:
    row = insert(alice, body=body)
    assert row["body"] == body
    stored = db.execute("select body::text from things where id = %s", (row["id"],)).fetchone()
    assert stored is not None
    assert json.loads(stored[0]) == body


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"a": 1}, "object"),
        ([1], "array"),
        ("text", "string"),
        ('{"a": 1}', "string"),
        (3, "number"),
        (True, "boolean"),
    ],
)
def test_json_arguments_arrive_as_they_are(alice: Client, body: object, kind: str) -> None:
    assert alice.rpc("json_kind", {"body": body}).execute().data == kind
