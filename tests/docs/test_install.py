"""`make install` takes what is there: uv, pipx, or Python alone; and says what is missing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"[A-Za-z0-9._-]+==\S+( ; .+)?")
# Each notes what it was asked, and does as much of it as the script needs.
PYTHON = """\
echo "python $*" >> "$NOTES"
case "$*" in
  -c*) exit {old} ;;
  -V) echo "Python 3.9.2" ;;
  "-m venv"*) mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; cp "$HOME/tools/made" "$4/bin/campaign" ;;
  *"-m pip install"*) cp "$7" "$NOTES.pins" ;;
esac
"""
MADE = "echo campaign 9.9\n"
UV = """\
echo "uv $*" >> "$NOTES"
case "$*" in
  "tool dir"*) mkdir -p "$HOME/uv"; cp "$HOME/tools/made" "$HOME/uv/campaign"; echo "$HOME/uv" ;;
  *) cp "$8" "$NOTES.pins"; echo "trust $UV_SYSTEM_CERTS" >> "$NOTES" ;;
esac
"""
PIPX = """\
echo "pipx $*" >> "$NOTES"
case "$*" in
  environment*) mkdir -p "$HOME/px"; cp "$HOME/tools/made" "$HOME/px/campaign"; echo "$HOME/px" ;;
  *) echo "$6" | sed 's/.*--constraint //' | xargs -I @ cp @ "$NOTES.pins" ;;
esac
"""


def install(home: Path, tools: dict[str, str], **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the script as somebody whose PATH has these tools, and no other Python."""
    folder = home / "tools"
    folder.mkdir()
    for name, text in tools.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}")
        (folder / name).chmod(0o755)
    for name in ("sh", "dirname", "sed", "mktemp", "rm", "cp", "mkdir", "ln", "xargs"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    known = {"PATH": str(folder), "HOME": str(home), "NOTES": str(home / "notes"), **changes}
    return subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "install.sh")], env=known, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("tools", "said", "removed"),
    [
        ({"uv": UV, "pipx": PIPX}, "uv tool install --quiet --force", "uv tool uninstall"),
        ({"pipx": PIPX}, "pipx install --quiet --force", "pipx uninstall"),
        ({}, "python -m venv --clear", "rm -r {home}/.local/share/campaign-sdk/tool"),
    ],
    ids=["uv", "pipx", "plain"],
)
def test_each_way_installs_what_the_lock_says(
    tools: dict[str, str], said: str, removed: str, tmp_path: Path
) -> None:
    made = {"python3": PYTHON.format(old=0), "made": MADE, **tools}
    done = install(tmp_path, made)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(rf"Installed campaign 9\.9 as {tmp_path}/\S+/campaign\.\n", done.stdout)
    assert f"To remove it: {removed.format(home=tmp_path)}" in done.stdout
    assert "isn't on your PATH yet" in done.stdout
    notes = (tmp_path / "notes").read_text()
    assert said in notes
    assert ".[local,plots]" in notes
    pins = (tmp_path / "notes.pins").read_text().splitlines()
    assert len(pins) > 50
    assert [line for line in pins if not PINNED.fullmatch(line.strip())] == []
    if "uv" in tools:
        assert "trust true" in notes
        assert "pipx" not in notes


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        ({"python3": PYTHON.format(old=1)}, "Python 3.9.2 is too old."),
        ({}, "There is no python3 here."),
    ],
    ids=["old", "none"],
)
def test_a_python_that_wont_do_is_one_line(
    tools: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = install(tmp_path, tools)
    assert (done.returncode, done.stdout) == (1, "")
    remedy = "Python 3.11 or later is needed: make install PYTHON=python3.12"
    assert done.stderr == f"{said} {remedy}\n"


def test_the_lock_has_hashes_and_no_address() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert not [line for line in lines if "://" in line or "--index" in line or " @ " in line]
    pinned = [n for n, line in enumerate(lines) if line and line[0] not in "# "]
    assert len(pinned) > 100
    assert [lines[n] for n in pinned if "--hash=sha256:" not in lines[n + 1]] == []
