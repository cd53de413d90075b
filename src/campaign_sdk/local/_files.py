"""Files that processes share: locks, folders that appear whole, ports, logs."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk._core.reading import read_ours

TAIL_LINES = 20


@contextmanager
def locked(path: Path, *, wait: float = 600) -> Iterator[None]:
    """Hold the lock file `path`.

    Raises:
        filelock.Timeout: it isn't free in `wait` seconds.
        LocalStackError: it can't be one.
    """
    # Whoever stops a stack may do so in another thread than the one that started it.
    lock = FileLock(path, timeout=wait, mode=0o600, thread_local=False)
    try:
        # Where no file can be made, filelock waits as if somebody held it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        lock.acquire()
    except Timeout:
        raise
    except OSError as error:
        raise LocalStackError(f"{path} can't be used ({error.strerror}).") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def publish(target: Path) -> Iterator[Path]:
    """Give an empty folder that becomes `target` in one step, or not at all."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield folder
        folder.rename(target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def private(path: str, flags: int) -> int:
    """Open a file that only we may read: an `opener` for `open`."""
    return os.open(path, flags, 0o600)


def free_port(preferred: int | None = None) -> int:
    """Return `preferred` if nobody listens there, else a port that is free now."""
    for port in (preferred or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of `log`, or nothing if there is none."""
    try:
        text = read_ours(log)
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
