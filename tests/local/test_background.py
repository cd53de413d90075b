"""A stack that outlives the command that started it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk.local import LocalStatus, logs, reset, start_background, status, stop_background

from .conftest import MIGRATIONS
from .test_stack import gone, refused


@pytest.fixture
def up(tmp_path: Path) -> Iterator[LocalStatus]:
    yield start_background(tmp_path / "data", MIGRATIONS)
    stop_background(tmp_path / "data")


def test_start_and_stop(up: LocalStatus) -> None:
    assert up.running
    assert up.url is not None
    assert httpx.get(f"{up.url}/rest/v1/x", headers={"apikey": str(up.anon_key)}).is_client_error
    assert status(up.data) == up
    assert stop_background(up.data)
    assert refused(up.url)
    assert gone(str(up.data))
    after = status(up.data)
    assert (after.running, after.url, after.db_url, after.pid) == (False, None, None, None)
    assert after.anon_key == up.anon_key
    assert not stop_background(up.data)


def test_a_second_start_finds_the_first(up: LocalStatus) -> None:
    assert start_background(up.data, MIGRATIONS) == up


def test_it_outlives_who_started_it(tmp_path: Path) -> None:
    code = "import sys; from campaign_sdk.local import start_background as s; s(*sys.argv[1:])"
    data = tmp_path / "data"
    subprocess.run([sys.executable, "-c", code, str(data), str(MIGRATIONS)], check=True)
    assert status(data).running
    assert stop_background(data)


def test_reset_throws_the_data_away_and_keeps_the_keys(up: LocalStatus) -> None:
    with psycopg.connect(str(up.db_url), autocommit=True) as connection:
        connection.execute("create table public.mine (id integer)")
    again = reset(up.data, MIGRATIONS)
    assert again.running
    assert (again.anon_key, again.service_key) == (up.anon_key, up.service_key)
    with psycopg.connect(str(again.db_url)) as connection:
        assert connection.execute("select to_regclass('mine')").fetchone() == (None,)


def test_reset_of_what_is_down_leaves_it_down(up: LocalStatus) -> None:
    stop_background(up.data)
    assert not reset(up.data, MIGRATIONS).running
    assert not (up.data / "postgres").exists()


def test_logs_are_named(up: LocalStatus) -> None:
    assert "==> postgres.log <==" in logs(up.data)
    assert "ready to accept connections" in logs(up.data)


def test_why_it_did_not_start(tmp_path: Path) -> None:
    (tmp_path / "1_bad.sql").write_text("select nothing")
    with pytest.raises(LocalStackError, match="1_bad"):
        start_background(tmp_path / "data", tmp_path)
    assert not status(tmp_path / "data").running
    assert gone(str(tmp_path / "data"))


def test_there_was_never_one(tmp_path: Path) -> None:
    assert status(tmp_path / "none") == LocalStatus(tmp_path / "none", running=False)
    assert not stop_background(tmp_path / "none")
    assert logs(tmp_path / "none") == ""
