from __future__ import annotations

import csv
import runpy
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[2] / "examples" / "data"
CUSTOMERS = DATA / "cdnow_customers.csv"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with CUSTOMERS.open(newline="", encoding="ascii") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def derive() -> dict[str, Any]:
    return runpy.run_path(str(DATA / "derive.py"))


def test_it_is_what_the_script_makes() -> None:
    digest = sha256(CUSTOMERS.read_bytes()).hexdigest()
    assert digest == "f537e130fcad69c8740c77f1c95180b9e0ef39af1748f24845b202a702938bd3"


def test_it_adds_up_to_what_its_readme_says(rows: list[dict[str, str]]) -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    orders = sum(int(row["orders"]) for row in rows)
    spend = sum(Decimal(row["spend"]) for row in rows)
    assert (len(rows), orders, spend) == (7_856, 23_068, Decimal("827864.20"))
    for figure in (f"{len(rows):,}", f"{orders:,}", f"{spend:,}"):
        assert figure in readme


def test_it_is_every_third_customer_once(rows: list[dict[str, str]]) -> None:
    expected = [f"customer-{number}@example.com" for number in range(3, 23_571, 3)]
    assert [row["email"] for row in rows] == expected


def test_dates_are_within_the_data(rows: list[dict[str, str]]) -> None:
    first = {date.fromisoformat(row["first_order_at"]) for row in rows}
    last = {date.fromisoformat(row["last_order_at"]) for row in rows}
    assert (min(first), max(first)) == (date(1997, 1, 1), date(1997, 3, 25))
    assert max(last) == date(1998, 6, 30)
    assert all(row["first_order_at"] <= row["last_order_at"] for row in rows)


def test_purchases_are_added_up_by_customer(derive: dict[str, Any]) -> None:
    purchases = [
        "00002 19970112  1   12.00",
        "00001 19970101  1   11.77",
        "00002 19970112  5   77.00",
    ]
    everyone = derive["customers"](purchases)
    assert [one.row() for one in everyone] == [
        ("customer-1@example.com", 1, 1, "11.77", date(1997, 1, 1), date(1997, 1, 1)),
        ("customer-2@example.com", 2, 6, "89.00", date(1997, 1, 12), date(1997, 1, 12)),
    ]
    day = date(1997, 1, 1)
    assert derive["totals"](everyone) == (3, 2, day, date(1997, 1, 12), Decimal("100.77"))


def test_the_script_insists_on_the_whole_source(derive: dict[str, Any]) -> None:
    end = date(1998, 6, 30)
    assert derive["TOTALS"] == (69_659, 23_570, date(1997, 1, 1), end, Decimal("2500315.63"))
