"""Runs a server that mustn't outlive its launcher. A program of its own, standard library only.

    python _guard.py REMOVE OWNER FOLDER COMMAND...

It runs COMMAND in FOLDER, as OWNER (`uid:gid`) if one is given, until it ends or our stdin
does. A launcher that is there to say so sends a byte before it closes the pipe. One that was
killed can't: then the folder REMOVE, if one is given, is ours to remove.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys

# From PostgreSQL's smart manners to its emergency brake.
STOP = [(signal.SIGINT, 15), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)]


def main(remove: str, owner: str, folder: str, *command: str) -> int:
    """Run the command; return its exit code."""
    ended = _ends_of_children()
    user, group = map(int, owner.split(":")) if owner else (None, None)
    groups: list[str | int] | None = [] if owner else None
    server = subprocess.Popen(  # noqa: S603 - what our launcher says
        command, stdin=subprocess.DEVNULL, cwd=folder, user=user, group=group, extra_groups=groups
    )
    ready, _, _ = select.select([sys.stdin, ended], [], [])
    if sys.stdin in ready:
        orderly = os.read(sys.stdin.fileno(), 1)
        _stop(server)
        if remove and not orderly:
            shutil.rmtree(remove, ignore_errors=True)
    return server.wait()


def _ends_of_children() -> int:
    """Return what becomes readable when a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return readable


def _stop(server: subprocess.Popen[bytes]) -> None:
    for number, seconds in STOP:
        server.send_signal(number)
        try:
            server.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
