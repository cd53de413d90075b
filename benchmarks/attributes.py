"""Importing contacts that are held to a schema, against contacts that aren't.

    python -m benchmarks attributes

Accounts take turns, round by round, with contacts of their own: one without a schema and with
the triggers switched off, one without, one that is refused what doesn't fit, one that is warned,
and one that is refused of whose contacts one in a hundred is. The ratio is the median of the
rounds' ratios to the first, so that a busy machine slows all.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, Literal

import psycopg
from pydantic import Field

from campaign_sdk import Attributes, CampaignClient, LocalSupabase

CONTACTS, ROUNDS = 20_000, 7
RESULT = Path(__file__).parent / "results" / "attributes.md"
TRIGGERS = ("hold_added_to_schema", "hold_changed_to_schema")


class Address(Attributes):
    city: str
    zip: str | None = None


class Customer(Attributes):
    orders: int = Field(ge=0)
    spend: float
    plan: Literal["free", "pro"]
    last_order_at: datetime | None = None
    name: str
    vip: bool
    address: Address
    tags: list[str] = Field(default_factory=list)


def people(wrong: int | None) -> list[Any]:
    batch = uuid.uuid4().hex[:8]
    made: list[Any] = [
        {
            "email": f"{batch}-{n}@example.com",
            "attributes": {
                "orders": n % 20,
                "spend": n / 7,
                "plan": "pro" if n % 3 else "free",
                "last_order_at": "2026-01-31T09:00:00Z",
                "name": f"Person {n}",
                "vip": n % 2 == 0,
                "address": {"city": "Pune", "zip": "411001"},
                "tags": ["new", "spring"],
            },
        }
        for n in range(CONTACTS)
    ]
    for item in made[:: wrong or CONTACTS + 1][: CONTACTS if wrong else 0]:
        item["attributes"]["orders"] = "many"
    return made


@contextmanager
def without_triggers(stack: LocalSupabase) -> Iterator[None]:
    with psycopg.connect(stack.db_url, autocommit=True) as db:
        for verb in ("disable", "enable"):
            for name in TRIGGERS:
                db.execute(f"alter table public.contacts {verb} trigger {name}".encode())
            if verb == "disable":
                yield


def account(stack: LocalSupabase, mode: Literal["refuse", "warn"] | None) -> CampaignClient:
    client = CampaignClient(stack.url, stack.anon_key)
    client.auth.sign_up(f"{uuid.uuid4().hex}@example.com", "correct horse battery staple")
    if mode is not None:
        client.contacts.define(Customer, mode=mode)
    return client


def timed(client: CampaignClient, wrong: int | None = None) -> float:
    items = people(wrong)
    began = time.perf_counter()
    report = client.contacts.upsert(items)
    seconds = time.perf_counter() - began
    assert report.created + report.rejected == CONTACTS
    return seconds


def rounds(stack: LocalSupabase) -> dict[str, list[float]]:
    free, held, warned = (account(stack, mode) for mode in (None, "refuse", "warn"))
    timed(free), timed(held)
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        with without_triggers(stack):
            bare = timed(free)
        for name, seconds in {
            "no schema, triggers off": bare,
            "no schema": timed(free),
            "refuse": timed(held),
            "warn": timed(warned),
            "refuse, 1 in 100 refused": timed(held, 100),
        }.items():
            times.setdefault(name, []).append(seconds / bare)
    return times


def main() -> None:
    with LocalSupabase() as stack:
        times = rounds(stack)
    lines = [
        f"# Typed attributes: upserts of {CONTACTS:,} contacts with a schema of eight fields",
        "",
        f"Median of {ROUNDS} rounds' ratios to an account without a schema, triggers off.",
        "",
        "| account | ratio | of the rounds |",
        "|---|---|---|",
        *(
            f"| {name} | {median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |"
            for name, ratios in times.items()
        ),
    ]
    print("\n".join(lines))
    RESULT.write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
