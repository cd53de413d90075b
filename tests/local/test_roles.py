"""A request runs as its caller, with the caller's rights and limits and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import psycopg
import pytest
from postgrest import APIError
from supabase import Client


def who_is(client: Client) -> dict[str, Any]:
    return cast(dict[str, Any], client.rpc("who", {}).execute().data)


PRIVILEGES = "select has_table_privilege(%s, 'public.things', %s)"


def test_what_a_migration_revokes_stays_revoked(
    alice: Client, anon: Client, db: psycopg.Connection
) -> None:
    alice.from_("things").select("id").execute()
    with pytest.raises(APIError) as refused:
        anon.from_("things").select("id").execute()
    assert refused.value.code == "42501"
    for role, privilege in (("anon", "select"), ("authenticated", "truncate")):
        assert db.execute(PRIVILEGES, (role, privilege)).fetchone() == (False,)


def test_tables_belong_to_postgres_who_is_no_superuser(db: psycopg.Connection) -> None:
    owner = db.execute("select tableowner from pg_tables where tablename = 'things'").fetchone()
    assert owner == ("postgres",)
    assert db.execute("select rolsuper from pg_roles where rolname = 'postgres'").fetchone() == (
        False,
    )


def test_functions_know_the_caller(alice: Client, user_id: Callable[[Client], str]) -> None:
    me = user_id(alice)
    who = who_is(alice)
    assert who.pop("email").startswith("alice-")
    assert who == {"uid": me, "role": "authenticated", "jwt_sub": me, "user": "authenticated"}


def test_functions_know_that_there_is_no_caller(anon: Client) -> None:
    who = who_is(anon)
    assert (who["uid"], who["email"], who["user"]) == (None, None, "anon")


def test_each_role_has_its_own_timeout(alice: Client, anon: Client) -> None:
    assert alice.rpc("timeouts", {}).execute().data == "8s"
    assert anon.rpc("timeouts", {}).execute().data == "3s"


@pytest.fixture
def hurried(db: psycopg.Connection) -> Iterator[None]:
    db.execute("alter role authenticated set statement_timeout = '1ms'")
    yield
    db.execute("alter role authenticated set statement_timeout = '8s'")


@pytest.mark.usefixtures("hurried")
def test_a_roles_timeout_ends_its_requests(alice: Client) -> None:
    with pytest.raises(APIError) as ended:
        alice.rpc("sleep", {"seconds": 5}).execute()
    assert ended.value.code == "57014"


def test_concurrent_requests_keep_to_their_callers(
    alice: Client, bob: Client, user_id: Callable[[Client], str]
) -> None:
    clients = [(client, user_id(client)) for client in (alice, bob)]

    def ask(number: int) -> bool:
        client, me = clients[number % 2]
        return bool(who_is(client)["uid"] == me)

    with ThreadPoolExecutor(64) as pool:
        assert all(pool.map(ask, range(512)))
