"""The Supabase CLI on a fresh PostgreSQL: pushed once, nothing to push twice, no advice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import psycopg
import pytest

from campaign_sdk.local import LocalSupabase
from campaign_sdk.local._migrate import migrate
from tools.npm import supabase

from .blueprint import blueprint

pytestmark = pytest.mark.local_stack

SUPABASE = Path(__file__).parents[2] / "supabase"
MIGRATIONS = SUPABASE / "migrations"
FILES = sorted(path.name for path in MIGRATIONS.iterdir())
ADVISORS = ("db", "advisors", "--level", "warn", "--fail-on", "warn")
PUSH = ("db", "push", "--yes")

# What a project of before October 2026 does with everything that is new.
OPEN = """
    alter default privileges for role postgres, supabase_admin in schema public
      grant all on {} to postgres, anon, authenticated, service_role
"""
EVERYBODYS = """
    alter default privileges for role postgres, supabase_admin grant execute on functions to public
"""

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, in which the CLI leaves files of its own."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(SUPABASE, folder / "supabase")
    return folder


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Run:
    """The CLI, in that project."""
    home = tmp_path_factory.mktemp("home")

    def run(*arguments: str, url: str) -> CompletedProcess[str]:
        return supabase(*arguments, f"--remote={url}", project=project, home=home)

    return run


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSupabase]:
    """A PostgreSQL with Supabase's roles and schemas, and the open defaults of older projects."""
    with (
        LocalSupabase(migrations=tmp_path_factory.mktemp("none")) as stack,
        psycopg.connect(stack.db_url, autocommit=True) as connection,
    ):
        for kind in ("tables", "sequences", "functions"):
            connection.execute(OPEN.format(kind).encode())
        connection.execute(EVERYBODYS)
        yield stack


@pytest.fixture(scope="module")
def pushed(fresh: LocalSupabase, cli: Run) -> CompletedProcess[str]:
    return cli(*PUSH, url=fresh.db_url)


def said(done: CompletedProcess[str]) -> str:
    """Return all that was said, for a failed assertion to show."""
    return f"{done.stdout}\n{done.stderr}"


def test_the_first_push_applies_every_migration(pushed: CompletedProcess[str]) -> None:
    assert pushed.returncode == 0, said(pushed)
    applied = [line.split()[-1] for line in said(pushed).splitlines() if "Applying" in line]
    assert [name.removesuffix("...") for name in applied] == FILES


@pytest.mark.usefixtures("pushed")
def test_the_second_push_applies_nothing(fresh: LocalSupabase, cli: Run) -> None:
    again = cli(*PUSH, url=fresh.db_url)
    assert again.returncode == 0, said(again)
    assert "up to date" in said(again)
    assert "Applying" not in said(again)


@pytest.mark.usefixtures("pushed")
def test_the_advisors_have_no_advice_and_would_have_some(fresh: LocalSupabase, cli: Run) -> None:
    none = cli(*ADVISORS, url=fresh.db_url)
    assert none.returncode == 0, said(none)
    with psycopg.connect(fresh.db_url, autocommit=True) as connection:
        connection.execute("create table public.careless (id integer)")
        connection.execute("grant all on public.careless to anon, authenticated")
        try:
            some = cli(*ADVISORS, url=fresh.db_url)
        finally:
            connection.execute("drop table public.careless")
    assert some.returncode != 0
    assert "careless" in said(some)


@pytest.mark.usefixtures("pushed")
def test_the_launcher_takes_over_what_the_cli_pushed(fresh: LocalSupabase) -> None:
    assert migrate(fresh.db_url, MIGRATIONS) == []


def test_the_cli_takes_over_what_the_launcher_applied(stack: LocalSupabase, cli: Run) -> None:
    done = cli(*PUSH, url=stack.db_url)
    assert done.returncode == 0, said(done)
    assert "up to date" in said(done)


@pytest.mark.usefixtures("pushed")
def test_both_lead_to_the_same_schema_and_the_same_history(
    fresh: LocalSupabase, db: psycopg.Connection
) -> None:
    """Also whoever applies them: the CLI was a superuser here, the launcher isn't one."""
    with psycopg.connect(fresh.db_url, autocommit=True) as connection:
        pushed, launched = blueprint(connection), blueprint(db)
    assert all(launched.values())
    for part in launched:
        assert pushed[part] == launched[part], part


@pytest.mark.usefixtures("pushed")
def test_the_additions_are_pushed_like_the_rest_and_get_no_advice(
    fresh: LocalSupabase, project: Path, cli: Run
) -> None:
    """Last of all, for they stay: they are for very large projects only."""
    shutil.copytree(SUPABASE / "scale", project / "supabase" / "migrations", dirs_exist_ok=True)
    done = cli(*PUSH, url=fresh.db_url)
    assert done.returncode == 0, said(done)
    assert said(done).count("Applying") == 2
    none = cli(*ADVISORS, url=fresh.db_url)
    assert none.returncode == 0, said(none)
