"""A clock that is wrong doesn't matter: a token is renewed once in its real lifetime."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auth.clocks import Clocks
from auth.tap import Tap
from campaign_sdk import CampaignClient
from campaign_sdk.local import LocalSupabase
from campaign_sdk.stores import FileStore
from clients import Mode, client_of, sign_up

HOUR = 3600
TESTS = Path(__file__).parents[1]
SKEWS = pytest.mark.parametrize("skew", [-2 * HOUR, 2 * HOUR], ids=["behind", "ahead"])

# A process whose clock is wrong from its start, for supabase-py and everybody else too.
WORKER = """
import sys, time
url, key, folder, skew = sys.argv[1:]
right = time.time
time.time = lambda: right() + float(skew)
from auth.tap import Tap
from campaign_sdk import CampaignClient
from campaign_sdk.stores import FileStore
tap = Tap()
with CampaignClient(url, key, store=FileStore(url, folder), transport=tap) as client:
    for _ in range(3):
        client.contacts.count()
        client.auth.profile()
print(tap.renewals)
"""


def renewals_in_two_processes(stack: LocalSupabase, folder: Path, skew: float) -> int:
    command = [sys.executable, "-c", WORKER, stack.url, stack.anon_key, str(folder), str(skew)]
    workers = [
        subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    return sum(int(worker.communicate()[0]) for worker in workers)


@SKEWS
def test_a_clock_that_is_wrong(
    stack: LocalSupabase, mode: Mode, clocks: Clocks, skew: float
) -> None:
    clocks.wall = skew
    tap = Tap()
    with client_of(stack, mode, transport=tap) as client:
        sign_up(client, "skewed")
        for lifetime in range(3):
            for _ in range(5):
                assert client.contacts.count() == 0
                client.auth.profile()
                if mode == "sync":
                    assert client.supabase.auth.get_session() is not None
            assert tap.renewals == lifetime
            clocks.pass_by(HOUR)


@SKEWS
def test_a_clock_that_is_put_right(
    stack: LocalSupabase, mode: Mode, clocks: Clocks, tmp_path: Path, skew: float
) -> None:
    store, tap = FileStore(stack.url, tmp_path), Tap()
    with client_of(stack, mode, store=store, transport=tap) as client:
        sign_up(client, "jump")
        clocks.wall = skew
        for _ in range(5):
            assert client.contacts.count() == 0
        assert tap.renewals == 0
    for _ in range(5):
        with client_of(stack, mode, store=store, transport=(tap := Tap())) as client:
            assert client.contacts.count() == 0
            expires_at = client.auth.session.expires_at  # type: ignore[union-attr]
            # On this package's idea of the time, no token is good for longer than it lives.
            assert expires_at <= datetime.now(UTC) + timedelta(seconds=HOUR)
            renewed = tap.renewals
    assert renewed == 0


@SKEWS
def test_two_processes_with_the_same_wrong_clock(
    stack: LocalSupabase, tmp_path: Path, skew: float
) -> None:
    with CampaignClient(stack.url, stack.anon_key, store=FileStore(stack.url, tmp_path)) as client:
        sign_up(client, "fake-time")
    # The file was written when the clock was right.
    renewals = renewals_in_two_processes(stack, tmp_path, skew)
    assert renewals == (1 if skew > 0 else 0)
