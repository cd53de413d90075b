"""A stack's folder: what lies in it, and that nothing else does."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk.local._cluster import DATABASE_FOLDER
from campaign_sdk.local._settings import DAMAGED, FILE

FILES_FOLDER = "files"
BACKGROUND_LOG = "background.log"
SERVER_LOG = "server.log"
POSTGRES_LOG = "postgres.log"
LOGS = (BACKGROUND_LOG, SERVER_LOG, POSTGRES_LOG)
# Held for as long as a stack lives.
LOCK = "lock"
# Held by whoever starts it.
START_LOCK = "start.lock"
# What may be there without settings: a start was cut off, or somebody took them away.
_BEGUN = {LOCK, START_LOCK, *LOGS, DAMAGED, DATABASE_FOLDER, f"{DATABASE_FOLDER}.new"}


def take(folder: Path) -> None:
    """Make the folder of a stack, or take one that is there; nobody else may enter it.

    Raises:
        LocalStackError: it is no folder, can't be written, belongs to somebody else, or holds
            other things that others may look at.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_private(folder)
    except PermissionError as error:
        if error.errno != errno.EPERM:
            raise LocalStackError(f"{folder} can't be used ({error.strerror}).") from None
        raise LocalStackError(
            f"Others may enter {folder}, where keys and logs would lie: give a folder of your own."
        ) from error
    except OSError as error:
        raise LocalStackError(f"{folder} can't be used ({error.strerror}).") from None


def refuse_others(folder: Path) -> None:
    """Refuse a folder with other things, which closing or emptying it would do harm.

    Raises:
        LocalStackError: names one of them.
    """
    if found := _others(folder):
        raise LocalStackError(
            f"{folder} holds other things, such as {found[0]}: give a folder of its own."
        )


def _others(folder: Path) -> list[str]:
    there = {each.name for each in folder.iterdir()}
    if FILE in there:
        return []
    ours = {*_BEGUN, FILES_FOLDER} if DATABASE_FOLDER in there else _BEGUN
    return sorted(name for name in there - ours if not name.startswith("."))


def _keep_private(folder: Path) -> None:
    found = folder.stat()
    is_open = found.st_mode & 0o077
    if is_open or FILES_FOLDER in _others(folder):
        refuse_others(folder)
    if not is_open:
        return
    if found.st_uid != os.geteuid() or found.st_mode & stat.S_ISVTX:
        raise PermissionError(errno.EPERM, "others may enter it", str(folder))
    folder.chmod(0o700)
