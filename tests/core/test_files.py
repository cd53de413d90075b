"""Files that we write: whole or not there, and nobody else's to read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from campaign_sdk import InvalidInput
from campaign_sdk._core.files import write_bytes_whole, write_whole, written_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_whole(path, "a\r\nb\n", encoding="utf-8-sig")
    assert path.read_bytes() == b"\xef\xbb\xbfa\r\nb\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["out.csv"]


def test_what_fails_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")

    def fail(error: type[BaseException]) -> None:
        with written_whole(path, "output") as stream:
            stream.write("new")
            stream.flush()
            raise error

    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error):
            fail(error)
        assert path.read_text() == "old"
        assert names(tmp_path) == ["out.csv"]


def test_nobody_reads_a_part(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with written_whole(path, "output") as stream:
        stream.write("new")
        stream.flush()
        assert not path.exists()
        [part] = tmp_path.iterdir()
        assert part.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == "new"


def test_the_file_behind_a_link_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.parametrize("path", ["absent/out.csv", ".", "x" * 300])
def test_what_cant_be_written_is_named(tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidInput, match="can't be written") as caught:
        write_whole(tmp_path / path, "x", "output")
    assert caught.value.path == "output"
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has such a device")
def test_a_disk_that_is_full_is_no_bug_of_ours() -> None:
    with pytest.raises(InvalidInput, match=r"/dev/full can't be written \(No space left"):
        write_whole("/dev/full", "x" * 100_000)


def test_errors_of_others_stay_theirs(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError), written_whole(tmp_path / "x", "output"):
        raise ConnectionResetError(104, "reset")


def test_a_process_that_is_interrupted_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    script = (
        "import sys, time\n"
        "from campaign_sdk._core.files import written_whole\n"
        "with written_whole(sys.argv[1], 'output') as stream:\n"
        "    stream.write('new'); stream.flush(); print('ready', flush=True); time.sleep(30)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.wait(10)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["out.csv"]


def test_bytes_are_written_whole_too(tmp_path: Path) -> None:
    path = tmp_path / "plot.png"
    write_bytes_whole(path, b"\x89PNG\r\n")
    assert path.read_bytes() == b"\x89PNG\r\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["plot.png"]
    with pytest.raises(InvalidInput, match="can't be written"):
        write_bytes_whole(tmp_path / "absent" / "plot.png", b"")
