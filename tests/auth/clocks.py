"""Clocks that are wrong, for this package only."""

from __future__ import annotations

import time

import pytest

from campaign_sdk._core import session


class Clocks:
    """This machine's clocks, so many seconds ahead."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.wall = 0.0
        self.steady = 0.0
        patch.setattr(session, "time", self)

    def time(self) -> float:
        return time.time() + self.wall

    def monotonic(self) -> float:
        return time.monotonic() + self.steady

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds
