"""The folder of a stack: one of its own, that nobody else may enter, or none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from campaign_sdk import LocalStackError, LocalSupabase
from campaign_sdk.local import reset, start_background
from campaign_sdk.local._files import locked
from campaign_sdk.local._folder import take


def modes(folder: Path) -> dict[str, int]:
    return {str(each): each.stat().st_mode for each in (folder, *folder.rglob("*"))}


def test_it_is_closed_or_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    take(tmp_path / "open")
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o700
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    with pytest.raises(LocalStackError, match="a folder of your own"):
        LocalSupabase(tmp_path / "shared").start()
    assert list((tmp_path / "shared").iterdir()) == []


@pytest.mark.parametrize("start", [start_background, reset, lambda f: LocalSupabase(f).start()])
def test_a_folder_with_other_things_stays_as_it_is(tmp_path: Path, start: object) -> None:
    """Somebody gives their project's folder, or their home."""
    assert callable(start)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "thesis.txt").write_text("the only copy")
    tmp_path.chmod(0o755)
    before = modes(tmp_path)
    with pytest.raises(LocalStackError, match="holds other things, such as files: give a folder"):
        start(tmp_path)
    assert modes(tmp_path) == before


def test_what_a_start_that_was_cut_off_has_left_is_taken_again(tmp_path: Path) -> None:
    for name in ("lock", "start.lock", "background.log", ".DS_Store"):
        (tmp_path / name).touch()
    (tmp_path / "postgres.new").mkdir()
    take(tmp_path)
    (tmp_path / "postgres").mkdir()
    (tmp_path / "files").mkdir()
    take(tmp_path)
    (tmp_path / "notes.txt").touch()
    # Nobody else can look at it as it is: nothing needs closing.
    take(tmp_path)
    tmp_path.chmod(0o755)
    with pytest.raises(LocalStackError, match=r"such as notes\.txt"):
        take(tmp_path)
    (tmp_path / "settings.json").touch()
    take(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_somebodys_files_are_nobody_elses(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    with pytest.raises(LocalStackError, match="such as files"):
        take(tmp_path)


def test_a_place_where_no_file_can_be_made_is_told_at_once(tmp_path: Path) -> None:
    with (
        pytest.raises(LocalStackError, match=r"lock can't be used \(No such file"),
        locked(tmp_path / "gone" / "lock", wait=60),
    ):
        pass
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LocalStackError, match="can't be used"), locked(tmp_path / "link"):
        pass
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no /proc")
def test_folders_of_the_system_are_none(tmp_path: Path) -> None:
    (tmp_path / "system").symlink_to("/proc/self/fdinfo")
    for folder in (tmp_path / "system", Path("/proc"), Path("/dev/null")):
        with pytest.raises(LocalStackError, match=r"can't be used|holds other things"):
            start_background(folder)
