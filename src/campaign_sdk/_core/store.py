"""What keeps a session between two runs of a program; `campaign_sdk.stores` has some."""

from __future__ import annotations

from typing import Protocol


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
