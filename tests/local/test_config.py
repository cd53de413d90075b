"""The CLI's config.toml, cut down to what Lite accepts."""

from __future__ import annotations

from pathlib import Path

import httpx
import psycopg
import pytest

from campaign_sdk.local import LocalSupabase, _config, _stack

CLI_DEFAULTS = """
project_id = "x"
[api]
port = 54321
max_rows = 7
tls = { enabled = false }
[db]
port = 54322
shadow_port = 54320
major_version = 17
[db.pooler]
enabled = false
[realtime]
enabled = true
[inbucket]
enabled = true
[edge_runtime]
policy = "per_worker"
[auth]
site_url = "http://127.0.0.1:3000"
jwt_expiry = 600
[auth.rate_limit]
email_sent = 2
[auth.web3.solana]
enabled = false
[auth.email]
enable_confirmations = false
[auth.external.google]
enabled = true
client_id = "env(TEST_GOOGLE_ID)"
secret = "env(TEST_GOOGLE_SECRET)"
[analytics]
enabled = true
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config.toml").write_text(CLI_DEFAULTS)
    monkeypatch.setattr(_config, "_packaged", lambda name: tmp_path / name)
    return tmp_path


@pytest.mark.usefixtures("config")
def test_the_clis_own_keys_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with LocalSupabase(migrations=tmp_path / "empty") as stack:
        headers = {"apikey": stack.anon_key}
        assert httpx.get(f"{stack.url}/rest/v1/x", headers=headers).status_code == 404
        assert _opened_by_default(stack) == set()


def _opened_by_default(stack: LocalSupabase) -> set[tuple[str, str]]:
    """Return what of a migration's that grants nothing the API's roles may use."""
    opened = set()
    with psycopg.connect(stack.db_url) as connection:
        connection.execute("set role postgres")
        connection.execute("create table public.new_table (id integer)")
        connection.execute("create function public.new_function() returns void begin atomic end")
        connection.execute("create sequence public.new_sequence")
        for role in ("anon", "authenticated", "service_role"):
            for kind, name, privilege in (
                ("table", "public.new_table", "select"),
                ("function", "public.new_function()", "execute"),
                ("sequence", "public.new_sequence", "usage"),
            ):
                query = f"select has_{kind}_privilege(%s, %s, %s)"
                found = connection.execute(query.encode(), [role, name, privilege]).fetchone()
                if found == (True,):
                    opened.add((role, name))
        connection.rollback()
    return opened


@pytest.mark.usefixtures("config")
def test_what_lite_knows_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_GOOGLE_ID", "id")
    monkeypatch.setenv("TEST_GOOGLE_SECRET", "secret")
    found = _config.lite_config()
    assert found["api"] == {"enabled": True, "max_rows": 7}
    assert found["auth"]["jwt_expiry"] == 600
    google = {"enabled": True, "client_id": "id", "secret": "secret"}
    assert found["auth"]["external"] == {"google": google}


@pytest.mark.usefixtures("config")
def test_google_needs_its_environment() -> None:
    assert _config.lite_config()["auth"]["external"] == {}


def test_the_packaged_config_is_complete() -> None:
    assert _config.lite_config()["api"]["max_rows"] == 1000
    assert _config.migrations_folder().is_dir()


def test_lite_reports_to_nobody() -> None:
    assert _stack._environment(throw_away=False)["LITE_TELEMETRY"] == "0"
