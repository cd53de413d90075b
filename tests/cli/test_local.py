"""The stack that stays up, from the shell: one story, because a start takes its time."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from campaign_sdk.local import _standing, stop_background
from campaign_sdk.local._config import migrations_folder

from .conftest import Campaign
from .test_examples_in_help import example_of

pytestmark = pytest.mark.local_stack


def test_its_life(campaign: Campaign, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SUPABASE_URL", "SUPABASE_ANON_KEY"):
        monkeypatch.delenv(name)
    assert "isn't running" in campaign("local", "status").stdout
    # Redirected into a .env file, a sentence would be a line of it.
    unknown = campaign(*shlex.split(example_of("local status")), code=14)
    assert (unknown.stdout, "campaign local start" in unknown.stderr) == ("", True)
    assert "SUPABASE_URL" in campaign("contacts", "list", code=3).stderr
    try:
        assert "http://127.0.0.1:" in campaign(*shlex.split(example_of("local start"))).stdout
        known = json.loads(campaign("local", "status", "--json").stdout)
        assert known["running"] is True
        env = campaign(*shlex.split(example_of("local status"))).stdout
        assert f"SUPABASE_URL={known['url']}\n" in env
        # Without a project in the environment, the stack that is up is the one that is meant.
        assert known["url"] in campaign("auth", "signup", "--email", "a@example.com").stdout
        standing_and_remedy(campaign, folder, monkeypatch)
        (folder / ".env").write_text(env)
        assert "postgres.log" in campaign(*shlex.split(example_of("local logs"))).stdout
        campaign("local", "reset", code=18, input="n\n")
        assert known["url"] in campaign(*shlex.split(example_of("local reset"))).stdout
        # Whoever was signed in is gone with the rest, and isn't taken for somebody.
        nobody = campaign("contacts", "list", code=4)
        assert "campaign auth signup" in nobody.stderr
        assert "nobody" in campaign("auth", "status").stdout
        assert "Stopped" in campaign(*shlex.split(example_of("local stop"))).stdout
    finally:
        stop_background()
    assert "wasn't running" in campaign("local", "stop").stdout
    gone = campaign("auth", "login", "--email", "a@example.com", code=10)
    assert "campaign local start" in gone.stderr
    (folder / ".env").unlink()
    stopped = campaign("contacts", "list", code=3)
    assert "is stopped" in stopped.stderr
    assert "campaign local start" in stopped.stderr


def standing_and_remedy(campaign: Campaign, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the local stack lacks after an update is said with what helps there."""
    monkeypatch.delenv("SUPABASE_DB_URL")
    assert "migrations are applied" in campaign("migrations", "check").stdout
    newer = folder / "newer"
    shutil.copytree(migrations_folder(), newer)
    (newer / "29990101000000_newer.sql").write_text("select 1;")
    monkeypatch.setattr(_standing, "migrations_folder", lambda: newer)
    missing = campaign("migrations", "check", code=12).stderr
    assert "1 migration is missing: `campaign local stop`, then `campaign local start`" in missing
    assert "supabase db push" not in missing
    first = min(newer.glob("*.sql"))
    first.write_text(f"-- another comment\n{first.read_text()}")
    changed = campaign("migrations", "check", code=12).stderr
    assert "1 migration has changed" in changed
    assert "`campaign local reset`" in changed
    monkeypatch.setattr(_standing, "migrations_folder", migrations_folder)


def test_a_folder_that_has_none(campaign: Campaign, folder: Path) -> None:
    assert "no logs" in campaign("local", "logs", "--data", str(folder / "none")).stdout


def test_migrations_are_never_overwritten(campaign: Campaign, folder: Path) -> None:
    target = folder / "supabase" / "migrations"
    campaign("migrations", "export")
    campaign("migrations", "export")
    first = min(target.glob("*.sql"))
    first.write_text("-- mine")
    assert first.name in campaign("migrations", "export", code=7).stderr.replace("\n", "")
    assert first.read_text() == "-- mine"
