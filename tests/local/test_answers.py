"""Errors come back as PostgREST would send them: status, code, message, details, hint."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from supabase import Client

from campaign_sdk.local import LocalSupabase


def call(stack: LocalSupabase, client: Client, path: str, body: object) -> httpx.Response:
    session = client.auth.get_session()
    headers = {"apikey": stack.anon_key}
    if session:
        headers["Authorization"] = f"Bearer {session.access_token}"
    return httpx.post(f"{stack.url}/rest/v1/{path}", json=body, headers=headers)


# One of each kind in PostgREST's table.
STATUS = {
    "CMP01": 400,
    "P0001": 400,
    "P0002": 500,
    "PT404": 404,
    "PT409": 409,
    "21000": 500,
    "22023": 400,
    "23502": 400,
    "23503": 409,
    "23505": 409,
    "23514": 400,
    "25006": 405,
    "40001": 500,
    "40P01": 500,
    "42501": 403,
    "42883": 404,
    "42P01": 404,
    "53400": 500,
    "53100": 503,
    "55P03": 500,
    "57014": 500,
    "57P01": 503,
    "XX000": 500,
}


@pytest.mark.parametrize(("code", "status"), STATUS.items())
def test_what_sql_raises(stack: LocalSupabase, alice: Client, code: str, status: int) -> None:
    answer = call(stack, alice, "rpc/fail", {"code": code})
    body = {"code": code, "message": "it failed", "details": "the detail", "hint": "the hint"}
    assert (answer.status_code, answer.json()) == (status, body)


def test_a_privilege_is_missing(stack: LocalSupabase, anon: Client) -> None:
    answer = call(stack, anon, "things", {"name": "mine"})
    assert (answer.status_code, answer.json()["code"]) == (401, "42501")


@pytest.mark.parametrize(
    ("row", "code", "status"),
    [
        ({"id": 1, "parent_id": 404}, "23503", 409),
        ({"id": 1, "parent_id": 1, "age": -1}, "23514", 400),
        ({"id": 1}, "23502", 400),
        ({"id": "one", "parent_id": 1}, "22P02", 400),
    ],
)
def test_what_constraints_refuse(
    stack: LocalSupabase, alice: Client, row: dict[str, Any], code: str, status: int
) -> None:
    # The foreign key is deferred: it speaks at commit.
    answer = call(stack, alice, "children", row)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_a_failed_commit_wrote_is_gone(stack: LocalSupabase, alice: Client) -> None:
    assert call(stack, alice, "children", {"id": 7, "parent_id": 404}).status_code == 409
    assert alice.from_("children").select("id").eq("id", 7).execute().data == []


def test_a_table_that_does_not_exist(stack: LocalSupabase, alice: Client) -> None:
    answer = call(stack, alice, "nothing", {})
    assert (answer.status_code, answer.json()["code"]) == (404, "PGRST205")


def test_results_are_cut_at_max_rows(alice: Client) -> None:
    alice.from_("things").insert([{"name": str(n)} for n in range(1001)]).execute()
    assert len(alice.from_("things").select("id").execute().data) == 1000


def test_connections_stay_open_longer_than_clients_keep_them(
    stack: LocalSupabase, anon: Client
) -> None:
    answer = call(stack, anon, "rpc/who", {})
    assert answer.headers["keep-alive"] == "timeout=75"
