"""Importing contacts that are held to a schema, against contacts that aren't.

    python -m benchmarks attributes

What the server's process computes for batches of 1,000, as each of the accounts, under all
policies. They take turns, round by round, with contacts of their own: one without a schema and
with the triggers switched off, one without, one that is refused what doesn't fit, one that is
warned, and one that is refused of whose contacts one in a hundred is. The ratio is the median of
the rounds' ratios to the first.
"""

from __future__ import annotations

import importlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from statistics import median
from typing import Any, Literal

from pydantic import Field

from benchmarks._measure import RESULTS, Database, become, become_nobody, cpu_of, database
from campaign_sdk import Attributes, CampaignClient, LocalSupabase

CONTACTS, ROUNDS = 20_000, 7
UPSERT = "select created, cardinality(rejected) from public.upsert_contacts(%s::jsonb)"
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
def without_triggers(db: Database) -> Iterator[None]:
    for verb in ("disable", "enable"):
        become_nobody(db)
        for name in TRIGGERS:
            db.execute(f"alter table public.contacts {verb} trigger {name}")
        if verb == "disable":
            yield


def account(stack: LocalSupabase, db: Database, mode: Literal["refuse", "warn"] | None) -> str:
    """Make an account whose contacts are held to the schema, and return its id."""
    client, email = CampaignClient(stack.url, stack.anon_key), f"{uuid.uuid4().hex}@example.com"
    client.auth.sign_up(email, "correct horse battery staple")
    if mode is not None:
        client.contacts.define(Customer, mode=mode)
    become_nobody(db)
    [user] = db.execute("select id from auth.users where email = %s", [email]).fetchone() or [""]
    return str(user)


def timed(db: Database, user: str, wrong: int | None = None) -> float:
    """What the server's process computes to store new people, 1,000 at a time."""
    items, now, spent, answered = people(wrong), cpu_of(db), 0, 0
    become(db, user)
    for n in range(0, CONTACTS, 1_000):
        batch = json.dumps(items[n : n + 1_000])
        began = now()
        [created, rejected] = db.execute(UPSERT, [batch]).fetchone() or [0, 0]
        spent, answered = spent + now() - began, answered + created + rejected
    assert answered == CONTACTS
    return spent / 1e9


def rounds(stack: LocalSupabase, db: Database) -> dict[str, list[float]]:
    free, held, warned = (account(stack, db, mode) for mode in (None, "refuse", "warn"))
    timed(db, free), timed(db, held)
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        with without_triggers(db):
            bare = timed(db, free)
        for name, seconds in {
            "no schema, triggers off": bare,
            "no schema": timed(db, free),
            "refuse": timed(db, held),
            "warn": timed(db, warned),
            "refuse, 1 in 100 refused": timed(db, held, 100),
        }.items():
            times.setdefault(name, []).append(seconds / bare)
    return times


def main() -> None:
    with LocalSupabase() as stack, database(stack) as db:
        times = rounds(stack, db)
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
    (RESULTS / "attributes.md").write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    # As a module of its own: the schema's annotations are looked up in the one it names.
    importlib.import_module("benchmarks.attributes").main()
