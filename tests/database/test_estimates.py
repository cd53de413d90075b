"""The planner's estimates tell of everybody's rows: a project can have them refused."""

from __future__ import annotations

import json

import psycopg
import pytest

from .catalog import acting_as, rows

SWITCH = "alter role authenticator set pgrst.db_pre_request = 'public.refuse_estimates'"
ESTIMATES = [
    "count=planned",
    "count=estimated",
    "return=minimal, Count = planned",
    'count="planned"',
]
ROLES = ["anon", "authenticated", "service_role"]


def asked(db: psycopg.Connection, role: str, headers: str) -> None:
    """Do what PostgREST does before a request."""
    with acting_as(db, role):
        db.execute("select set_config('request.headers', %s, true)", [headers])
        db.execute("select public.refuse_estimates()")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("prefer", ESTIMATES)
def test_whoever_asks_for_an_estimate_is_refused(
    role: str, prefer: str, db: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        asked(db, role, json.dumps({"accept": "*/*", "prefer": prefer}))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "headers", ["", "{}", '{"prefer": "count=exact"}', '{"prefer": "return=representation"}']
)
def test_every_other_request_passes(role: str, headers: str, db: psycopg.Connection) -> None:
    asked(db, role, headers)


def test_a_project_can_switch_it_on(db: psycopg.Connection) -> None:
    # On hosted projects `postgres` may do this, here only the superuser.
    with db.transaction(force_rollback=True):
        db.execute(SWITCH)
        query = "select unnest(rolconfig) from pg_roles where rolname = 'authenticator'"
        assert ("pgrst.db_pre_request=public.refuse_estimates",) in rows(db, query)
