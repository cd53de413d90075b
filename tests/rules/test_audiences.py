"""The functions of the database: sizes, pages, funnels; and nobody else's contacts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from campaign_sdk import Rules, everyone, field
from campaign_sdk.local import LocalSupabase

from .conftest import Audience, wire

PEOPLE: list[dict[str, Any]] = [
    {
        "attributes": {"n": n, "even": n % 2 == 0, "city": ["Pune", "Delhi", "Agra"][n % 3]},
        "unsubscribed_at": "2024-01-01T00:00:00Z" if n % 5 == 0 else None,
    }
    for n in range(30)
]


@pytest.fixture
def crowd(asking: Audience) -> Audience:
    asking.fill(PEOPLE)
    return asking


@pytest.fixture
def stranger(stack: LocalSupabase) -> Iterator[Audience]:
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        user = str(uuid.uuid4())
        connection.execute("insert into auth.users (id) values (%s)", [user])
        yield Audience(connection, user)


def ask(audience: Audience, call: str, rules: Rules, *more: Any) -> list[Any]:
    arguments = [json.dumps(rules.to_wire()), *more]
    return audience.connection.execute(f"select * from public.{call}", arguments).fetchall()


def test_the_size_counts_all_and_those_who_can_be_reached(crowd: Audience) -> None:
    assert ask(crowd, "audience_size(%s::jsonb)", everyone()) == [(30, 24)]
    assert ask(crowd, "audience_size(%s::jsonb)", field("n") < 10) == [(10, 8)]
    assert ask(crowd, "audience_size(%s::jsonb)", ~everyone()) == [(0, 0)]


def test_pages_follow_each_other_by_id(crowd: Audience) -> None:
    call = "match_contacts(%s::jsonb, now(), 'UTC', %s, 7, %s)"
    for reachable, expected in ((False, 15), (True, 12)):
        after, seen = None, list[Any]()
        while rows := ask(crowd, call, field("even") == True, after, reachable):  # noqa: E712
            seen += [row[0] for row in rows]
            after = seen[-1]
        assert seen == sorted(seen)
        assert len(set(seen)) == len(seen) == expected


def test_a_page_is_the_same_however_it_is_found(crowd: Audience) -> None:
    def page(predicate: str, after: Any, size: int, looked_at: int) -> list[Any]:
        db, given = crowd.connection, [predicate, after, size]
        look = "select campaign_private.member_look(%s, %s, %s, %s)"
        [(first,)] = db.execute(look, [*given, looked_at]).fetchall()
        rows = db.execute(f"select id from ({first}) as c order by id").fetchall()
        if len(rows) < size:
            rest = "select id from campaign_private.member_rest(%s, %s, %s, %s, %s)"
            rows += db.execute(rest, [*given, len(rows), looked_at]).fetchall()
        return rows

    for n in (0, 1, 3, 15, 30):
        predicate = f"(c.attributes -> 'n')::int < {n}"
        whole = page(predicate, None, 100, 100)
        assert len(whole) == n
        for size, looked_at in ((1, 1), (2, 7), (5, 3), (5, 29), (100, 1), (100, 30)):
            after, seen = None, list[Any]()
            while rows := page(predicate, after, size, looked_at):
                assert len(rows) == min(size, n - len(seen))
                seen += rows
                after = seen[-1][0]
            assert seen == whole


@pytest.mark.parametrize("size", [7, 100])
def test_a_page_leaves_the_settings_as_they_were(crowd: Audience, size: int) -> None:
    show = "select current_setting('enable_sort')"
    with crowd.connection.transaction():
        for setting in ("on", "off"):
            crowd.connection.execute(f"set local enable_sort = {setting}".encode())
            ask(crowd, f"match_contacts(%s::jsonb, page => {size})", everyone())
            assert crowd.connection.execute(show).fetchall() == [(setting,)]
    ask(crowd, f"match_contacts(%s::jsonb, page => {size})", everyone())
    assert crowd.connection.execute(show).fetchall() == [("on",)]


def test_what_is_rare_is_scanned_for(asking: Audience) -> None:
    def pays(after: str | None, last: str, given: int) -> bool:
        query = "select campaign_private.member_scan_pays(%s, %s, %s, 1000)"
        ids = [at and f"{at}000000-0000-4000-8000-000000000000" for at in (after, last)]
        [(answer,)] = asking.connection.execute(query, [*ids, given]).fetchall()
        return bool(answer)

    # One in 256 was looked at: at 15 in it, all others are needed; at 500, as many again.
    assert pays(None, "01", 15)
    assert not pays(None, "01", 500)
    # Whoever didn't match at all may be everywhere that is left; at the end little is.
    assert pays("7f", "80", 0)
    assert not pays("c0", "c1", 0)


def test_the_funnel_of_a_conjunction_narrows(crowd: Audience) -> None:
    rules = (field("n") >= 10) & (field("even") == True) & ~field("city").in_(["Pune"])  # noqa: E712
    assert ask(crowd, "audience_funnel(%s::jsonb)", rules) == [
        (1, "$.rules[0]", 20, 20),
        (2, "$.rules[1]", 15, 10),
        (3, "$.rules[2]", 20, 7),
    ]
    assert ask(crowd, "audience_size(%s::jsonb)", rules)[0][0] == 7


def test_the_funnel_of_a_disjunction_widens(crowd: Audience) -> None:
    rules = (field("n") < 10) | (field("even") == True)  # noqa: E712
    assert ask(crowd, "audience_funnel(%s::jsonb)", rules) == [
        (1, "$.rules[0]", 10, 10),
        (2, "$.rules[1]", 15, 20),
    ]


def test_the_funnel_of_what_can_not_be_taken_apart_has_one_step(crowd: Audience) -> None:
    for rules, count in ((everyone(), 30), (~((field("n") < 10) & field("n").exists()), 20)):
        assert ask(crowd, "audience_funnel(%s::jsonb)", rules) == [(1, "$", count, count)]


def test_muted_rules_are_no_steps(crowd: Audience) -> None:
    tree = wire("n", "<", 10)
    tree["rules"].insert(0, {"field": "~", "muted": True})
    rows = crowd.connection.execute(
        "select path, cumulative from public.audience_funnel(%s::jsonb)", [json.dumps(tree)]
    ).fetchall()
    assert rows == [("$.rules[1]", 10)]


@pytest.mark.usefixtures("crowd")
def test_nobody_sees_anybody_elses_contacts(stranger: Audience) -> None:
    assert ask(stranger, "audience_size(%s::jsonb)", everyone()) == [(0, 0)]
    assert ask(stranger, "match_contacts(%s::jsonb)", everyone()) == []
    assert ask(stranger, "audience_funnel(%s::jsonb)", everyone()) == [(1, "$", 0, 0)]
    stranger.connection.execute("select set_config('request.jwt.claims', '{}', false)")
    assert ask(stranger, "audience_size(%s::jsonb)", everyone()) == [(0, 0)]
    assert ask(stranger, "match_contacts(%s::jsonb)", everyone()) == []


def test_who_is_not_signed_in_may_not_ask(stranger: Audience) -> None:
    stranger.connection.execute("reset role")
    stranger.connection.execute("set role anon")
    for call in ("audience_size", "match_contacts", "audience_funnel"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(stranger, f"{call}(%s::jsonb)", everyone())


@pytest.mark.parametrize(
    "attack",
    [
        "' or true --",
        "') or true --",
        "\\') or true --",
        "\"} ' or true --",
        "%L %s %1$s",
        "$$ or true --",
        "'::jsonb or true --",
        "[' or true --",
        "x\\",
    ],
)
def test_what_people_write_is_data_and_never_sql(crowd: Audience, attack: str) -> None:
    operators = ["=", "contains", "beginsWith", "endsWith"]
    fields = ["city", attack.replace(".", ""), f"a.{attack}.b", "email", "phone"]
    trees = [wire(f, o, attack) for f in fields for o in operators]
    trees += [wire(f, "in", [attack, "x"]) for f in fields]
    trees += [wire(f, "between", [5, 6]) for f in fields[:3]]
    assert crowd.members(trees) == [set()] * len(trees)
    for operator, value in (("<", attack), ("between", [attack, attack])):
        assert crowd.refusal(json.dumps(wire("city", operator, value)))
    assert crowd.members([wire(attack, "null")]) == [set(range(30))]


def test_every_function_is_documented_and_runs_as_its_caller(db: psycopg.Connection) -> None:
    rows = db.execute(
        """select p.proname from pg_proc as p
           where p.pronamespace in ('campaign_private'::regnamespace, 'public'::regnamespace)
             and (p.prosecdef or obj_description(p.oid) is null
                  or p.proconfig is null or not 'search_path=""' = any(p.proconfig)
                  or has_function_privilege('anon', p.oid, 'execute'))
             -- Called before every request, whoever sends it.
             and p.proname <> 'refuse_estimates'
             and p.proname ~ '^(rule|compile|check|valid|refuse|key|hot|behaviour|element|days|'
               'funnel|audience|match|group|member|joined)_'
        """
    ).fetchall()
    assert rows == []
