"""Files that we write appear whole or not at all."""

from __future__ import annotations

import codecs
import errno
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import IO

from campaign_sdk._core.errors import InvalidInput

# What a disk says; any other OSError within the block is somebody else's.
DISK = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EPERM, errno.EACCES),
    *(errno.EBUSY, errno.ETXTBSY),
    *(errno.EISDIR, errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO),
}

# So long a pipe is waited for that nobody reads yet.
_PATIENCE = 10.0
# Whoever begins a file holds it right after.
_YOUNG = 60.0

Target = str | Path | IO[str]
"""A path, or a file that is open for writing texts."""


@contextmanager
def written_whole(
    path: Target, argument: str, *, encoding: str = "utf-8", errors: str = "strict"
) -> Iterator[IO[str]]:
    """Open a file to be written as text: beside it, renamed at the end, mode 0600.

    If the block raises, or Ctrl-C ends it, an old file of that name stays as it was. Line
    ends are written as they are given. A device or a pipe is written to as it is.

    Args:
        path: the file; one that is open already is written to, and left open.
        argument: what an error names.
        encoding: of the text.
        errors: what becomes of a character that the encoding lacks.

    Raises:
        InvalidInput: it can't be written, the disk is full, or the encoding is unknown or lacks
            a character.
    """
    _check_encoding(encoding)
    if not isinstance(path, str | Path):
        yield path
        return
    with (
        _whole(path, argument) as descriptor,
        open(descriptor, "w", encoding=encoding, errors=errors, newline="") as stream,
    ):
        try:
            yield stream
            stream.flush()
        except UnicodeEncodeError as error:
            odd = f"the encoding {encoding} lacks {error.object[error.start]!a}"
            raise InvalidInput(argument, f"{path} can't be written: {odd}") from None


def _check_encoding(name: str) -> None:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        raise InvalidInput("encoding", "isn't one that Python knows") from None


def write_bytes_whole(path: str | Path, content: bytes, argument: str = "path") -> None:
    """Write bytes to a file, as `written_whole` does."""
    with _whole(path, argument) as descriptor, open(descriptor, "wb") as stream:
        stream.write(content)


def write_whole(
    path: Target, text: str, argument: str = "path", *, encoding: str = "utf-8"
) -> None:
    """Write a text to a file, as `written_whole` does."""
    with written_whole(path, argument, encoding=encoding) as stream:
        stream.write(text)


def is_same(target: Target, source: Path | None) -> bool:
    """Whether what is written to is the file that is read."""
    if source is None or not isinstance(target, str | Path):
        return False
    with suppress(ValueError):
        return Path(target).resolve() == source.resolve()
    # No file has such a name; whoever opens it says so.
    return False


@contextmanager
def _whole(path: str | Path, argument: str) -> Iterator[int]:
    """Yield a descriptor that whoever is given it closes."""
    try:
        target = _target(path, argument)
        if target.exists() and not target.is_file():
            yield _device(target)
        else:
            with _beside(target) as descriptor:
                yield descriptor
    except OSError as error:
        if error.errno not in DISK:
            raise
        raise InvalidInput(argument, f"{path} can't be written ({error.strerror})") from error


def _device(target: Path) -> int:
    """Open a device or a pipe, for which somebody must be there to read it."""
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            descriptor = os.open(target, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > ends:
                raise
            time.sleep(0.05)
        else:
            os.set_blocking(descriptor, True)
            return descriptor


def _target(path: str | Path, argument: str) -> Path:
    """Return the file that a link leads to: that one is replaced, not the link."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:
        raise InvalidInput(argument, "can't be a path: it holds what no file's name has") from None


@contextmanager
def _beside(target: Path) -> Iterator[int]:
    _sweep(target)
    part = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    # The writer closes its own; this one stays open for the last word to the disk.
    kept = os.dup(descriptor)
    _is_held(kept)
    try:
        yield descriptor
        os.fsync(kept)
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    finally:
        os.close(kept)
    _sync(target.parent)


def _sweep(target: Path) -> None:
    """Remove the parts of a file whose writers were killed."""
    for part in target.parent.glob(f".{escape(target.name[:200])}.*.part"):
        with suppress(OSError):
            descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(descriptor, "rb"):
                is_old = time.time() - os.fstat(descriptor).st_mtime > _YOUNG
                if is_old and not _is_held(descriptor):
                    part.unlink()


def _is_held(descriptor: int) -> bool:
    """Hold a file for as long as it is open here; tell whether somebody else does."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _sync(folder: Path) -> None:
    """Make sure that a new name survives a power cut, where folders can be synced."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
