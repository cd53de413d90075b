"""Where a session is kept: private, whole, and never lost to a neighbour."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from campaign_sdk import CampaignClient, ConfigurationError, NotAuthenticated
from campaign_sdk.local import LocalSupabase
from campaign_sdk.stores import FileStore, KeyringStore, MemoryStore, SessionStore
from clients import Mode, client_of, sign_up

URL = "https://project.supabase.co"

# A process of its own, as careless as can be about who may read its files.
WORKER = """
import os, sys
from pathlib import Path
from campaign_sdk import CampaignClient
from campaign_sdk.stores import FileStore
url, key, folder = sys.argv[1:]
os.umask(0)
with CampaignClient(url, key, store=FileStore(url, folder)) as client:
    for _ in range(30):
        client.auth.refresh()
        client.contacts.count()
        print("good", flush=True)
"""


class Drawer(KeyringBackend):
    """A keyring in memory."""

    priority = 1.0

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.known.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.known[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.known.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Drawer]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    before, drawer = keyring.get_keyring(), Drawer()
    keyring.set_keyring(drawer)
    yield drawer
    keyring.set_keyring(before)


@pytest.fixture(params=["memory", "file", "keyring"])
def store(request: pytest.FixtureRequest, tmp_path: Path, drawer: Drawer) -> SessionStore:  # noqa: ARG001
    stores: dict[str, SessionStore] = {
        "memory": MemoryStore(),
        "file": FileStore(URL, tmp_path / "files"),
        "keyring": KeyringStore(URL),
    }
    return stores[request.param]


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_store_keeps_one_text(store: SessionStore) -> None:
    assert store.load() is None
    store.clear()
    store.save("one")
    store.save("two ü")
    assert store.load() == "two ü"
    store.set_aside()
    assert store.load() is None
    store.save("three")
    store.clear()
    assert store.load() is None


def test_a_store_has_one_turn(store: SessionStore) -> None:
    assert store.try_lock()
    assert not store.try_lock()
    taken: list[bool] = []
    thread = threading.Thread(target=lambda: taken.append(store.try_lock()))
    thread.start()
    thread.join()
    assert taken == [False]
    store.unlock()
    assert store.try_lock()
    store.unlock()


def test_two_files_of_one_project_are_one(tmp_path: Path) -> None:
    one, two = FileStore(URL, tmp_path), FileStore(f"{URL}/", str(tmp_path))
    one.save("x")
    assert two.load() == "x"
    assert one.try_lock()
    assert not two.try_lock()
    one.unlock()
    assert (
        FileStore("http://127.0.0.1:1", tmp_path).path
        != FileStore("http://127.0.0.1:2", tmp_path).path
    )


def test_only_the_owner_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    before = os.umask(0)
    try:
        store = FileStore(URL)
        store.save("x")
        assert store.try_lock()
        store.unlock()
        assert {mode_of(each) for each in store.path.parent.iterdir()} == {0o600}
        folders = [each for each in store.path.parents if tmp_path in each.parents]
        assert len(folders) == 3
        assert {mode_of(each) for each in folders} == {0o700}
        # Somebody has opened them by hand.
        store.path.chmod(0o644)
        store.path.parent.chmod(0o755)
        assert FileStore(URL).load() == "x"
        assert mode_of(store.path) == 0o600
        assert mode_of(store.path.parent) == 0o700
    finally:
        os.umask(before)


def test_a_folder_that_others_write_to(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(ConfigurationError, match="others may write to it"):
        FileStore(URL, shared)
    assert mode_of(shared) == 0o777


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError, match=str(tmp_path / "file")):
        FileStore(URL, tmp_path / "file" / "folder")


def test_what_cant_be_written_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(URL, tmp_path)
    store.save("x")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match="can't be written"):
        store.save("y")
    assert store.load() == "x"
    assert list(tmp_path.iterdir()) == [store.path]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{", b"null", b"[]", b"7", b'{"session": {}, "ends_at": 1}', b"\xff\xfe", b"[" * 99_999,
        b'{"session": null, "ends_at": 1}',
    ],
)  # fmt: skip
def test_a_corrupt_file_is_set_aside(
    stack: LocalSupabase, mode: Mode, tmp_path: Path, text: bytes
) -> None:
    store = FileStore(stack.url, tmp_path)
    store.path.write_bytes(text)
    with client_of(stack, mode, store=store) as client:
        assert client.auth.user is None
        with pytest.raises(NotAuthenticated):
            client.contacts.count()
        [aside] = tmp_path.glob("*.corrupt-*")
        assert aside.read_bytes() == text
        sign_up(client, "corrupt")
        store.path.write_bytes(text)
        # Who is signed in stays so, and heals the file at the next renewal.
        client.auth.refresh()
        assert client.contacts.count() == 0
        assert json.loads(store.path.read_text())["session"]["access_token"]
        assert len(list(tmp_path.glob("*.corrupt-*"))) == 2


def test_a_number_beyond_all_bounds(stack: LocalSupabase, tmp_path: Path) -> None:
    store = FileStore(stack.url, tmp_path)
    with CampaignClient(stack.url, stack.anon_key, store=store) as client:
        sign_up(client, "huge")
    stored = json.loads(store.path.read_text())
    store.path.write_text(json.dumps(stored | {"ends_at": 10**400}))
    with CampaignClient(stack.url, stack.anon_key, store=store) as client:
        assert client.auth.user is None
    assert len(list(tmp_path.glob("*.corrupt-*"))) == 1


def test_a_session_outlives_its_client(
    stack: LocalSupabase, mode: Mode, store: SessionStore
) -> None:
    with client_of(stack, mode, store=store) as client:
        sign_up(client, "lasting")
        user = client.auth.user
    with client_of(stack, mode, store=store) as client:
        assert client.auth.user == user
        assert client.contacts.count() == 0
        assert client.auth.sign_out() is True
    with client_of(stack, mode, store=store) as client:
        assert client.auth.user is None


def test_three_processes_one_file_ninety_renewals(stack: LocalSupabase, tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    store = FileStore(stack.url, folder)
    with CampaignClient(stack.url, stack.anon_key, store=store) as client:
        sign_up(client, "processes")
    command = [sys.executable, "-c", WORKER, stack.url, stack.anon_key, str(folder)]
    workers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    while any(worker.poll() is None for worker in workers):
        assert json.loads(store.path.read_text())["session"]["refresh_token"]
        assert mode_of(folder) == 0o700
        assert modes_in(folder) == {0o600}
        # Leaves the processors to them.
        time.sleep(0.005)
    told = [worker.communicate() for worker in workers]
    assert [error for _, error in told] == [""] * 3
    assert "".join(output for output, _ in told).count("good") == 90
    with CampaignClient(stack.url, stack.anon_key, store=store) as client:
        assert client.contacts.count() == 0
    assert {each.suffix for each in folder.iterdir()} == {".json", ".lock"}


def modes_in(folder: Path) -> set[int]:
    found = set()
    for each in folder.iterdir():
        # What is being written is renamed at any moment.
        try:
            found.add(mode_of(each))
        except FileNotFoundError:
            continue
    return found


def test_a_keyring_that_refuses(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise keyring.errors.KeyringLocked("locked")

    monkeypatch.setattr(drawer, "set_password", refuse)
    with pytest.raises(ConfigurationError, match="keyring can't be used"):
        KeyringStore(URL).save("x")


def test_no_keyring_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError, match=r"\[keyring\]"):
        KeyringStore(URL)


def test_what_is_no_file_of_ours_is_not_read(tmp_path: Path) -> None:
    """Nor waited for: a pipe that nobody writes to would never end."""
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    elsewhere.write_text("somebody else's session")
    store = FileStore("https://project.example", folder)
    for kind in ("link", "pipe"):
        store.path.symlink_to(elsewhere) if kind == "link" else os.mkfifo(store.path)
        with pytest.raises(ConfigurationError, match="can't be read") as caught:
            store.load()
        assert str(store.path) in caught.value.message
        store.path.unlink()
    store.path.mkdir()
    with pytest.raises(ConfigurationError, match="can't be read"):
        store.load()


def test_what_is_somebody_elses_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore("https://project.example", tmp_path)
    store.save("mine")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(ConfigurationError, match="isn't a file of yours"):
        store.load()
    with pytest.raises(ConfigurationError, match="belongs to somebody else"):
        FileStore("https://project.example", tmp_path)


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    store = FileStore("https://project.example", tmp_path)
    store.save("mine")
    store.path.chmod(0o644)
    assert store.load() == "mine"
    assert store.path.stat().st_mode & 0o777 == 0o600
