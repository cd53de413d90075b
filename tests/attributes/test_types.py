"""Type checkers agree with `typed_usage.py`: mypy with and without pydantic's plugin, pyright."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from campaign_sdk.local._node import _node
from tools.npm import modules

USAGE = Path(__file__).with_name("typed_usage.py")
STRICT = "[mypy]\nstrict = true\ncache_dir = {cache}\n"
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.mark.parametrize("plugin", [True, False], ids=["plugin", "plain"])
def test_mypy(plugin: bool, tmp_path: Path) -> None:
    plain = tmp_path / "mypy.ini"
    plain.write_text(STRICT.format(cache=tmp_path / "cache"))
    config = PROJECT if plugin else plain
    command = [sys.executable, "-m", "mypy", f"--config-file={config}", str(USAGE)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_pyright(tmp_path: Path) -> None:
    usage = os.path.relpath(USAGE, tmp_path)
    wanted = {"include": [usage], "reportUnnecessaryTypeIgnoreComment": "error"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(wanted))
    program = [str(_node()), str(modules() / "pyright" / "index.js")]
    options = ["--project", str(tmp_path), "--pythonpath", sys.executable, "--outputjson"]
    checked = subprocess.run([*program, *options], capture_output=True, text=True, check=False)
    told = json.loads(checked.stdout)
    assert told["generalDiagnostics"] == []
    assert told["summary"]["filesAnalyzed"] == 1
    assert checked.returncode == 0
