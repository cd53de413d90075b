"""pgrls on the migrated database: no finding, and no table that leaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from campaign_sdk.local import LocalSupabase

CONFIG = Path(__file__).with_name("pgrls.toml")


def pgrls(command: str, stack: LocalSupabase) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pgrls", command, "--config", CONFIG],
        env={**os.environ, "DATABASE_URL": stack.db_url},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("command", ["lint", "verify"])
def test_no_finding(command: str, stack: LocalSupabase) -> None:
    done = pgrls(command, stack)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "carelessness"),
    [
        ("lint", "create policy careless on public.careless for select using (true)"),
        ("verify", "create policy careless on public.careless for select to anon using (true)"),
    ],
)
def test_a_careless_table_is_found(
    command: str, carelessness: str, stack: LocalSupabase, db: psycopg.Connection
) -> None:
    db.execute(
        "create table public.careless (user_id uuid);"
        "alter table public.careless enable row level security;" + carelessness
    )
    try:
        done = pgrls(command, stack)
    finally:
        db.execute("drop table public.careless")
    assert done.returncode != 0
    assert "careless" in done.stdout
