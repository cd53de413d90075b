"""A vendor that takes nothing for now: since when, why, and how long it is waited for."""

from __future__ import annotations

import time

from campaign_sdk.senders import NotSent

# Seconds that a vendor may be away before a send gives up.
PATIENCE = 300.0


class Absence:
    """Whether the vendor is away, and why."""

    def __init__(self) -> None:
        self._since: float | None = None
        self.why: str | None = None

    def note(self, error: NotSent) -> None:
        """The vendor says that nothing has left."""
        self._since = self._since or time.monotonic()
        self.why = error.message

    def end(self) -> None:
        """The vendor has answered."""
        self._since = self.why = None

    def is_too_long(self) -> bool:
        """Whether it is time to give up."""
        return self._since is not None and time.monotonic() - self._since > PATIENCE

    def waits(self, tries: int) -> int:
        """Return how often it has been waited for: while it is away time tells, else the tries."""
        return tries if self._since is None else int((time.monotonic() - self._since) ** 0.5)
