"""Files that are read: a file, or a pipe that somebody writes to; nothing that has no end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from campaign_sdk._core.errors import InvalidInput

_MOST = 64 * 1024 * 1024


def opened(path: Path, argument: str) -> BinaryIO:
    """Open what a user has named.

    Raises:
        InvalidInput: it can't be read, or isn't a file: a device has no end.
    """
    try:
        found = path.stat()
        if _is_endless(found):
            raise InvalidInput(argument, f"{path} is a device, and not a file")
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise unreadable(path, argument, error) from error


def unreadable(path: Path, argument: str, error: Exception) -> InvalidInput:
    """Say that a file can't be read."""
    why = getattr(error, "strerror", None) or type(error).__name__
    return InvalidInput(argument, f"{path} can't be read ({why})")


def read_file(path: Path, argument: str) -> bytes:
    """Return what is in a file that a user has named.

    Raises:
        InvalidInput: it can't be read, isn't a file, or is larger than 64 MB.
    """
    with opened(path, argument) as stream:
        try:
            return bounded(stream, argument, str(path))
        except OSError as error:
            raise unreadable(path, argument, error) from error


def bounded(stream: BinaryIO, argument: str, name: str) -> bytes:
    """Return what comes from a stream, or raise `InvalidInput` if it is more than 64 MB."""
    content = stream.read(_MOST + 1)
    if len(content) > _MOST:
        raise InvalidInput(argument, f"{name} is larger than 64 MB")
    return content


def read_ours(path: Path) -> str:
    """Return the text of a file that this package keeps; nobody is waited for.

    Raises:
        OSError: it can't be read, or isn't a file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, encoding="utf-8", errors="replace") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it isn't a file", str(path))
        return stream.read()


def _is_endless(found: os.stat_result) -> bool:
    if stat.S_ISBLK(found.st_mode):
        return True
    is_nothing = found.st_rdev == os.stat(os.devnull).st_rdev
    return stat.S_ISCHR(found.st_mode) and not is_nothing and not _is_terminal(found)


def _is_terminal(found: os.stat_result) -> bool:
    """Whether it is the terminal at which somebody types."""
    try:
        return os.isatty(0) and os.fstat(0).st_rdev == found.st_rdev
    except OSError:
        return False
