from __future__ import annotations

import json
import stat
import uuid
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient

from .conftest import Campaign


def test_a_session_lasts_from_command_to_command(campaign: Campaign, folder: Path) -> None:
    email = f"{uuid.uuid4().hex}@example.com"
    assert "nobody" in campaign("auth", "status").stdout
    assert email in campaign("auth", "signup", "--email", email, "--name", "[Al]").stdout
    status = json.loads(campaign("auth", "status", "--json").stdout)
    assert status["user"] == email
    campaign("contacts", "list")
    files = [path for path in (folder / "state").rglob("*") if path.is_file()]
    assert files
    assert not any(stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files)
    campaign("auth", "logout")
    campaign("auth", "logout")
    refused = campaign("contacts", "list", code=4)
    assert "campaign auth login" in refused.stderr
    assert email in campaign("auth", "login", "--email", email).stdout


def test_a_password_is_asked_for(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAMPAIGN_PASSWORD")
    email = f"{uuid.uuid4().hex}@example.com"
    campaign("auth", "signup", "--email", email, input="a long password\n")
    answered = campaign("auth", "login", "--email", email, input="a long password\n")
    assert "a long password" not in answered.output
    wrong = campaign("auth", "login", "--email", email, input="another\n", code=4)
    assert "password is wrong" in wrong.stderr


def test_signing_up_twice_is_signing_in(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = f"{uuid.uuid4().hex}@example.com"
    for _ in range(2):
        assert email in campaign("auth", "signup", "--email", email).stdout
    monkeypatch.setenv("CAMPAIGN_PASSWORD", "somebody else's guess")
    campaign("auth", "signup", "--email", email, code=7)


def test_a_token_stands_for_a_session(
    client: CampaignClient, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.contacts.upsert([{"email": "a@example.com"}])
    token = campaign("auth", "token").stdout.strip()
    client.auth.user and campaign("auth", "status")
    monkeypatch.setenv("XDG_STATE_HOME", "/nonexistent")
    monkeypatch.setenv("CAMPAIGN_ACCESS_TOKEN", token)
    assert "a@example.com" in campaign("contacts", "list").stdout
    assert client.auth.user is not None
    assert str(client.auth.user.email) in campaign("auth", "status").stdout


def test_there_is_no_token_without_a_session(campaign: Campaign) -> None:
    assert campaign("auth", "token", code=4).stdout == ""


def test_the_environments_password_stays_with_its_address(
    campaign: Campaign, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the folder may name another machine; the local stack's own is fine."""
    monkeypatch.delenv("SUPABASE_URL")
    (folder / ".env").write_text("SUPABASE_URL=https://evil.example\n")
    for command in ("login", "signup"):
        refused = campaign("auth", command, "--email", "a@example.com", code=3)
        assert "CAMPAIGN_PASSWORD" in refused.stderr
        assert "SUPABASE_URL" in refused.stderr
