"""Where the time of a count and of a pre-flight goes, beside the least that PostgreSQL takes.

    python -m benchmarks rule_parts [--contacts 200000]

The contacts are those of `peers`; what is measured is the processor time of the connection's
server process. A pre-flight is asked of everybody, with one placeholder more at a time: what it
takes more for each contact stands beside a query by hand under the same policies that only reads
the same value as a text, and counts where there is none. Of a count the parts are in microseconds
of a call, whatever the number of contacts; what is written by hand is prepared once.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Mapping

from benchmarks._measure import (
    Database,
    become,
    by_turns,
    cpu_of,
    database,
    keep,
    somebody,
    table,
)
from benchmarks.peers import prepare
from campaign_sdk import LocalSupabase, Rules, everyone, field

PLACEHOLDERS = {
    "a text": ("name", "any"),
    "another text": ("city", "any"),
    "a date": ("seen", "date"),
    "a number": ("spend", "number"),
    "the address": ("email", "any"),
}
RULES: Mapping[str, Rules] = {
    "everybody": everyone(),
    "one condition": field("orders") >= 10,
    "three conditions": (field("orders") >= 3)
    & field("seen").not_within_last(days=90)
    & ~field("city").in_(["Pune", "Delhi"]),
}
COUNT = "select count(*), count(*) filter (where unsubscribed_at is null and suppressed_at is null)"
Call = Callable[[], object]


def asks(db: Database, sql: str, *given: object, prepare: bool | None = None) -> Call:
    # Without arguments a percent sign is one.
    return lambda: db.execute(sql.encode(), given or None, prepare=prepare).fetchall()


def medians(db: Database, calls: Mapping[str, Call], rounds: int) -> dict[str, float]:
    """Return the milliseconds of each, in turns."""
    taken = by_turns(calls, rounds, cpu_of(db))
    return {name: statistics.median(times) for name, times in taken.items()}


def inspections(db: Database, size: int) -> list[tuple[str, ...]]:
    """What a pre-flight takes more for each placeholder, in nanoseconds of a contact."""
    inspect = "select * from public.inspect_audience(%s::jsonb, %s::jsonb, '[]')"
    rules = json.dumps(everyone().to_wire())
    placeholders: list[dict[str, str]] = []
    ours, by_hand = {"": asks(db, inspect, rules, "[]")}, {"": COUNT}
    for name, (one, takes) in PLACEHOLDERS.items():
        placeholders.append({"field": one, "takes": takes})
        ours[name] = asks(db, inspect, rules, json.dumps(placeholders))
        read = one if one == "email" else f"attributes ->> '{one}'"
        by_hand[name] = f"{list(by_hand.values())[-1]}, count(*) filter (where {read} is null)"
    hand = {name: asks(db, f"{sql} from public.contacts") for name, sql in by_hand.items()}
    mine, theirs = (medians(db, calls, 9) for calls in (ours, hand))
    rows, before = [("the contacts counted", mine[""], theirs[""])], ""
    for name in PLACEHOLDERS:
        rows.append((name, mine[name] - mine[before], theirs[name] - theirs[before]))
        before = name
    return [(name, *(f"{ms * 1e6 / size:.0f}" for ms in both)) for name, *both in rows]


def counts(db: Database) -> list[tuple[str, ...]]:
    """What a count takes besides looking at contacts, in microseconds of a call."""
    rows = []
    for name, rules in RULES.items():
        wire = json.dumps(rules.to_wire())
        compiled = "select campaign_private.compile_rules(%s::jsonb)"
        [predicate] = db.execute(compiled, [wire]).fetchone() or ("",)
        query = f"{COUNT} from public.contacts as c where user_id = auth.uid() and {predicate}"
        ms = medians(db, {
            "nothing": asks(db, "select %s::jsonb", wire),
            "compiled": asks(db, compiled, wire),
            "planned": asks(db, f"explain {query}", prepare=False),
            "in all": asks(db, "select * from public.audience_size(%s::jsonb)", wire),
        }, 200)  # fmt: skip
        rest = ms["in all"] - ms["compiled"] - ms["planned"] + ms["nothing"]
        parts = (ms["compiled"] - ms["nothing"], ms["planned"] - ms["nothing"], rest)
        rows.append((name, *(f"{part * 1e3:.0f}" for part in (*parts, ms["in all"]))))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=200_000)
    size = parser.parse_args().contacts
    with LocalSupabase() as stack, database(stack) as db:
        nobody, user = somebody(db), somebody(db)
        prepare(db, user, size)
        become(db, nobody)
        calls = table(("rules", "compiled, µs", "planned", "the rest", "in all"), counts(db))
        become(db, user)
        contacts = table(("part", "ours, ns", "the least"), inspections(db, size))
    about = (__doc__ or "").split("\n\n", 2)[2]
    keep("rule_parts", f"# Parts\n\n{about}\n## A pre-flight\n\n{contacts}\n"
         f"## A count of no contacts\n\n{calls}")  # fmt: skip


if __name__ == "__main__":
    main()
