"""The Supabase CLI on projects that aren't fresh: beside what they have, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import psycopg
import pytest

from campaign_sdk._core.errors import ConfigurationError, SchemaMismatch, Unavailable
from campaign_sdk.local import LocalSupabase
from campaign_sdk.local._config import migrations_folder
from campaign_sdk.local._standing import _names, standing
from tools.npm import supabase

from . import catalog
from .blueprint import blueprint

OURS = sorted(path.name for path in migrations_folder().glob("*.sql"))
OWN = {
    "20250101000000_first.sql": "create table public.invoices (id integer);",
    # Later than ours, as whatever a project adds after our release is.
    "20991231000000_last.sql": "create schema private; create table private.notes (id integer);",
}
PUSH = ("db", "push", "--yes")
TAKEN = "create schema private; create table public.contacts (id integer, name text);"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder, with two migrations of its own."""
    project = tmp_path_factory.mktemp("project")
    (project / "supabase" / "migrations").mkdir(parents=True)
    shutil.copy(migrations_folder().parent / "config.toml", project / "supabase")
    for name, sql in OWN.items():
        (project / "supabase" / "migrations" / name).write_text(sql)
    return project


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSupabase]:
    """A PostgreSQL with Supabase's roles and schemas, and nothing else."""
    with LocalSupabase(migrations=tmp_path_factory.mktemp("none")) as stack:
        yield stack


def run(project: Path, stack: LocalSupabase, *arguments: str) -> CompletedProcess[str]:
    return supabase(*arguments, f"--remote={stack.db_url}", project=project, home=project)


def exported(project: Path) -> None:
    """Do what `campaign migrations export` does."""
    for name in OURS:
        shutil.copy(migrations_folder() / name, project / "supabase" / "migrations")


def test_ours_go_between_those_that_are_there(project: Path, remote: LocalSupabase) -> None:
    first = run(project, remote, *PUSH)
    assert first.returncode == 0, first.stderr
    before = standing(remote.db_url)
    assert (list(before.applied), len(before.missing)) == ([], len(OURS))
    assert list(before.foreign.values()) == ["first", "last"]
    assert (before.in_the_way, set(before.late)) == ((), set(before.missing))
    with pytest.raises(SchemaMismatch, match="--include-all"):
        before.require_whole()

    exported(project)
    refused = run(project, remote, *PUSH)
    assert refused.returncode != 0
    assert "--include-all" in refused.stderr + refused.stdout
    done = run(project, remote, *PUSH, "--include-all")
    assert done.returncode == 0, done.stdout + done.stderr
    after = standing(remote.db_url)
    assert (len(after.applied), after.missing, len(after.foreign)) == (len(OURS), {}, 2)
    after.require_whole()


def test_what_is_in_the_way_is_said_before_anything_is_changed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (tmp_path / "supabase" / "migrations").mkdir(parents=True)
    shutil.copy(migrations_folder().parent / "config.toml", tmp_path / "supabase")
    exported(tmp_path)
    with (
        LocalSupabase(migrations=tmp_path_factory.mktemp("none")) as stack,
        psycopg.connect(stack.db_url, autocommit=True) as db,
    ):
        db.execute(TAKEN)
        found = standing(stack.db_url)
        assert found.in_the_way == ("table public.contacts",)
        with pytest.raises(SchemaMismatch, match=r"public\.contacts"):
            found.require_whole()
        before = blueprint(db)
        refused = run(tmp_path, stack, *PUSH)
        said = refused.stdout + refused.stderr
        assert refused.returncode != 0
        assert "table public.contacts" in said
        assert "Rename what is yours" in said
        after = blueprint(db)
        assert {part: rows for part, rows in after.items() if part != "history"} == {
            part: rows for part, rows in before.items() if part != "history"
        }
        assert standing(stack.db_url).applied == {}
        # The remedy works, and a schema of the name `private` never was in the way.
        db.execute("alter table public.contacts rename to my_contacts")
        done = run(tmp_path, stack, *PUSH)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_guard_knows_every_name(db: psycopg.Connection) -> None:
    """A new table, type or function of ours: its name stands in the first migration's guard."""
    guard = (migrations_folder() / OURS[0]).read_text().partition("create schema")[0]
    made = catalog.tables(db, "public") | catalog.functions(db, "public")
    assert [name for name in sorted(made) if f"'{name}'" not in guard] == []
    assert [name for name in _names(migrations_folder()) if f"'{name}'" not in guard] == []


def test_a_database_that_cannot_be_asked_keeps_its_password_to_itself() -> None:
    for address, error in (
        ("postgresql://postgres:hunter2@127.0.0.1:1/postgres", Unavailable),
        ("no address, hunter2", ConfigurationError),
    ):
        with pytest.raises(error) as caught:
            standing(address)
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None
