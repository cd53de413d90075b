"""Where the time of a single event goes, by taking its parts away one after the other.

    python -m benchmarks event_parts [--contacts 50000]

Both shapes are those of `peers`. Each part is what a click costs less, in microseconds of the
server's process, once it is taken away too; so what a part costs depends a little on those that
are still there. Each call comes after others of its kind: where calls of both shapes take turns,
as in `peers`, each costs more. Told is the quickest tenth of the calls.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence

from benchmarks._measure import (
    Database,
    become,
    become_nobody,
    cpu_of,
    database,
    keep,
    somebody,
    table,
)
from benchmarks.peers import jobs, prepare
from campaign_sdk import LocalSupabase

INSERT = """
    insert into public.campaign_events
      (campaign_id, event_id, user_id, contact_id, type, occurred_at, link)
    values (%s, %s, %s, %s, 'click', '2026-11-01T10:00:00Z', %s) on conflict do nothing
"""
COUNTERS = "counted by day, in the same statement"
KEYS = "keys to other tables: 2, and 3"
INDEXES = "indexes but the first: 2, and 4"
POLICIES = "policies"
# Part: what takes it away from ours, and from the other shape.
PARTS: dict[str, tuple[str, str]] = {
    COUNTERS: ("drop trigger count_events on public.campaign_events", ""),
    KEYS: (
        """
        alter table public.campaign_events
          drop constraint campaign_events_campaign_id_fkey,
          drop constraint campaign_events_contact_id_fkey
        """,
        """
        alter table public.peer_clicks
          drop constraint peer_clicks_campaign_fkey, drop constraint peer_clicks_link_fkey,
          drop constraint peer_clicks_person_fkey
        """,
    ),
    INDEXES: (
        "drop index public.campaign_events_contact_id_index, public.campaign_events_value_index",
        """
        drop index public.peer_clicks_campaign_idx, public.peer_clicks_link_idx,
          public.peer_clicks_person_idx, public.peer_clicks_timezone_idx
        """,
    ),
    POLICIES: (
        """
        alter table public.campaign_events no force row level security;
        alter table public.campaign_events disable row level security
        """,
        ";".join(
            f"alter table public.peer_{name} disable row level security"
            for name in ("clicks", "people", "campaigns", "links")
        ),
    ),
}


def cost(db: Database, user: str, run: Callable[[], object], calls: int = 2_000) -> float:
    """Return the microseconds that a call takes of the server's process.

    Of the quickest tenth: the parts are measured one after the other, and neighbours who come and
    go would be taken for one of them.
    """
    become(db, user)
    now = cpu_of(db)
    taken = []
    for turn in range(calls + 30):
        begun = now()
        run()
        if turn >= 30:
            taken.append((now() - begun) / 1e3)
    become_nobody(db)
    return statistics.quantiles(taken, n=10)[0]


def peel(db: Database, user: str, campaign: str) -> Sequence[tuple[str, float, float]]:
    """Return each part with what it costs ours, and the other shape."""
    function, click, _ = jobs(db, campaign)["a single click"]
    people = [str(row[0]) for row in db.execute("select id from contacts limit 5000")]
    numbers = iter(range(10**9))

    def insert() -> None:
        one = next(numbers)
        link = f"https://example.com/{one % 50}"
        db.execute(INSERT, [campaign, f"part {one}", user, people[one % 5000], link])

    nothing = cost(db, user, lambda: db.execute("select %s::text", ["nothing"]))
    whole, ours, theirs = (cost(db, user, run) for run in (function, insert, click))
    lines = [("in all", whole, theirs), ("one call to the function, with JSON", whole - ours, 0.0)]
    for name, (mine, other) in PARTS.items():
        for sql in filter(None, (mine, other)):
            db.execute(sql.encode())
        left = cost(db, user, insert), cost(db, user, click) if other else theirs
        lines.append((name, ours - left[0], theirs - left[1]))
        ours, theirs = left
    return [
        *lines,
        ("the row, its first index, what it looks up", ours - nothing, theirs - nothing),
        ("a statement that does nothing", nothing, nothing),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=50_000)
    with LocalSupabase() as stack, database(stack) as db:
        user = somebody(db)
        campaign = prepare(db, user, parser.parse_args().contacts)
        parts = peel(db, user, campaign)
    rows = [(name, *(f"{us:.0f}" if us else "" for us in costs)) for name, *costs in parts]
    about = (__doc__ or "").split("\n\n", 2)[2]
    keep("event_parts", f"# Parts\n\n{about}\n{table(('part', 'ours, µs', 'the other'), rows)}")


if __name__ == "__main__":
    main()
