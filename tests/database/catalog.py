"""What PostgreSQL's own catalog says about the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

SCHEMAS = ["public", "campaign_private"]

_TABLES = """
select relname from pg_class
where relnamespace = to_regnamespace(%s) and relkind in ('r', 'p', 'v', 'm', 'f')
"""
_FUNCTIONS = "select proname from pg_proc where pronamespace = to_regnamespace(%s)"
# Of a composite key, the columns that aren't the owner's say what is referred to.
_FOREIGN_KEY_COLUMNS = """
select c.conrelid::regclass::text, a.attname
from pg_constraint as c
join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
where c.contype = 'f' and c.connamespace = 'public'::regnamespace
"""


def tables(db: psycopg.Connection, schema: str) -> set[str]:
    """Return the names of all tables and views."""
    return {name for (name,) in db.execute(_TABLES, [schema])}


def functions(db: psycopg.Connection, schema: str) -> set[str]:
    """Return the names of all functions."""
    return {name for (name,) in db.execute(_FUNCTIONS, [schema])}


def foreign_key_columns(db: psycopg.Connection) -> set[tuple[str, str]]:
    """Return table and column of everything that refers to another row."""
    return {(table, column) for table, column in db.execute(_FOREIGN_KEY_COLUMNS)}


@contextmanager
def acting_as(db: psycopg.Connection, role: str, user_id: str = "") -> Iterator[None]:
    """Do what follows as the API does it for this role and user; undo it at the end."""
    claims = json.dumps({"role": role, "sub": user_id} if user_id else {"role": role})
    with db.transaction(force_rollback=True):
        db.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        db.execute("select set_config('role', %s, true)", [role])
        yield


def rows(db: psycopg.Connection, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """Return all rows of a query."""
    return db.execute(query.encode(), arguments).fetchall()
