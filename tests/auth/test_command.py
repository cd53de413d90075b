"""`campaign auth`, as processes of their own: what they show, and what they don't."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from typer.testing import CliRunner

from campaign_sdk.cli._app import app
from campaign_sdk.local import LocalSupabase
from campaign_sdk.stores import FileStore
from clients import PASSWORD
from local.google import EMAIL

from .test_google import last_address, walk

COMMAND = [sys.executable, "-c", "from campaign_sdk.cli import main; main()"]


class Done(NamedTuple):
    """What a command has shown, its traceback included."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def environment(
    stack: LocalSupabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """That of a shell in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUPABASE_URL", stack.url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", stack.anon_key)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return dict(os.environ)


@pytest.fixture
def campaign(environment: dict[str, str]) -> Callable[..., Done]:
    def run(*arguments: str, **more: str) -> Done:
        done = CliRunner().invoke(app, arguments, env=environment | more)
        trace = "".join(traceback.format_exception(done.exception)) if done.exception else ""
        return Done(done.exit_code, done.stdout, done.stderr + trace)

    return run


@pytest.mark.parametrize("pastes", [False, True])
def test_a_whole_visit(
    campaign: Callable[..., Done], environment: dict[str, str], tmp_path: Path, pastes: bool
) -> None:
    with subprocess.Popen(
        [*COMMAND, "auth", "login", "--no-browser"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as login:
        assert login.stderr is not None
        assert login.stdin is not None
        address = next(line.strip() for line in login.stderr if "/authorize?" in line)
        if pastes:
            elsewhere = httpx.URL(address).copy_set_param("redirect_to", "http://127.0.0.1:9/")
            login.stdin.write(f"{last_address(str(elsewhere))}\n")
            login.stdin.flush()
        else:
            # The command ends though nobody has pasted anything.
            assert "You can close this window" in walk(address).text
        assert login.stdout is not None
        assert login.stdout.readline().startswith(f"Signed in as {EMAIL} at ")
        assert login.wait() == 0
    status = json.loads(campaign("auth", "status", "--json").stdout)
    assert status["project"] == environment["SUPABASE_URL"]
    assert status["user"] == EMAIL
    assert datetime.fromisoformat(status["until"]) > datetime.now(UTC)
    token = campaign("auth", "token").stdout.strip()
    assert token.count(".") == 2
    told = campaign("auth", "status", SUPABASE_URL=environment["SUPABASE_URL"]).stdout
    assert EMAIL in told
    assert status["until"][:10] in told
    # A job in CI, without a session of its own.
    job = {"CAMPAIGN_ACCESS_TOKEN": token, "XDG_STATE_HOME": str(tmp_path / "nowhere")}
    assert EMAIL in campaign("auth", "status", **job).stdout
    assert campaign("auth", "token", **job).stdout.strip() == token
    assert campaign("auth", "logout").stdout == "Signed out.\n"
    assert "nobody" in campaign("auth", "status").stdout
    assert campaign("auth", "token").code == 4


def test_nothing_secret_is_shown(
    campaign: Callable[..., Done], stack: LocalSupabase, tmp_path: Path
) -> None:
    account, contact = f"quiet-{tmp_path.name}@example.com".lower(), "hush@private.example"
    (tmp_path / "contacts.csv").write_text(f"email,phone\n{contact},1\nhush,2\n")
    signed_up = campaign("auth", "signup", "--email", account, CAMPAIGN_PASSWORD=PASSWORD)
    assert signed_up.code == 0
    [file] = (tmp_path / "campaign_sdk").rglob("*.json")
    session = json.loads(file.read_text())["session"]
    known = [session["access_token"], session["refresh_token"], PASSWORD, stack.anon_key, "hush"]
    elsewhere = {"SUPABASE_URL": "http://127.0.0.1:9"}
    broken = {"CAMPAIGN_ACCESS_TOKEN": session["access_token"] + "x"}
    done = [
        campaign("--debug", "auth", "login", "--email", account, CAMPAIGN_PASSWORD=f"{PASSWORD}!"),
        campaign("--debug", "contacts", "import", "contacts.csv"),
        campaign("--debug", "contacts", "list", **broken),
        campaign("--debug", "contacts", "list", **elsewhere),
        campaign("--debug", "auth", "status", **elsewhere, **broken),
        campaign("--debug", "auth", "signup", "--email", account, CAMPAIGN_PASSWORD=PASSWORD),
        campaign("auth", "status"),
        campaign("auth", "status", **broken),
        campaign("--debug", "auth", "logout"),
    ]
    told = "".join(each.stdout + each.stderr for each in done)
    assert told.count("Traceback") >= 5
    assert [each for each in known if each in told] == []
    # Who is signed in is said where it is asked for, and nowhere else.
    assert [EMAIL for each in done if account in each.stderr] == []


def test_signing_out_offline(campaign: Callable[..., Done], tmp_path: Path) -> None:
    account = f"away-{tmp_path.name}@example.com".lower()
    campaign("auth", "signup", "--email", account, CAMPAIGN_PASSWORD=PASSWORD)
    [file] = (tmp_path / "campaign_sdk").rglob("*.json")
    # Where the session of another address is looked for.
    file = file.rename(FileStore("http://127.0.0.1:9", file.parent).path)
    done = campaign("auth", "logout", SUPABASE_URL="http://127.0.0.1:9")
    assert done.code == 0
    assert "couldn't be told" in done.stderr
    assert not file.exists()
