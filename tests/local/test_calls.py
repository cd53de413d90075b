"""Plain calls of functions are answered without Lite, as PostgREST does, and as Lite would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from supabase import create_client

from campaign_sdk.local import LocalSupabase

# Lite's own way: what it takes for JSON, and `calls.mjs` doesn't know.
LITE = {"accept": "application/json, text/html;q=0.1"}
SHOWN = ("content-type", "content-range", "preference-applied", "access-control-allow-origin")

FUNCTIONS = """
create type public.pair as (a integer, "B c" text);
create function public.pairs(n integer, word text default 'x') returns setof public.pair
language sql as $$ select i, word from generate_series(1, n) as i $$;
create function public.one_pair(n integer) returns public.pair
language sql as $$ select n, 'it''s \\ {"x"}' $$;
create function public.numbers(n integer) returns setof integer
language sql as $$ select generate_series(1, n) $$;
create function public.kinds(t text, n numeric, b boolean, j jsonb, at timestamptz)
returns table (t text, n numeric, b boolean, j jsonb, at timestamptz, days date, many integer[])
language sql as $$ select t, n, b, j, at, date '2026-02-03', array[1, 2] $$;
create function public.same(body jsonb) returns jsonb language sql as $$ select body $$;
create function public.nothing(word text) returns text language sql as $$ select null::text $$;
create function public.later(parent integer) returns integer language sql as $$
  insert into public.children (id, parent_id) values (70, parent) returning id $$;
create function public.told(status text, headers text) returns integer language plpgsql as $$
begin
  perform set_config('response.status', status, true);
  perform set_config('response.headers', headers, true);
  return 1;
end $$;
create function public.seen() returns text language sql as $$
  select concat_ws(' ', current_setting('request.method'), current_setting('request.path'),
    current_setting('request.headers')::jsonb ->> 'x-mine')
$$;
"""
HEADERS = '[{"x-own": "1"}, {"x-other": "2"}]'
CALLS: list[tuple[str, Any]] = [
    ("pairs", {"n": 2}),
    ("pairs", {"n": 0}),
    ("pairs?select=a", {"n": 2, "word": "ü '\\"}),
    ("pairs?select=a%2Ca", {"n": 1}),
    ("pairs?select=nobody", {"n": 1}),
    ("pairs", {"n": 1001}),
    ("pairs", {"n": "2"}),
    ("pairs", {"n": "two"}),
    ("pairs", {"n": None}),
    ("pairs", {}),
    ("pairs", {"n": 1, "more": 1}),
    ("pairs", [{"n": 1}]),
    ("pairs", "n"),
    ("one_pair", {"n": 1}),
    ("numbers", {"n": 3}),
    ("numbers", {"n": 0}),
    (
        "kinds",
        {
            "t": "x",
            "n": 1.5,
            "b": True,
            "j": {"a": [1, None, "ü'\\"]},
            "at": "2026-02-03T04:05:06Z",
        },
    ),
    ("kinds", {"t": None, "n": None, "b": None, "j": None, "at": None}),
    ("kinds", {"t": "", "n": 0, "b": False, "j": [], "at": "2026-02-03"}),
    ("kinds", {"t": "a\0b", "n": 0, "b": False, "j": "a\0b", "at": "2026-02-03"}),
    ("json_kind", {"body": "text"}),
    ("json_kind", {"body": [1]}),
    ("json_kind", {"body": None}),
    ("nothing", {"word": "'); drop table public.things; --"}),
    ("nothing", {"word": "\\'; drop table public.things; --"}),
    ("who", {}),
    ("timeouts", {}),
    ("sleep", {"seconds": 0}),
    ("later", {"parent": 404}),
    ("missing", {}),
    ("told", {"status": "", "headers": ""}),
    ("told", {"status": "201", "headers": HEADERS}),
    ("told", {"status": "404", "headers": ""}),
    ("told", {"status": "204", "headers": ""}),
    ("told", {"status": "99", "headers": ""}),
    ("told", {"status": "x", "headers": ""}),
    ("told", {"status": "", "headers": "x"}),
    ("told", {"status": "", "headers": '{"x": "y"}'}),
    ("seen", {}),
]


@pytest.fixture(scope="module")
def functions(stack: LocalSupabase) -> Iterator[None]:
    with psycopg.connect(stack.db_url, autocommit=True) as db:
        db.execute(FUNCTIONS.encode())
        db.execute("grant execute on all functions in schema public to authenticated")
        yield
        db.execute(
            "drop type public.pair cascade; drop function public.kinds, public.numbers,"
            " public.same, public.nothing, public.later, public.told, public.seen"
        )


@pytest.fixture(scope="module")
def line() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def told(answer: httpx.Response) -> Any:
    """What an answer says, however its JSON is spaced."""
    body = answer.json() if answer.content else None
    # Of nothing, Lite's adapter says that it is a text.
    shown = {name: answer.headers.get(name) for name in SHOWN if body is not None}
    own = {name: value for name, value in answer.headers.items() if name.startswith("x-")}
    return answer.status_code, shown, own, body


@pytest.fixture(scope="module")
def signed_in(stack: LocalSupabase) -> dict[str, str]:
    client = create_client(stack.url, stack.anon_key)
    client.auth.sign_up({"email": "calls@example.com", "password": "only for these calls"})
    session = client.auth.get_session()
    assert session is not None
    return {"apikey": stack.anon_key, "authorization": f"Bearer {session.access_token}"}


@pytest.mark.parametrize("prefer", [None, "return=representation"])
@pytest.mark.parametrize(("path", "body"), CALLS, ids=lambda each: json.dumps(each)[:40])
@pytest.mark.usefixtures("functions")
def test_a_call_is_answered_as_lite_does(
    stack: LocalSupabase,
    signed_in: dict[str, str],
    line: httpx.Client,
    path: str,
    body: Any,
    prefer: str | None,
) -> None:
    headers = signed_in | {"x-mine": "mine"} | ({"prefer": prefer} if prefer else {})
    address = f"{stack.url}/rest/v1/rpc/{path}"
    ours = line.post(address, json=body, headers=headers)
    lites = line.post(address, json=body, headers=headers | LITE)
    assert told(ours) == told(lites)


@pytest.mark.parametrize(
    "body",
    [
        *[b'{"body":[1, {"a": "\\"}"}]}', b'{"body":"}"}', b' {"body" : 1 }\n', b'{"body":1}\n'],
        *[b'{"body":null}', b'{"body": null }', b'{"body":"null"}', b'{"body":nullx}'],
        *[b'{"body":1,"body":[2]}', b'{"body":1,"other":2}', b'{"other":1}', b'{"body":[1}'],
        *[b'{"body":}', b'{"body":1}}', b'{"body":"a\\u0000b"}', b'{"body":"a\x00b"}', b"{}", b""],
        *[b'{"body":"\\ud800"}', b'{"body":"\xff"}', b'{"body":[1e400, 1]}'],
    ],
    ids=repr,
)
def test_an_argument_is_passed_on_as_it_is_written(
    stack: LocalSupabase, signed_in: dict[str, str], line: httpx.Client, body: bytes
) -> None:
    headers = signed_in | {"content-type": "application/json"}
    address = f"{stack.url}/rest/v1/rpc/json_kind"
    ours = line.post(address, content=body, headers=headers)
    lites = line.post(address, content=body, headers=headers | LITE)
    assert told(ours) == told(lites)


@pytest.mark.usefixtures("functions")
def test_a_number_keeps_its_digits_on_its_way_in(
    stack: LocalSupabase, signed_in: dict[str, str], line: httpx.Client
) -> None:
    address = f"{stack.url}/rest/v1/rpc/same"
    headers = signed_in | {"content-type": "application/json"}
    body = b'{"body":[12345678901234567890, 0.12345678901234567890]}'
    ours = line.post(address, content=body, headers=headers)
    assert ours.text == "[12345678901234567890, 0.12345678901234567890]"


@pytest.mark.usefixtures("functions")
def test_postgres_writes_the_json_and_nobody_reads_it(
    stack: LocalSupabase, signed_in: dict[str, str], line: httpx.Client
) -> None:
    address = f"{stack.url}/rest/v1/rpc/pairs"
    ours = line.post(address, json={"n": 2}, headers=signed_in)
    assert ours.text == '[{"a":1,"B c":"x"}, \n {"a":2,"B c":"x"}]'


@pytest.mark.parametrize(
    "wrong",
    [
        {"apikey": "sb_publishable_another"},
        {"authorization": "Bearer x.y.z"},
        {"content-profile": "private"},
    ],
    ids=str,
)
@pytest.mark.usefixtures("functions")
def test_who_may_not_ask_gets_lites_refusal(
    stack: LocalSupabase, signed_in: dict[str, str], line: httpx.Client, wrong: dict[str, str]
) -> None:
    address = f"{stack.url}/rest/v1/rpc/pairs"
    refused = line.post(address, json={"n": 2}, headers=signed_in | wrong)
    assert refused.status_code in (401, 406), refused.text
