"""What partitions would bring contacts and deliveries: on bare tables of their columns and keys."""

from __future__ import annotations

import statistics
import uuid
from collections.abc import Callable, Sequence
from itertools import count

from benchmarks._measure import Database, Timer, by_turns, cpu_of, ratio, vacuum

ROWS, PARTS, OWNERS = 400_000, 16, [uuid.uuid5(uuid.NAMESPACE_DNS, str(n)) for n in range(8)]
SIDES = ("flat", "parts")
CONTACTS = """
    id uuid not null default gen_random_uuid(), user_id uuid not null, email text not null,
    attributes jsonb not null default '{}', created_at timestamptz default now()
"""
MORE_CONTACTS = """
    insert into TABLE (user_id, email, attributes)
    select %s, %s || i || '@example.com', jsonb_build_object('orders', i %% 100)
    from generate_series(1, 10000) as i
"""
COUNTED = """
    select count(*) from TABLE where user_id = %s and (attributes -> 'orders')::integer >= 10
"""
DELIVERIES = """
    campaign_id uuid not null, contact_id uuid not null, user_id uuid not null,
    batch integer not null, outcome text not null, at timestamptz not null default now()
"""
MORE_DELIVERIES = """
    insert into TABLE (campaign_id, contact_id, user_id, batch, outcome)
    select %s, gen_random_uuid(), %s, 1, 'sent' from generate_series(1, 1000)
"""
BY_CONTACT = """
    select count(*) from
      (select md5(n::text)::uuid as id from generate_series(1, 1000) as n) as wanted,
      lateral (
        select from TABLE as d where d.user_id = %s and d.contact_id = wanted.id limit 1
      ) as found
"""


def make(db: Database, columns: str, key: str, flat: Sequence[str], parts: Sequence[str]) -> None:
    """Make a table `flat`, and the same one in partitions by a hash of `key`, with their keys."""
    for name in SIDES:
        db.execute(f"drop table if exists public.{name}".encode())
    db.execute(f"create table public.flat ({columns})".encode())
    db.execute(f"create table public.parts ({columns}) partition by hash ({key})".encode())
    for n in range(PARTS):
        bounds = f"with (modulus {PARTS}, remainder {n})"
        part = f"create table public.parts_{n} partition of public.parts for values {bounds}"
        db.execute(part.encode())
    for name, keys in zip(SIDES, (flat, parts), strict=True):
        for each in keys:
            db.execute(f"alter table public.{name} add {each}".encode())


def compare(
    db: Database, now: Timer, query: str, given: Callable[[int], list[object]], rounds: int
) -> tuple[str, str, str]:
    """Return the milliseconds of both tables, and those of the second over the first's."""

    def side(name: str) -> Callable[[], object]:
        turns, text = count(), query.replace("TABLE", f"public.{name}").encode()
        return lambda: db.execute(text, given(next(turns)))

    taken = by_turns({name: side(name) for name in SIDES}, rounds, now)
    flat, parts = (taken[name] for name in SIDES)
    return f"{statistics.median(flat):.2f}", f"{statistics.median(parts):.2f}", ratio(parts, flat)


def compare_all(db: Database) -> list[Sequence[object]]:
    """Return a row for each thing that is asked."""
    now = cpu_of(db)

    def row(name: str, query: str, given: Callable[[int], list[object]], rounds: int) -> list[str]:
        return [name, *compare(db, now, query, given, rounds)]

    by_owner = ["primary key (user_id, id)", "unique (user_id, email)"]
    keys = ["primary key (id)", "unique (user_id, id)", by_owner[1]]
    rows = []
    for flat, what in (
        (keys, "which have one key less"),
        (by_owner, "with the same keys on both sides"),
    ):
        make(db, CONTACTS, "user_id", flat, by_owner)
        rows.append(row(f"contacts by owner, {what}: 10,000 more, up to {ROWS:,}", MORE_CONTACTS,
                        lambda n: [OWNERS[n % 8], f"t{n}-"], ROWS // 10_000 - 1))  # fmt: skip
    make(db, CONTACTS, "user_id", keys, by_owner)
    for name in SIDES:
        for n in range(ROWS // 10_000):
            db.execute(MORE_CONTACTS.replace("TABLE", f"public.{name}").encode(),
                       [OWNERS[n % 8], f"t{n}-"])  # fmt: skip
    vacuum(db, "public.flat", "public.parts")
    rows.append(row("… an owner's, counted by a rule", COUNTED, lambda n: [OWNERS[n % 8]], 48))
    make(db, DELIVERIES, "campaign_id", *[["primary key (campaign_id, contact_id)"]] * 2)
    for name in SIDES:
        db.execute(f"create index on public.{name} (user_id, contact_id, at)".encode())
    rows.append(row(f"deliveries by campaign: 1,000 more, up to {ROWS // 2:,}", MORE_DELIVERIES,
                    lambda n: [OWNERS[n % 8], OWNERS[0]], ROWS // 2_000 - 1))  # fmt: skip
    vacuum(db, "public.flat", "public.parts")
    rows.append(row("… what 1,000 contacts had in all campaigns, as caps and rules ask",
                    BY_CONTACT, lambda _: [OWNERS[0]], 48))  # fmt: skip
    return [tuple(each) for each in rows]
