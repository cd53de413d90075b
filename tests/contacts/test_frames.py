"""Data frames are contacts, too: what is missing stays away, and types stay what they were."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
import polars as pl
import pytest

from campaign_sdk import CampaignClient
from campaign_sdk.contacts._frames import csv_of, is_frame, items_of

COLUMNS: dict[str, list[Any]] = {
    "email": ["a@example.com", "b@example.com"],
    "phone": ["+91 1", None],
    "orders": [3, None],
    "zip": ["01067", "12345"],
    "vip": [True, False],
    "since": [datetime(2026, 1, 2), None],
}


def frames() -> list[Any]:
    return [pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS)]


@pytest.mark.parametrize("frame", frames(), ids=["pandas", "polars"])
def test_rows_are_items(frame: Any) -> None:
    assert is_frame(frame)
    first, second = items_of(frame)
    assert first == {
        "email": "a@example.com",
        "phone": "+91 1",
        "attributes": {"orders": 3, "zip": "01067", "vip": True, "since": date(2026, 1, 2)},
    }
    assert second == {"email": "b@example.com", "attributes": {"zip": "12345", "vip": False}}


@pytest.mark.parametrize("frame", frames(), ids=["pandas", "polars"])
def test_a_frame_as_a_file(frame: Any) -> None:
    header, first, second, *_ = csv_of(frame).read().splitlines()
    assert header == "email,phone,orders,zip,vip,since"
    assert first.replace("3.0", "3") == "a@example.com,+91 1,3,01067,true,2026-01-02"
    assert second == "b@example.com,,,'12345,false,"


def test_a_missing_value_of_pandas() -> None:
    (item,) = items_of(pd.DataFrame({"email": ["a@example.com"], "x": [pd.NA], "y": [pd.NaT]}))
    assert item == {"email": "a@example.com", "attributes": {}}
    assert not is_frame([{"email": "a@example.com"}])


@pytest.mark.parametrize("frame", frames(), ids=["pandas", "polars"])
def test_both_ways_store_the_same(frame: Any, ann: CampaignClient) -> None:
    assert ann.contacts.upsert(frame).created == 2
    known = {one.email: one.attributes for one in ann.contacts.iterate()}
    report = ann.contacts.import_csv(frame)
    assert (report.read, report.unchanged) == (2, 2)
    assert {one.email: one.attributes for one in ann.contacts.iterate()} == known
    assert known["a@example.com"] == {
        "orders": 3,
        "zip": "01067",
        "vip": True,
        "since": "2026-01-02",
    }
