"""Additions for very large projects, with and without: `python -m benchmarks scale`.

Two stacks with the same people and events, of which one has the events by month; both sides take
turns, A B A B, and what is measured is the processor time of the connection's server process, as
a signed-in person, under all policies. One campaign has its events in all twelve months: the worst
case, for each month is looked into. What isn't offered, contacts by owner and deliveries by
campaign, is measured on bare tables of the same columns and keys, 16 partitions of them.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from benchmarks._measure import (
    Database,
    Timer,
    become,
    become_nobody,
    cpu_of,
    database,
    keep,
    ratio,
    somebody,
    table,
    unchecked,
    vacuum,
)
from benchmarks._partitions import compare_all
from benchmarks.peers import CONTACTS
from campaign_sdk import LocalSupabase, did, field
from campaign_sdk.local._config import additions_folder

PEOPLE, EACH, MONTHS, ROWS = 20_000, 12, 12, 400_000
HEAD = ("what", "ms of a processor without", "with", "over without [quartiles]")
Side = Callable[[], object]
EVENTS = """
    insert into public.campaign_events
      (campaign_id, event_id, user_id, contact_id, type, occurred_at, link)
    select %(campaign)s, 'hook/' || md5(n::text), %(user)s, id,
      case when n %% 3 > 0 then 'impression' else 'click' end,
      date_trunc('month', now()) - (n %% %(months)s) * interval '1 month' + interval '1 hour',
      'https://example.com/' || n %% 50
    from (select c.id, row_number() over (order by c.id) as n from public.contacts as c,
            generate_series(1, %(each)s) where c.user_id = %(user)s) as e
"""


class Shop:
    """An owner with contacts and events on one stack, and what is asked of it."""

    def __init__(self, db: Database) -> None:
        self.db, self.now, self.number = db, cpu_of(db), count()
        self.user = somebody(db)
        made = "insert into public.campaigns (user_id, name) values (%s, 'Scale') returning id"
        [campaign] = db.execute(made, [self.user]).fetchone() or [""]
        self.campaign = str(campaign)
        given = {"user": self.user, "campaign": campaign, "size": PEOPLE}
        with unchecked(db):
            db.execute(CONTACTS, given)
            db.execute(EVENTS, given | {"each": EACH, "months": MONTHS})
        self.people = [str(row[0]) for row in db.execute("select id from public.contacts")]

    def add(self, name: str) -> float:
        """Apply an addition; return how many seconds that took."""
        [path] = additions_folder().glob(f"*_{name}.sql")
        begun = time.perf_counter()
        with self.db.transaction():
            self.db.execute(path.read_text(encoding="utf-8").encode())
        return time.perf_counter() - begun

    def ask(self, query: str, *arguments: object) -> Any:
        return self.db.execute(query.encode(), arguments).fetchone()

    def ingest(self, turn: int, size: int) -> None:
        given = [
            {"campaign_id": self.campaign, "event_id": f"{size} {turn} {n}", "type": "click",
             "occurred_at": f"{time.strftime('%Y-%m')}-01T10:00:00Z",
             "contact_id": self.people[n], "link": f"https://example.com/{n % 50}"}
            for n in range(size)
        ]  # fmt: skip
        self.ask("select * from public.ingest_events(%s::jsonb)", json.dumps(given))

    def jobs(self) -> dict[str, tuple[Side, int]]:
        """Return what is asked of both sides, and how often."""
        twice = json.dumps(did("click", at_least=2).to_wire())
        summary = "select * from public.summarize_campaign(%s"
        history = "select * from public.contact_history(%s)"
        # What reads comes first, as long as an index alone can answer.
        return {
            "totals of the campaign": (lambda: self.ask(f"{summary}, false)", self.campaign), 300),
            "reach and value": (lambda: self.ask(f"{summary})", self.campaign), 15),
            "counters against the log (reconcile)": (
                lambda: self.ask("select * from public.reconcile_campaign(%s)", self.campaign), 9),
            "who clicked at least twice": (
                lambda: self.ask("select * from public.audience_size(%s::jsonb)", twice), 15),
            "one contact's history": (lambda: self.ask(history, self.people[7]), 300),
            "1,000 new events": (lambda: self.ingest(next(self.number), 1_000), 15),
            "the same 1,000 again": (lambda: self.ingest(0, 1_000), 9),
            "a single event": (lambda: self.ingest(next(self.number), 1), 300),
            "the same one again": (lambda: self.ingest(20, 1), 300),
        }  # fmt: skip

    def tables(self) -> list[str]:
        """Return the tables that are read: of events there is one, or one for each month."""
        found = self.db.execute(
            "select relid::text from pg_partition_tree('public.campaign_events') where isleaf"
        )
        whole = ["public.campaign_events", "public.campaign_analytics", "public.contacts"]
        return [*whole, *(str(row[0]) for row in found)]

    def size(self) -> float:
        """Return the bytes of an event, its indexes and its id included."""
        found = self.ask(
            "select sum(pg_total_relation_size(c.oid))::float8 / %s from pg_class as c "
            "where c.relname ~ '^(campaign_events|event_ids$)' and c.relkind = 'r'",
            PEOPLE * EACH,
        )
        return float(found[0])


def in_turns(one: Side, other: Side, rounds: int, clocks: Sequence[Timer]) -> Sequence[object]:
    """Take turns on two servers; return both medians, and the other over the first."""
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for run, now, times in zip((one, other), clocks, taken, strict=True):
            begun = now()
            run()
            if turn:
                times.append((now() - begun) / 1e6)
    return *(f"{statistics.median(times):.2f}" for times in taken), ratio(taken[1], taken[0])


def by_month(plain: Shop, months: Shop) -> tuple[list[Sequence[object]], str]:
    """Compare one table of events with one for each month."""
    took = months.add("events_by_month")
    grown = months.size() / plain.size()
    for shop in (plain, months):
        vacuum(shop.db, *shop.tables())
        become(shop.db, shop.user)
    clocks, theirs = (plain.now, months.now), months.jobs()
    rows: list[Sequence[object]] = [
        (name, *in_turns(run, theirs[name][0], rounds, clocks))
        for name, (run, rounds) in plain.jobs().items()
    ]
    for shop in (plain, months):
        become_nobody(shop.db)
    ends = iter(range(MONTHS - 1, 0, -1))
    end = count(MONTHS - 1, -1)
    month = "(date_trunc('month', now()) - %s * interval '1 month' + interval '1 month')"
    rows.append((
        "an old month taken away: deleted and vacuumed, or dropped",
        *in_turns(
            lambda: (
                plain.db.execute(
                    f"delete from public.campaign_events where occurred_at < {month}".encode(),
                    [next(ends)],
                ),
                plain.db.execute("vacuum public.campaign_events"),
            ),
            lambda: months.ask(
                f"select campaign_private.drop_event_months({month}::date)", next(end)
            ),
            6, clocks,
        ),
    ))  # fmt: skip
    told = (
        f"An event takes {grown:.2f} times the room, for its id stands in a table of its own. To "
        f"make months of what is there took {took / PEOPLE / EACH * 1e6:.0f} s for each million."
    )
    return rows, told


def kept(shop: Shop) -> list[Sequence[object]]:
    """Compare asking the rules with asking what is kept."""
    shop.add("kept_segments")
    rules = ((field("orders") >= 10) & (field("city") != "Rome")).to_wire()
    made = (
        "insert into public.audience_segments (user_id, name, rules) values (%s, 'Kept', %s::jsonb)"
    )
    [segment] = shop.ask(f"{made} returning id", shop.user, json.dumps(rules))
    with unchecked(shop.db):
        shop.db.execute(
            CONTACTS.replace("'c' ||", "'k' ||").encode(), {"user": shop.user, "size": ROWS}
        )
    vacuum(shop.db, "public.contacts")
    become(shop.db, shop.user)
    size = "select * from public.audience_size(%s::jsonb)"
    page = "select count(*) from public.match_contacts(%s::jsonb, page => 1000)"
    sides: dict[str, tuple[str, Side, Side, int]] = {
        "keep": ("keeping them anew, over counting them",
                 lambda: shop.ask(size, json.dumps(rules)),
                 lambda: shop.ask("select * from public.keep_segment(%s)", segment), 7),
        "size": ("how many are kept, over counting them",
                 lambda: shop.ask(size, json.dumps(rules)),
                 lambda: shop.ask("select * from public.kept_segment(%s)", segment), 15),
        "page": ("a page of 1,000 of those kept, over a page of the rules'",
                 lambda: shop.ask(page, json.dumps(rules)),
                 lambda: shop.ask("select count(*) from public.kept_contacts(%s)", segment), 15),
    }  # fmt: skip
    rows: list[Sequence[object]] = [
        (name, *in_turns(live, stored, rounds, (shop.now, shop.now)))
        for name, live, stored, rounds in sides.values()
    ]
    become_nobody(shop.db)
    return rows


def main() -> None:
    with (
        LocalSupabase() as one,
        LocalSupabase() as other,
        database(one) as without,
        database(other) as with_months,
    ):
        plain, months = Shop(without), Shop(with_months)
        events, told = by_month(plain, months)
        members, bare = kept(months), compare_all(without)
    about = (__doc__ or "").split("\n\n", 1)[1]
    keep("scale", f"# Scale\n\n{about}\n"
         f"## Events by month\n\n{PEOPLE * EACH:,} events in {MONTHS} months. {told}\n\n"
         f"{table(HEAD, events)}\n"
         f"## Segments that are kept\n\n{PEOPLE + ROWS:,} contacts, a rule of two conditions.\n\n"
         f"{table(HEAD, members)}\n"
         f"## What isn't offered\n\n{table(HEAD, bare)}")  # fmt: skip


if __name__ == "__main__":
    main()
