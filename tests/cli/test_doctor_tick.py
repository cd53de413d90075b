"""What the doctor says about the tick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from campaign_sdk.doctor._probe import Answer, Identity, Probe
from campaign_sdk.doctor._project import check_tick


class Told:
    """A project that gives one answer."""

    def __init__(self, status: int, body: Any) -> None:
        self._answer = Answer(status, body, None)

    def post(self, *_: Any) -> Answer:
        return self._answer


@pytest.mark.parametrize(
    ("status", "ago", "verdict"),
    [(200, 5, "ok"), (200, 3_600, "warning"), (200, None, "warning"), (404, None, "skipped")],
)
def test_when_it_last_ran(status: int, ago: int | None, verdict: str) -> None:
    at = None if ago is None else (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
    found = check_tick(cast("Probe", Told(status, at)), Identity("x", "y"))
    assert found.status == verdict
    if verdict == "warning":
        assert found.remedy is not None
        assert "schedule_tick" in found.remedy


@pytest.mark.parametrize("at", ["", "yesterday", "2026-13-01"])
def test_nonsense_is_no_time(at: str) -> None:
    assert check_tick(cast("Probe", Told(200, at)), Identity("x", "y")).status == "skipped"
