"""Where a session is kept between two runs of a program.

A store keeps one text and has a lock that other processes respect. `MemoryStore` is the
library's default, `FileStore` the command line's; `KeyringStore` takes the extra `keyring`.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from campaign_sdk._core.errors import ConfigurationError
from campaign_sdk._core.installing import how_to_install
from campaign_sdk._core.settings import check_url
from campaign_sdk._core.store import SessionStore

__all__ = ["FileStore", "KeyringStore", "MemoryStore", "SessionStore"]

_SERVICE = "campaign_sdk"


class MemoryStore:
    """Keeps the session as long as the process; clients may share it."""

    def __init__(self) -> None:
        self._text: str | None = None
        self._lock = threading.Lock()

    def load(self) -> str | None:
        """Return what was saved, or `None`."""
        return self._text

    def save(self, text: str) -> None:
        """Keep a text."""
        self._text = text

    def clear(self) -> None:
        """Keep nothing any more."""
        self._text = None

    def set_aside(self) -> None:
        """Keep nothing any more: nobody else could look at it."""
        self._text = None

    def try_lock(self) -> bool:
        """Take the lock and return `True`, or return `False` at once."""
        return self._lock.acquire(blocking=False)

    def unlock(self) -> None:
        """Give the lock back."""
        self._lock.release()


class FileStore:
    """Keeps the session of one project in a file that only its owner can read.

    Args:
        url: the project; each has a file of its own.
        folder: where the files are; the user's state folder by default.

    Raises:
        ConfigurationError: the folder or file can't be used, is a link or somebody else's,
            or others may write to the folder; the message names it.
    """

    def __init__(self, url: str, folder: str | Path | None = None) -> None:
        from filelock import FileLock

        self._folder = Path(folder).expanduser() if folder else _default_folder()
        self.path = self._folder / f"{_file_name(url)}.json"
        with self._explained("can't be used for sessions"):
            _make_private(self._folder)
        # A file lock lets whoever holds it in again, be it another thread or task.
        self._turn = threading.Lock()
        self._lock = FileLock(f"{self.path}.lock", mode=0o600, thread_local=False)

    def load(self) -> str | None:
        """Return what was saved, or `None`."""
        with self._explained("can't be read"):
            try:
                return _read(self.path)
            except FileNotFoundError:
                return None

    def save(self, text: str) -> None:
        """Keep a text: readers find the old one or the new one, never a part."""
        fresh = self.path.with_suffix(f".{secrets.token_hex(8)}")
        with self._explained("can't be written"):
            try:
                _write(fresh, text)
                fresh.replace(self.path)
            except OSError:
                fresh.unlink(missing_ok=True)
                raise

    def clear(self) -> None:
        """Delete the file."""
        with self._explained("can't be deleted"):
            self.path.unlink(missing_ok=True)

    def set_aside(self) -> None:
        """Rename the file, so that somebody can look at it."""
        with suppress(FileNotFoundError):
            self.path.rename(self.path.with_suffix(f".corrupt-{time.time_ns()}"))

    def try_lock(self) -> bool:
        """Take the lock and return `True`, or return `False` at once."""
        from filelock import Timeout

        with self._turn, self._explained("can't be locked"):
            if self._lock.is_locked:
                return False
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                return False
            return True

    def unlock(self) -> None:
        """Give the lock back."""
        self._lock.release()

    @contextmanager
    def _explained(self, trouble: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConfigurationError(f"{self.path}: {trouble} ({error.strerror})") from error


class KeyringStore:
    """Keeps the session in the system's keyring; its lock is a file's.

    Args:
        url: the project; each has an entry of its own.

    Raises:
        ConfigurationError: the extra isn't installed, or there is no keyring.
    """

    def __init__(self, url: str) -> None:
        try:
            import keyring
        except ImportError as error:
            raise ConfigurationError(
                f"the keyring store needs: {how_to_install('keyring')}"
            ) from error
        self._keyring = keyring
        self._name = _file_name(url)
        self._file = FileStore(url, _default_folder() / "keyring")

    def load(self) -> str | None:
        """Return what was saved, or `None`."""
        with self._explained():
            return self._keyring.get_password(_SERVICE, self._name)

    def save(self, text: str) -> None:
        """Keep a text."""
        with self._explained():
            self._keyring.set_password(_SERVICE, self._name, text)

    def clear(self) -> None:
        """Delete the entry."""
        with self._explained(), suppress(self._keyring.errors.PasswordDeleteError):
            self._keyring.delete_password(_SERVICE, self._name)

    def set_aside(self) -> None:
        """Move the entry to another name."""
        text = self.load()
        if text is not None:
            with self._explained():
                self._keyring.set_password(_SERVICE, f"{self._name}.corrupt", text)
        self.clear()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self._keyring.errors.KeyringError as error:
            kind = type(error).__name__
            raise ConfigurationError(f"the system's keyring can't be used ({kind})") from error

    def try_lock(self) -> bool:
        """Take the lock and return `True`, or return `False` at once."""
        return self._file.try_lock()

    def unlock(self) -> None:
        """Give the lock back."""
        self._file.unlock()


def _default_folder() -> Path:
    from platformdirs import user_state_path

    return user_state_path("campaign_sdk") / "sessions"


def _make_private(folder: Path) -> None:
    if folder == _default_folder() and folder.exists():
        folder.chmod(0o700)
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    found = folder.stat()
    # Who may write here may put another session in the place of ours.
    if found.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "it belongs to somebody else")
    if found.st_mode & 0o022:
        raise PermissionError(errno.EPERM, "others may write to it")


def _read(path: Path) -> str:
    """Read a file of ours, and close it to others: no link, no pipe, nobody else's."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as stream:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "it isn't a file of yours")
        if found.st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
        return stream.read()


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _file_name(url: str) -> str:
    url = check_url(url)
    host = re.sub(r"[^a-z0-9.-]", "_", (urlsplit(url).hostname or "").lower())
    # Two projects on one host (two local stacks) differ by their port alone.
    return f"{host}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"
