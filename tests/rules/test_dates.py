"""Relative dates turn on the calendar of a time zone, in both executors alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from campaign_sdk import Rules

from .conftest import Audience, wire

Case = tuple[str, str, str, int, str, str]

CASES: list[Case] = [
    # spring forward in Berlin: 02:30 doesn't exist and is read as 03:30
    ("2026-03-30T00:30:00Z", "Europe/Berlin", "now", -1, "day", "2026-03-29T01:30:00Z"),
    # fall back: 02:30 happens twice, the second one counts
    ("2026-10-26T01:30:00Z", "Europe/Berlin", "now", -1, "day", "2026-10-25T01:30:00Z"),
    ("2026-10-25T12:00:00Z", "Europe/Berlin", "startOfDay", 0, "day", "2026-10-24T22:00:00Z"),
    ("2026-10-25T12:00:00Z", "Europe/Berlin", "startOfDay", 12, "hour", "2026-10-25T10:00:00Z"),
    ("2024-03-31T12:00:00Z", "UTC", "now", -1, "month", "2024-02-29T12:00:00Z"),
    ("2024-02-29T12:00:00Z", "UTC", "now", -1, "year", "2023-02-28T12:00:00Z"),
    ("2024-05-05T12:00:00Z", "UTC", "startOfWeek", 0, "day", "2024-04-29T00:00:00Z"),
    ("2024-05-05T12:00:00Z", "UTC", "endOfMonth", 0, "day", "2024-05-31T23:59:59.999999Z"),
    ("2024-05-05T12:00:00Z", "UTC", "endOfYear", -1, "year", "2023-12-31T23:59:59.999999Z"),
    ("9999-12-31T12:00:00Z", "UTC", "now", 1000, "year", "9999-12-31T23:59:59.999999Z"),
    ("0001-01-01T12:00:00Z", "UTC", "now", -1000, "year", "0001-01-01T00:00:00Z"),
]


def tree_of(case: Case) -> dict[str, Any]:
    _, _, anchor, offset, unit, _ = case
    return wire("x", "=", {"mode": "relative", "anchor": anchor, "offset": offset, "unit": unit})


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(map(str, case)))
def test_a_relative_date_is_the_expected_instant(asking: Audience, case: Case) -> None:
    as_of, timezone, *_, expected = case
    contact = {"attributes": {"x": expected}}
    assert Rules.of(tree_of(case)).matches(contact, datetime.fromisoformat(as_of), timezone)
    asking.fill([contact])
    assert asking.members([tree_of(case)], as_of, timezone) == [{0}]
