"""Make `cdnow_customers.csv` from the CDNOW purchases in the `lifetimes` wheel.

    pip download --no-deps lifetimes==0.11.3
    python examples/data/derive.py Lifetimes-0.11.3-py3-none-any.whl

`--every 1 --output all.csv` takes all 23,570 customers instead of every third.
"""

from __future__ import annotations

import argparse
import csv
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

MEMBER = "lifetimes/datasets/CDNOW_master.txt"
COLUMNS = ("email", "orders", "cds", "spend", "first_order_at", "last_order_at")
TOTALS = (69_659, 23_570, date(1997, 1, 1), date(1998, 6, 30), Decimal("2500315.63"))


@dataclass
class Customer:
    id: int
    cds: int = 0
    spend: Decimal = Decimal(0)
    dates: list[date] = field(default_factory=list)

    def row(self) -> tuple[object, ...]:
        email = f"customer-{self.id}@example.com"
        first, last = min(self.dates), max(self.dates)
        return email, len(self.dates), self.cds, f"{self.spend:.2f}", first, last


def customers(lines: Iterable[str]) -> list[Customer]:
    """Add up the purchases (customer, yyyymmdd, CDs, dollars) of each customer."""
    found: dict[int, Customer] = {}
    for line in lines:
        number, day, cds, dollars = line.split()
        customer = found.setdefault(int(number), Customer(int(number)))
        customer.cds += int(cds)
        customer.spend += Decimal(dollars)
        customer.dates.append(date.fromisoformat(day))
    return [found[number] for number in sorted(found)]


def totals(everyone: list[Customer]) -> tuple[int, int, date, date, Decimal]:
    """Purchases, customers, first and last day, dollars."""
    days = [day for customer in everyone for day in customer.dates]
    spend = sum((customer.spend for customer in everyone), Decimal(0))
    return len(days), len(everyone), min(days), max(days), spend


def purchases(wheel: Path) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as archive:
        yield from archive.read(MEMBER).decode("ascii").splitlines()[1:]


def write(sample: Iterable[Customer], path: Path) -> None:
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(customer.row() for customer in sample)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make cdnow_customers.csv.")
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "cdnow_customers.csv"
    )
    arguments = parser.parse_args()
    everyone = customers(purchases(arguments.wheel))
    if totals(everyone) != TOTALS:
        parser.error(f"not the CDNOW data: {totals(everyone)}")
    write((one for one in everyone if one.id % arguments.every == 0), arguments.output)


if __name__ == "__main__":
    main()
