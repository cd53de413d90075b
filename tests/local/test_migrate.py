"""The runner of migrations: whole files, in order, once, in the CLI's history table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk.local import LocalSupabase
from campaign_sdk.local._migrate import migrate

HISTORY = "select version, name from supabase_migrations.schema_migrations order by version"


@pytest.fixture
def database(stack: LocalSupabase, db: psycopg.Connection) -> Iterator[str]:
    """A database of its own in the stack's server, as `postgres`."""
    db.execute("create database migrations owner postgres")
    yield make_conninfo(stack.db_url, user="postgres", dbname="migrations")
    db.execute("drop database migrations with (force)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_new_files_are_applied_in_order_and_once(database: str, folder: Path) -> None:
    (folder / "20260102000000_second.sql").write_text("insert into t values (2)")
    (folder / "20260101000000_first.sql").write_text("create table t (id integer)")
    (folder / "README.md").write_text("not a migration")
    assert migrate(database, folder) == ["20260101000000", "20260102000000"]
    assert migrate(database, folder) == []
    (folder / "20260103000000_third.sql").write_text("insert into t values (3)")
    assert migrate(database, folder) == ["20260103000000"]
    with psycopg.connect(database) as connection:
        assert connection.execute("select id from t").fetchall() == [(2,), (3,)]
        assert connection.execute(HISTORY).fetchall() == [
            ("20260101000000", "first"),
            ("20260102000000", "second"),
            ("20260103000000", "third"),
        ]


def test_a_failure_names_file_and_line_and_leaves_nothing(database: str, folder: Path) -> None:
    (folder / "1_bad.sql").write_text("create table t (id integer);\n\nselect nothing;")
    with pytest.raises(LocalStackError, match=r"1_bad\.sql failed at line 3.*nothing") as failed:
        migrate(database, folder)
    assert failed.value.code == "42703"
    with psycopg.connect(database) as connection:
        assert connection.execute("select to_regclass('t')").fetchone() == (None,)
        assert connection.execute(HISTORY).fetchall() == []


def test_a_database_of_an_earlier_version_is_told_with_the_remedy(
    database: str, folder: Path
) -> None:
    (folder / "1_first.sql").write_text(
        "create table one (id integer); create table two (id integer)"
    )
    migrate(database, folder)
    # The second moves into a file of its own.
    (folder / "1_first.sql").write_text("create table one (id integer)")
    (folder / "2_second.sql").write_text("create table two (id integer)")
    with pytest.raises(LocalStackError, match=r"already exists.*`campaign local reset`") as failed:
        migrate(database, folder)
    assert failed.value.code == "42P07"


HARD = {
    "begin atomic": """
        create function one() returns integer language sql begin atomic select 1; end;
        select one();
    """,
    "escaped quote": r"create table t (a text default E'\'; drop'); select 'x;y';",
    "nested comment": "/* a /* nested; */ comment; */ create table t (id integer);",
    "concurrently": "create index concurrently late on base (id);",
    "dollar quotes": "do $do$ begin execute $x$create table t (id int);$x$; end $do$;",
    "setting": "set search_path = ''; create table public.t (id integer);",
}


@pytest.mark.parametrize("sql", HARD.values(), ids=HARD.keys())
def test_what_a_splitter_of_statements_would_break(database: str, folder: Path, sql: str) -> None:
    (folder / "1_base.sql").write_text("create table base (id integer)")
    (folder / "2_hard.sql").write_text(sql)
    (folder / "3_next.sql").write_text("insert into base values (1)")
    assert migrate(database, folder) == ["1", "2", "3"]


def test_the_history_is_the_clis(database: str, folder: Path) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "create schema supabase_migrations;"
            "create table supabase_migrations.schema_migrations"
            "(version text not null primary key, statements text[], name text);"
            "insert into supabase_migrations.schema_migrations values ('1', '{select 1}', 'cli')"
        )
    (folder / "1_cli.sql").write_text("this was applied by the CLI")
    assert migrate(database, folder) == []


def test_no_folder(database: str, folder: Path) -> None:
    with pytest.raises(LocalStackError, match="no folder of migrations"):
        migrate(database, folder / "missing")
