"""Hot fields: columns that save looking at rows, and never change an answer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings

from campaign_sdk import Rules, everyone, field
from campaign_sdk.local import LocalSupabase

from . import hostile
from .conftest import AS_OF, Audience, python_members, wire
from .test_crosswise import STORED, trees
from .test_differential import accepted, crowds, forests, people_of

HOT = [("a", "number"), ("b", "text"), ("a.b", "text"), ("it's", "text"), ('q"', "number"),
       ("attributes.email", "text")]  # fmt: skip


@pytest.fixture
def hot(stack: LocalSupabase) -> Iterator[Audience]:
    """Someone who asks inside a transaction that leaves no column behind."""
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        user = str(uuid.uuid4())
        connection.execute("insert into auth.users (id) values (%s)", [user])
        with connection.transaction(force_rollback=True):
            for name, kind in HOT:
                connection.execute("select campaign_private.add_hot_field(%s, %s)", [name, kind])
            yield Audience(connection, user)
            connection.execute("reset role")


@settings(max_examples=8)
@given(crowds, forests, hostile.moments, hostile.timezones)
def test_answers_stay_the_same(
    hot: Audience, crowd: list[Any], forest: list[Any], as_of: str, timezone: str
) -> None:
    hot.fill(crowd)
    chosen, moment = accepted(forest), datetime.fromisoformat(as_of)
    for tree, answer in zip(chosen, hot.members(chosen, as_of, timezone), strict=True):
        assert python_members(tree, people_of(crowd), moment, timezone) == answer, Rules.of(tree)


@pytest.mark.parametrize("kind", ["number", "text"])
def test_answers_stay_the_same_for_every_pair(hot: Audience, kind: str) -> None:
    hot.fill([{"attributes": attributes} for attributes in STORED])
    asked = trees()
    before = hot.members(asked, AS_OF, "Europe/Berlin")
    hot.connection.execute("reset role")
    hot.connection.execute("select campaign_private.add_hot_field('x', %s)", [kind])
    hot.connection.execute("set role authenticated")
    for tree, was, now in zip(
        asked, before, hot.members(asked, AS_OF, "Europe/Berlin"), strict=True
    ):
        assert was == now, Rules.of(tree)


def test_numbers_of_more_than_fifteen_digits_keep_their_contacts(hot: Audience) -> None:
    """Hosted projects write a double as text with 15 digits (`extra_float_digits = 0`)."""
    numbers = [0.1 + 0.2, 1 / 3, 2**53 - 1, 1234567.8901234567, -2 / 3, 1e-17 / 3]
    hot.fill([{"attributes": {"a": number}} for number in numbers])
    equal = [field("a") == number for number in numbers]
    within = [field("a").between(number, number) for number in numbers]
    one_of = field("a").in_(numbers)
    assert hot.connection.execute("show extra_float_digits").fetchone() == ("0",)
    found = hot.members([rules.to_wire() for rules in (*equal, *within, one_of)])
    every = set(range(len(numbers)))
    assert found == [*({n} for n in every), *({n} for n in every), every]


def test_numbers_at_the_rim_of_a_double_are_stored_and_found(hot: Audience) -> None:
    huge = {"a": 10**307}, {"a": -(10**307)}, {"a": 10**30}
    hot.fill([{"attributes": attributes} for attributes in huge])
    rules = [field("a") > 1e305, field("a") < -1e305, field("a") == 10**30, field("a") >= 1e30]
    assert hot.members([r.to_wire() for r in rules]) == [{0}, {1}, {2}, {0, 2}]


@pytest.mark.parametrize(
    "rules",
    [
        field("a") == 5,
        field("a").between(5, 6),
        field("b").in_(["x", "y"]),
        field("b") >= "2024-01-01",
        field("b").within_last(days=3) & (field("c") == 1),
    ],
)
def test_the_index_is_used_under_row_level_security(hot: Audience, rules: Rules) -> None:
    hot.fill([{"attributes": {"a": n, "b": "x"}} for n in range(50)])
    plan = _plan(hot, rules)
    assert "Index" in plan
    assert "hot_" in plan.split("Cond:")[1]
    assert "InitPlan" in plan, "the policy is still there"


def _plan(audience: Audience, rules: Rules) -> str:
    connection = audience.connection
    connection.execute("set local enable_seqscan = off")
    connection.execute("set local enable_indexscan = on")
    predicate, owner = connection.execute(
        "select campaign_private.compile_rules(%s::jsonb), auth.uid()",
        [json.dumps(rules.to_wire())],
    ).fetchall()[0]
    rows = connection.execute(
        psycopg.sql.SQL(
            "explain select 1 from public.contacts as c where c.user_id = {} and "
        ).format(psycopg.sql.Literal(owner)) + psycopg.sql.SQL(predicate)
    )  # fmt: skip
    return "\n".join(row[0] for row in rows.fetchall())


def test_somebody_else_still_sees_nothing(hot: Audience) -> None:
    hot.fill([{"attributes": {"a": 5}}])
    claims = json.dumps({"sub": str(uuid.uuid4()), "role": "authenticated"})
    hot.connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
    assert hot.members([wire("a", "=", 5), everyone().to_wire()]) == [set(), set()]
    assert hot.connection.execute("select hot_a from public.contacts").fetchall() == []


def test_a_hot_field_can_be_taken_away_again(hot: Audience) -> None:
    hot.fill([{"attributes": {"a": 5}}])
    hot.connection.execute("reset role")
    hot.connection.execute("select campaign_private.drop_hot_field('a')")
    hot.connection.execute("set role authenticated")
    assert hot.members([wire("a", "=", 5)]) == [{0}]


@pytest.mark.parametrize("call", ["add_hot_field('n', 'number')", "drop_hot_field('a')"])
def test_only_the_project_itself_makes_fields_hot(hot: Audience, call: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), hot.connection.transaction():
        hot.connection.execute(f"select campaign_private.{call}")


@pytest.mark.parametrize("name", ["email", "", "a..b"])
def test_only_attributes_can_be_hot(hot: Audience, name: str) -> None:
    hot.connection.execute("reset role")
    with pytest.raises(psycopg.Error) as caught, hot.connection.transaction():
        hot.connection.execute("select campaign_private.add_hot_field(%s, 'text')", [name])
    assert caught.value.sqlstate == "CMP03"
