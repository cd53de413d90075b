"""Folders of stacks that threw their data away, and were killed before they had."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from campaign_sdk.local._cluster import DATABASE_FOLDER, end
from campaign_sdk.local._folder import LOCK
from campaign_sdk.local._postgres import PATIENCE, unprivileged

PREFIX = "campaign-stack-"
# Whoever makes a folder takes its lock right after.
_YOUNG = 60.0


def sweep() -> None:
    """Remove what stacks have left in the folder for temporary files whose process is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if _is_orphan(folder) and end(folder / DATABASE_FOLDER, patience=PATIENCE):
                shutil.rmtree(folder, ignore_errors=True)


def _is_orphan(folder: Path) -> bool:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in _ours():
        return False
    try:
        # A link would lead to somebody else's file.
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return time.time() - found.st_mtime > _YOUNG
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def _ours() -> set[int]:
    owner = unprivileged()
    return {os.geteuid()} if owner is None else {os.geteuid(), owner[0]}
