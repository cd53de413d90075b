"""What breaks around a stack: each is survived, or one line with a remedy, and nothing is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk.local import (
    LocalSupabase,
    _orphans,
    reset,
    start_background,
    status,
    stop_background,
)
from campaign_sdk.local._files import locked
from campaign_sdk.local._postgres import _binaries, _create_cluster

from .conftest import MIGRATIONS
from .test_stack import CHILD, gone, processes, tmpdir_of_stacks

__all__ = ["tmpdir_of_stacks"]

CUT = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where pid <> pg_backend_pid() and backend_type = 'client backend'
"""
BACKENDS = """
select pid from pg_stat_activity
where pid <> pg_backend_pid() and backend_type = 'client backend'
"""
NEW_FUNCTION = """
create function public.brand_new() returns text language sql as $$ select 'new' $$;
grant execute on function public.brand_new() to anon;
notify pgrst, 'reload schema'
"""


def test_it_survives_connections_that_are_cut() -> None:
    """In the middle of transactions: the driver used to end Node, or to wait for ever."""
    with LocalSupabase(migrations=MIGRATIONS) as stack:
        over = threading.Event()

        def ask() -> set[int]:
            """Ask until it is over: an answer that doesn't come is an error."""
            answers = set()
            with httpx.Client(headers={"apikey": stack.anon_key}, timeout=30) as client:
                while not over.is_set():
                    answer = client.post(f"{stack.url}/rest/v1/rpc/who", json={})
                    answers.add(answer.status_code)
            return answers

        with ThreadPoolExecutor(6) as pool, psycopg.connect(stack.db_url, autocommit=True) as db:
            asking = [pool.submit(ask) for _ in range(6)]
            for _ in range(20):
                db.execute(CUT)
                time.sleep(0.03)
            for backend, *_ in db.execute(BACKENDS).fetchmany(1):
                # PostgreSQL cuts all the others then, and recovers.
                os.kill(backend, signal.SIGKILL)
            time.sleep(0.5)
            over.set()
            assert set().union(*(each.result() for each in asking)) <= {200, 500, 503}
            assert stack.running()
        _await_recovery(stack)
        # It hears of changes of the schema as well.
        with psycopg.connect(stack.db_url, autocommit=True) as db:
            db.execute(NEW_FUNCTION)
        _until_answered(stack, "brand_new")


def _await_recovery(stack: LocalSupabase) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            psycopg.connect(stack.db_url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            break
    for _ in range(30):
        _until_answered(stack, "who")


def _until_answered(stack: LocalSupabase, function: str) -> None:
    """Ask until there is an answer: one of the connections may be broken yet."""
    deadline = time.monotonic() + 30
    while True:
        answer = httpx.post(
            f"{stack.url}/rest/v1/rpc/{function}", json={}, headers={"apikey": stack.anon_key}
        )
        if answer.status_code == 200:
            return
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a stack that was up, and isn't."""
    folder = tmp_path_factory.mktemp("kept") / "data"
    with LocalSupabase(folder, MIGRATIONS):
        pass
    return folder


def spoil(folder: Path, **changes: object) -> str:
    """Change the settings of a folder; return what they were."""
    before = (folder / "settings.json").read_text()
    (folder / "settings.json").write_text(json.dumps({**json.loads(before), **changes}))
    return before


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "{}", '{"port": "x"}', "\x00", "[" * 100_000, '{"db_password": ""}'],
    ids=range(9),
)
def test_damaged_settings_are_one_line_with_the_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text)
    for ask in (status, start_background, stop_background, lambda f: LocalSupabase(f).start()):
        with pytest.raises(LocalStackError, match=r"is damaged: .*campaign local reset") as caught:
            ask(tmp_path)
        assert "\n" not in str(caught.value)
    assert not reset(tmp_path).running
    assert (tmp_path / "settings.damaged").read_text() == text
    assert not status(tmp_path).running


def test_settings_of_a_later_version_are_read(kept: Path) -> None:
    before = spoil(kept, colour="blue")
    assert status(kept).anon_key == json.loads(before)["anon_key"]


def test_another_password_than_the_databases_is_told_at_once(kept: Path) -> None:
    before = spoil(kept, db_password="not-the-one-of-the-database")
    began = time.monotonic()
    with pytest.raises(LocalStackError, match=r"another password .*campaign local reset"):
        LocalSupabase(kept, MIGRATIONS).start()
    assert time.monotonic() - began < 15
    assert gone(str(kept))
    (kept / "settings.json").write_text(before)


@pytest.mark.parametrize(("version", "said"), [("16", "made by PostgreSQL 16"), (None, "damaged")])
def test_a_database_of_another_version_is_told(kept: Path, version: str | None, said: str) -> None:
    path = kept / "postgres" / "PG_VERSION"
    before = path.read_text()
    path.unlink() if version is None else path.write_text(version)
    with pytest.raises(LocalStackError, match=f"{said}.*campaign local reset") as caught:
        LocalSupabase(kept, MIGRATIONS).start()
    assert "\n" not in str(caught.value)
    path.write_text(before)


def test_a_database_whose_guard_was_killed_is_ended_and_starts_again(tmp_path: Path) -> None:
    with LocalSupabase(tmp_path / "data", MIGRATIONS) as stack:
        assert stack._postgres is not None
        assert stack._postgres._guard is not None
        os.kill(stack._postgres._guard.pid, signal.SIGKILL)
        stack._postgres._guard.wait()
        assert not stack.running()
    assert gone(str(tmp_path / "data"))
    with LocalSupabase(tmp_path / "data", MIGRATIONS) as again:
        assert again.running()


@pytest.mark.parametrize("milliseconds", [150, 450, 900, 1_400])
@pytest.mark.parametrize("data", ["", "data"])
def test_sigterm_while_it_starts_leaves_nothing(
    tmpdir_of_stacks: Path, milliseconds: int, data: str
) -> None:
    folder = str(tmpdir_of_stacks / data) if data else ""
    arguments = [sys.executable, "-c", CHILD, folder, str(MIGRATIONS)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        time.sleep(milliseconds / 1000)
        child.terminate()
        assert child.stderr is not None
        assert b"Traceback" not in child.stderr.read()
    assert gone(str(tmpdir_of_stacks))
    deadline = time.monotonic() + 60
    while left := [each.name for each in tmpdir_of_stacks.iterdir() if each.name != data]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert not (tmpdir_of_stacks / "data" / "postgres.new").exists()


def test_a_cluster_that_is_interrupted_leaves_nothing(tmpdir_of_stacks: Path) -> None:
    tmpdir_of_stacks.chmod(0o755)
    binaries = _binaries()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    def make(name: str) -> None:
        _create_cluster(binaries, tmpdir_of_stacks / name, "x")
        time.sleep(60)

    earlier = signal.signal(signal.SIGALRM, stop)
    try:
        for moment in range(14, 34, 2):
            signal.setitimer(signal.ITIMER_REAL, moment / 100)
            with pytest.raises(KeyboardInterrupt):
                make(f"postgres-{moment}")
            # The server that initdb runs, alone, would put its folders back.
            assert list(tmpdir_of_stacks.glob("*.new")) == []
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


@pytest.mark.parametrize("milliseconds", [300, 900, 1_500])
def test_what_a_killed_start_has_left_is_removed_by_the_next(
    tmpdir_of_stacks: Path, milliseconds: int
) -> None:
    arguments = [sys.executable, "-c", CHILD, "", str(MIGRATIONS)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as child:
        time.sleep(milliseconds / 1000)
        child.kill()
    assert gone(str(tmpdir_of_stacks))
    deadline = time.monotonic() + 20
    while left := list(tmpdir_of_stacks.iterdir()):
        # A server that initdb ran writes on for a moment; and without its lock, as a start leaves
        # it that was killed early, a folder is taken for one under way, for a while.
        assert time.monotonic() < deadline, left
        for folder in left:
            os.utime(folder, (0, 0))
        _orphans.sweep()


def test_what_isnt_left_by_a_stack_stays(tmpdir_of_stacks: Path) -> None:
    there = tmpdir_of_stacks
    names = ("stack-young", "stack-held", "stack-odd", "letters")
    young, held, odd, letters = (there / f"campaign-{name}" for name in names)
    for folder in (young, held, odd, letters):
        folder.mkdir()
    (odd / "lock").symlink_to(letters)
    (there / "campaign-stack-link").symlink_to(letters)
    (there / "campaign-stack-file").write_text("x")
    before = set(there.iterdir())
    with locked(held / "lock"):
        _orphans.sweep()
        assert set(there.iterdir()) == before
    os.utime(young, (0, 0))
    _orphans.sweep()
    assert before - set(there.iterdir()) == {young, held}


def test_three_starts_at_once_are_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    try:
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(lambda _: start_background(data, MIGRATIONS), range(3)))
        assert all(each == found[0] and each.running for each in found)
    finally:
        stop_background(data)


def test_a_start_that_nobody_waits_for_any_more_ends(tmp_path: Path) -> None:
    code = "import sys; from campaign_sdk.local import start_background as s; s(*sys.argv[1:])"
    arguments = [sys.executable, "-c", code, str(tmp_path / "data"), str(MIGRATIONS)]
    with subprocess.Popen(arguments) as starter:
        while not processes(f"campaign_sdk.local {tmp_path}".replace(" ", "\0")):
            assert starter.poll() is None
            time.sleep(0.01)
        starter.kill()
    assert gone(str(tmp_path / "data"))
    assert not status(tmp_path / "data").running
