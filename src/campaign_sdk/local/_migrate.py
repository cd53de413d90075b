"""Migrations, in the Supabase CLI's own history table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk.local._standing import changed_since

if TYPE_CHECKING:
    from psycopg import Connection, Error

_FILE = re.compile(r"(\d+)_(.*)\.sql")

_HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key
);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
"""
_APPLIED = "select version from supabase_migrations.schema_migrations"
_RECORD = """
insert into supabase_migrations.schema_migrations (version, name, statements) values (%s, %s, %s)
"""


class Migration(NamedTuple):
    """One file of a migrations folder."""

    version: str
    name: str
    path: Path


def migrate(url: str, folder: Path) -> list[str]:
    """Apply what `url`'s database hasn't seen yet, in order; return the versions applied."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_HISTORY)
        applied = {version for (version,) in connection.execute(_APPLIED)}
        pending = [each for each in _migrations(folder) if each.version not in applied]
        try:
            for migration in pending:
                _apply(connection, migration)
        except LocalStackError as error:
            if not changed_since(connection, folder, applied):
                raise
            raise LocalStackError(
                f"{error.message}. The database is an earlier version's, whose migrations have "
                "changed since: `campaign local reset` begins anew, without its data.",
                code=error.code,
            ) from error
    return [migration.version for migration in pending]


def _migrations(folder: Path) -> Iterator[Migration]:
    if not folder.is_dir():
        raise LocalStackError(f"There is no folder of migrations at {folder}.")
    for path in sorted(folder.iterdir()):
        if found := _FILE.fullmatch(path.name):
            yield Migration(found[1], found[2], path)


def _apply(connection: Connection, migration: Migration) -> None:
    import psycopg

    sql = migration.path.read_text("utf-8")
    record = (migration.version, migration.name, [sql])
    # A file's `set` must not reach into the next one: the CLI does the same.
    connection.execute("reset all")
    try:
        with connection.transaction():
            connection.execute(sql.encode())
            connection.execute(_RECORD, record)
    except psycopg.errors.ActiveSqlTransaction:
        # `create index concurrently` and the like, alone in their file.
        connection.execute(sql.encode())
        connection.execute(_RECORD, record)
    except psycopg.Error as error:
        raise LocalStackError(
            f"Migration {migration.path.name} failed{_line(sql, error)}: {error}",
            code=error.sqlstate,
        ) from error


def _line(sql: str, error: Error) -> str:
    position = error.diag.statement_position
    return f" at line {sql.count(chr(10), 0, int(position)) + 1}" if position else ""
