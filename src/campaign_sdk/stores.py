"""Where a session is kept between two runs of a program.

A store keeps one text and has a lock that other processes respect. `MemoryStore` is the
library's default, `FileStore` the command line's; `KeyringStore` needs
`pip install 'campaign-sdk[keyring]'`.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from campaign_sdk._errors import ConfigurationError


class SessionStore(Protocol):
    """What a session store must do. The text is opaque, and secret."""

    def load(self) -> str | None:
        """Return what was saved, or `None`."""

    def save(self, text: str) -> None:
        """Keep a text in the place of the one before, whole or not at all."""

    def clear(self) -> None:
        """Keep nothing any more."""

    def set_aside(self) -> None:
        """Put away what can't be read, without deleting it."""

    def try_lock(self) -> bool:
        """Take the lock and return `True`, or return `False` at once."""

    def unlock(self) -> None:
        """Give the lock back."""


class MemoryStore:
    """Keeps the session as long as the client."""

    def __init__(self) -> None:
        self._text: str | None = None

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
        """No other process can reach this store."""
        return True

    def unlock(self) -> None:
        """No other process can reach this store."""


class FileStore:
    """Keeps the session of one project in a file that only its owner can read.

    Args:
        url: the project; each has a file of its own.
        folder: where the files are; the user's state folder by default.

    Raises:
        ConfigurationError: the folder or file can't be used; the message names it.
    """

    def __init__(self, url: str, folder: str | Path | None = None) -> None:
        from filelock import FileLock

        self._folder = Path(folder) if folder else _default_folder()
        self.path = self._folder / f"{_file_name(url)}.json"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # What mkdir was told is cut by the umask, and ignored if the folder was there.
            self._folder.chmod(0o700)
        except OSError as error:
            raise ConfigurationError(f"{self._folder}: can't be used for sessions") from error
        self._lock = FileLock(f"{self.path}.lock", mode=0o600)

    def load(self) -> str | None:
        """Return what was saved, or `None`."""
        try:
            if self.path.stat().st_mode & 0o077:
                self.path.chmod(0o600)
            return self.path.read_text("utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            self.set_aside()
            return None
        except OSError as error:
            raise ConfigurationError(f"{self.path}: can't be read") from error

    def save(self, text: str) -> None:
        """Keep a text: readers find the old one or the new one, never a part."""
        fresh = self.path.with_suffix(f".{secrets.token_hex(8)}")
        try:
            self._write(fresh, text)
            fresh.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise ConfigurationError(f"{self.path}: can't be written") from error

    def clear(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)

    def set_aside(self) -> None:
        """Rename the file, so that somebody can look at it."""
        with suppress(FileNotFoundError):
            self.path.rename(self.path.with_suffix(f".corrupt-{time.time_ns()}"))

    def try_lock(self) -> bool:
        """Take the lock and return `True`, or return `False` at once."""
        from filelock import Timeout

        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        return True

    def unlock(self) -> None:
        """Give the lock back."""
        self._lock.release()

    @staticmethod
    def _write(path: Path, text: str) -> None:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())


class KeyringStore:
    """Keeps the session in the system's keyring; its lock is a file's.

    Args:
        url: the project; each has an entry of its own.

    Raises:
        ConfigurationError: the extra isn't installed.
    """

    def __init__(self, url: str) -> None:
        try:
            import keyring
        except ImportError as error:
            raise ConfigurationError(
                "the keyring store needs: pip install 'campaign-sdk[keyring]'"
            ) from error
        self._keyring = keyring
        self._name = _file_name(url)
        self._file = FileStore(url, _default_folder() / "keyring")

    def load(self) -> str | None:
        """Return what was saved, or `None`."""
        return self._keyring.get_password("campaign_sdk", self._name)

    def save(self, text: str) -> None:
        """Keep a text."""
        self._keyring.set_password("campaign_sdk", self._name, text)

    def clear(self) -> None:
        """Delete the entry."""
        with suppress(self._keyring.errors.PasswordDeleteError):
            self._keyring.delete_password("campaign_sdk", self._name)

    def set_aside(self) -> None:
        """Move the entry to another name."""
        text = self.load()
        if text is not None:
            self._keyring.set_password("campaign_sdk", f"{self._name}.corrupt", text)
        self.clear()

    def try_lock(self) -> bool:
        """Take the lock and return `True`, or return `False` at once."""
        return self._file.try_lock()

    def unlock(self) -> None:
        """Give the lock back."""
        self._file.unlock()


def _default_folder() -> Path:
    from platformdirs import user_state_path

    return user_state_path("campaign_sdk") / "sessions"


def _file_name(url: str) -> str:
    host = re.sub(r"[^a-z0-9.-]", "_", (urlsplit(url).hostname or "").lower())
    # Two projects on one host (two local stacks) differ by their port alone.
    return f"{host}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"
