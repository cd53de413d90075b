"""`campaign migrations export --with`: additions are chosen by name, and known where they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from campaign_sdk.cli._app import app
from campaign_sdk.local import LocalSupabase
from campaign_sdk.local._config import additions_folder, migrations_folder

RUN = CliRunner()


def test_nothing_is_added_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["migrations", "export", str(tmp_path)]).exit_code == 0
    ours = {path.name for path in migrations_folder().glob("*.sql")}
    assert {path.name for path in tmp_path.iterdir()} == ours


def test_what_is_asked_for_comes_after_the_migrations(tmp_path: Path) -> None:
    chosen = ["--with", "kept_segments", "--with", "events_by_month", "--with", "kept_segments"]
    assert RUN.invoke(app, ["migrations", "export", str(tmp_path), *chosen]).exit_code == 0
    last = sorted(path.name for path in tmp_path.iterdir())[-2:]
    assert [name.partition("_")[2] for name in last] == ["events_by_month.sql", "kept_segments.sql"]
    assert {path.name for path in additions_folder().iterdir()} == set(last)


def test_an_unknown_one_is_refused_with_the_names_that_there_are(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["migrations", "export", str(tmp_path), "--with", "contacts"])
    assert done.exit_code != 0
    assert "events_by_month, kept_segments" in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.local_stack
def test_a_database_tells_which_it_has(stack: LocalSupabase) -> None:
    told = RUN.invoke(app, ["migrations", "status", "--db-url", stack.db_url, "--json"])
    found = json.loads(told.stdout)
    assert sorted(found["additions"].values()) == ["events_by_month", "kept_segments"]
    assert (found["missing"], found["foreign"], found["late"]) == ({}, {}, [])
    shown = RUN.invoke(app, ["migrations", "status", "--db-url", stack.db_url]).stdout
    assert "addition" in shown
    check = RUN.invoke(app, ["migrations", "check", "--db-url", stack.db_url])
    assert check.exit_code == 0
