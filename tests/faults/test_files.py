"""Files that we write are whole or not there; session files are ours or aren't used."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from campaign_sdk import ConfigurationError, InvalidInput
from campaign_sdk._core import files
from campaign_sdk._core.errors import LocalStackError
from campaign_sdk._core.files import write_bytes_whole, write_whole, written_whole
from campaign_sdk.assets._images import read_image
from campaign_sdk.cli._files import read_text
from campaign_sdk.contacts.files._file import ContactFile
from campaign_sdk.contacts.files._source import Source
from campaign_sdk.local import logs, status
from campaign_sdk.local._files import locked
from campaign_sdk.stores import FileStore

OLD = "as it was"

# Each way to a file: with room for 4 kB only, nothing larger gets there.
WRITERS = {
    "text": "from campaign_sdk._core.files import write_whole as w; w(path, 'x' * 100_000)",
    "bytes": "from campaign_sdk._core.files import write_bytes_whole as w; w(path, b'x' * 100_000)",
    "export": """
from datetime import datetime, UTC
from uuid import uuid4
from campaign_sdk import Contact
from campaign_sdk.cli._csv import export_contacts
now = datetime.now(UTC)
export_contacts((Contact(id=uuid4(), email=f"a{n}@example.com", created_at=now, updated_at=now)
                 for n in range(5000)), path, as_json=False)
""",
    "rejects": """
from campaign_sdk.contacts.files._file import ContactFile
from campaign_sdk.contacts.files._rejects import rejects_written
import io
source = ContactFile(io.BytesIO(b"email\\nann@example.com\\n"))
with rejects_written(source, path) as reject:
    for row in list(source) * 5000:
        reject(row, "email", "a reason that is long enough to fill a disk with")
""",
    "migrations": """
from campaign_sdk.cli.migrations import export
export(path.parent / "migrations")
""",
    "functions": """
from campaign_sdk.cli.functions import export
export(path.parent / "functions")
""",
}
LIMITED = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
from campaign_sdk import CampaignError
import campaign_sdk.cli.migrations, campaign_sdk.cli.functions, campaign_sdk.contacts
import campaign_sdk.local._config
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    exec(sys.argv[2])
except CampaignError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, writer: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(OLD)
    program = [sys.executable, "-c", LIMITED, str(path), WRITERS[writer]]
    # The temporary file of an export has as little room.
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.stdout.startswith("InvalidInput"), done.stdout + done.stderr
    assert "can't be written" in done.stdout
    assert path.read_text() == OLD
    assert [each.name for each in tmp_path.rglob("*.part")] == []


def test_dev_full_is_no_bug() -> None:
    for write in (
        partial(write_whole, "/dev/full", "x" * 100_000),
        partial(write_bytes_whole, "/dev/full", b"x" * 100_000),
    ):
        with pytest.raises(InvalidInput, match="/dev/full can't be written"):
            write()
    program = "from campaign_sdk.cli import main; main()"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program, "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, "Traceback" in done.stderr) == (8, False), done.stderr


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("ascii", "Zoë"), ("latin-1", "Łódź"), ("utf-8", "\ud800"), ("nonsense", "x"), ("\0", "x")],
)
def test_an_encoding_that_lacks_a_character(tmp_path: Path, encoding: str, text: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(OLD)
    with pytest.raises(InvalidInput):
        write_whole(path, text, encoding=encoding)
    assert path.read_text() == OLD
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300, "no/such/folder", "."])
def test_names_that_no_file_has(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput), written_whole(f"{tmp_path}/{name}", "output"):
        raise AssertionError("it was opened")
    assert list(tmp_path.iterdir()) == []


def test_an_odd_name_that_a_file_may_have(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv"))
    write_whole(path, "x")
    assert path.read_text() == "x"


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    (path.parent / "elsewhere").write_text("{}")
    path.symlink_to(path.parent / "elsewhere")


def _theirs(path: Path) -> None:
    path.write_text("{}")
    os.chown(path, 65534, 65534)


@pytest.mark.parametrize("spoil", [_pipe, _link, Path.mkdir, _theirs])
def test_session_files_that_are_none(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    if spoil is _theirs and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    tmp_path.chmod(0o700)
    store = FileStore("http://127.0.0.1:54321", tmp_path)
    spoil(store.path)
    found: list[str] = []

    def load() -> None:
        try:
            store.load()
        except ConfigurationError as error:
            found.append(str(error))

    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    thread.join(60)
    assert len(found) == 1, "it hangs, or reads what isn't ours"
    assert str(store.path) in found[0]


def test_a_session_on_a_full_disk_is_told(tmp_path: Path) -> None:
    program = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from campaign_sdk import ConfigurationError
from campaign_sdk.stores import FileStore
store = FileStore("http://127.0.0.1:54321", sys.argv[1])
store.save("old")
resource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    store.save("x" * 5000)
except ConfigurationError as error:
    print(error)
print(store.load())
"""
    tmp_path.chmod(0o700)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True
    )
    assert "can't be written" in done.stdout, done.stdout + done.stderr
    assert done.stdout.endswith("old\n")
    assert [each.suffix for each in tmp_path.iterdir() if each.suffix != ".lock"] == [".json"]


ENDLESS: dict[str, Callable[[Path], object]] = {
    "contacts": lambda path: ContactFile(path),
    "events": lambda path: Source.of(path),
    "image": lambda path: read_image(path, "a.png"),
    "what a command reads": lambda path: read_text(path, "message"),
}


@pytest.mark.parametrize("read", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/urandom"])
def test_what_has_no_end_isnt_read(read: Callable[[Path], object], device: str) -> None:
    with pytest.raises(InvalidInput, match="is a device"):
        read(Path(device))


@pytest.mark.parametrize("read", ENDLESS.values(), ids=ENDLESS)
def test_what_cant_be_read_is_told(read: Callable[[Path], object], tmp_path: Path) -> None:
    # Its size is 0, and reading it fails.
    for path in (Path("/proc/self/mem"), tmp_path, tmp_path / "none", Path("\0")):
        with pytest.raises(InvalidInput):
            read(path)


def test_a_pipe_is_read_and_written(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=write_whole, args=[pipe, "Hello"])
    writing.start()
    assert read_text(pipe, "message") == "Hello"
    writing.join()


def test_a_pipe_that_nobody_reads_isnt_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_PATIENCE", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput, match="can't be written"):
        write_whole(tmp_path / "pipe", "x")


@pytest.mark.parametrize("spoil", [_pipe, _link, Path.mkdir, lambda p: p.symlink_to("/dev/zero")])
def test_settings_of_a_stack_that_are_none(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    spoil(tmp_path / "settings.json")
    with pytest.raises(LocalStackError, match=r"settings\.json"):
        status(tmp_path)
    spoil(tmp_path / "server.log")
    assert isinstance(logs(tmp_path), str)


def test_a_lock_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(LocalStackError, match="can't be used"), locked(tmp_path / "lock"):
        raise AssertionError("it was locked")


def test_the_part_of_a_killed_writer_goes_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "file[1].csv"
    left, young, other = (
        tmp_path / name
        for name in (".file[1].csv.0a.part", ".file[1].csv.1b.part", ".file1.csv.part")
    )
    for part in (left, young, other):
        part.write_text("x")
    os.utime(left, (0, 0))
    with written_whole(path, "output") as stream:
        [own] = set(tmp_path.iterdir()) - {young, other}
        os.utime(own, (0, 0))
        write_whole(path, "first")
        stream.write("last")
    assert path.read_text() == "last"
    assert set(tmp_path.iterdir()) == {path, young, other}
