"""Relative dates turn on the calendar of a time zone, in both executors alike."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaign_sdk import Rules
from campaign_sdk.rules import _dates
from campaign_sdk.rules._tree import Relative
from campaign_sdk.rules._wire import dump_value

from .conftest import Audience, wire

ENDS = ("9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "2026-03-29T03:30:00.25Z")
ZONES = ("UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe")
RESOLVED = """
    select r.moment at time zone 'UTC', r.wall
    from (select %s::timestamptz as as_of, %s as timezone) as given,
      jsonb_array_elements(%s::jsonb) with ordinality as v (value, n),
      campaign_private.rule_relative(v.value, '$', given.as_of, given.timezone) as r
    order by v.n
"""

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
    # the end of a month stays one, however it is moved
    ("2026-02-15T12:00:00Z", "UTC", "endOfMonth", -1, "month", "2026-01-31T23:59:59.999999Z"),
    ("2026-04-15T12:00:00Z", "UTC", "endOfMonth", 1, "month", "2026-05-31T23:59:59.999999Z"),
    ("2027-02-15T12:00:00Z", "UTC", "endOfMonth", 1, "year", "2028-02-29T23:59:59.999999Z"),
    ("2026-02-15T12:00:00Z", "UTC", "endOfMonth", -1, "quarter", "2025-11-30T23:59:59.999999Z"),
    ("2026-08-15T12:00:00Z", "UTC", "endOfQuarter", -1, "quarter", "2026-06-30T23:59:59.999999Z"),
    ("2026-05-15T12:00:00Z", "UTC", "endOfQuarter", -1, "quarter", "2026-03-31T23:59:59.999999Z"),
    ("2026-05-15T12:00:00Z", "UTC", "startOfQuarter", 0, "day", "2026-04-01T00:00:00Z"),
    ("2026-05-15T12:00:00Z", "UTC", "endOfYear", 2, "month", "2027-02-28T23:59:59.999999Z"),
    ("2026-11-25T12:00:00Z", "UTC", "endOfWeek", -1, "week", "2026-11-22T23:59:59.999999Z"),
    # but the end of a day is that day's
    ("2026-02-28T12:00:00Z", "UTC", "endOfDay", -1, "month", "2026-01-28T23:59:59.999999Z"),
    ("2026-02-28T12:00:00Z", "UTC", "endOfMonth", -1, "day", "2026-02-27T23:59:59.999999Z"),
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


def test_both_executors_resolve_every_relative_date_alike(asking: Audience) -> None:
    """To the microsecond, and at the ends of the calendar, where random trees rarely look."""
    offsets = (-1000, -1, 0, 1, 1000)
    values = [
        Relative(anchor, offset, unit)
        for anchor in _dates.ANCHORS
        for unit in _dates.UNITS
        for offset in offsets
    ]
    wires = json.dumps([dump_value(value) for value in values])
    for as_of, timezone in itertools.product(ENDS, ZONES):
        rows = asking.connection.execute(RESOLVED, [as_of, timezone, wires]).fetchall()
        now = datetime.fromisoformat(as_of).astimezone(UTC).replace(tzinfo=None)
        found = [_dates.resolve(value, now, ZoneInfo(timezone)) for value in values]
        assert [(moment.utc, moment.wall) for moment in found] == rows
