"""Rules about what people did: `python -m benchmarks behaviour [200000]`.

One owner's contacts, 0.77 events and 0.7 deliveries for each, as `authenticated` with row level
security on, 4 MB of work_mem and no parallel workers; a hosted project ends a statement after 8 s.
Each rule is counted, paged through (1,000 from the start and from the middle),
taken apart as a funnel, and frozen as a launch would. Writes benchmarks/results/behaviour.md.
"""

from __future__ import annotations

import json
import statistics
import sys
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg

from benchmarks._measure import RESULTS, Database, by_turns, cpu_of
from campaign_sdk import Rules, did, field, received
from campaign_sdk.local import LocalSupabase

OWNER = str(uuid.UUID(int=1))
SPRING, AUTUMN, SMALL = (uuid.UUID(int=n) for n in (11, 12, 13))
MONTH = timedelta(days=30)

CASES: list[tuple[str, Rules]] = [
    ("never received Spring (7 in 10 did)", ~received(SPRING)),
    ("received Spring", received(SPRING)),
    ("clicked within 30 days", did("click", within_last=MONTH)),
    ("neither clicked nor converted", ~did("click") & ~did("conversion")),
    ("clicked Spring, not converted", did("click", campaign=SPRING) & ~did("conversion")),
    ("clicked at least twice", did("click", at_least=2)),
    ("opened at most once", did("impression", at_most=1)),
    ("all events a human's", field("events").all_(field("actor") == "human")),
    ("half of the events clicks", field("events").at_least(0.5, field("type") == "click")),
    ("converted for more than 90", did("conversion", where=field("value") > 90)),
    ("a small campaign's clickers", did("click", campaign=SMALL)),
    ("clicked or converted, and loyal",
     (did("click", within_last=MONTH) | did("conversion")) & (field("orders") >= 50)),
    ("two orders over 90", field("lines").at_least(2, field("total") > 90)),
]  # fmt: skip

CONTACTS = """
    insert into public.contacts (user_id, email, attributes, unsubscribed_at)
    select '{owner}', 'c' || i || '@example.com',
      jsonb_build_object('orders', i % 100, 'city', 'Pune', 'name', 'Contact ' || i,
        'lines', jsonb_build_array(
          jsonb_build_object('total', i % 97), jsonb_build_object('total', i % 101))),
      case when random() < 0.05 then now() end
    from generate_series(1, {count}) as i
"""
CAMPAIGN = "insert into public.campaigns (id, user_id, name, timezone) values (%s, %s, %s, 'UTC')"
NUMBERED = """
    create temporary table numbered as
      select id, row_number() over (order by random()) - 1 as n from public.contacts
"""
EVENTS = """
    insert into public.campaign_events
      (campaign_id, event_id, user_id, contact_id, type, occurred_at, value, actor)
    select case when r < 0.6 then '{spring}'::uuid when r < 0.999 then '{autumn}'::uuid
             else '{small}'::uuid end, 'e' || i, '{owner}', n.id,
      case when t < 0.65 then 'impression' when t < 0.94 then 'click' else 'conversion' end,
      now() - random() * interval '365 days', case when t >= 0.94 then round(random() * 100) end,
      case when random() < 0.8 then 'human' else 'machine' end
    from (select i, random() as r, random() as t, floor(random() * {count})::bigint as n
          from generate_series(1, {events}) as i) as e
    join numbered as n on n.n = e.n
"""
DELIVERIES = """
    insert into public.campaign_deliveries (campaign_id, contact_id, user_id, batch, outcome, at)
    select '{spring}', id, '{owner}', 1, 'sent', now() - interval '90 days'
    from numbered where n < 0.7 * {count}
"""


def load(db: Database, count: int) -> None:
    given = {
        "owner": OWNER, "count": count, "events": count * 77 // 100,
        "spring": SPRING, "autumn": AUTUMN, "small": SMALL,
    }  # fmt: skip
    db.execute("insert into auth.users (id) values (%s)", [OWNER])
    # What triggers would do for each row isn't measured here.
    db.execute("set session_replication_role = replica")
    db.execute(CONTACTS.format(**given))
    for number, campaign in enumerate((SPRING, AUTUMN, SMALL)):
        db.execute(CAMPAIGN, [campaign, OWNER, f"campaign {number}"])
    for statement in (NUMBERED, EVENTS, DELIVERIES):
        db.execute(statement.format(**given))
    db.execute("set session_replication_role = default")
    db.execute("vacuum analyze")


def act_as_owner(db: Database) -> None:
    claims = json.dumps({"sub": OWNER, "role": "authenticated"})
    db.execute("select set_config('request.jwt.claims', %s, false)", [claims])
    db.execute("set role authenticated")
    db.execute("set work_mem = '4MB'")
    db.execute("set max_parallel_workers_per_gather = 0")


def seconds(db: Database, run: Callable[[], Any], rounds: int = 3) -> float:
    """The median of what the server's process computed."""
    return statistics.median(by_turns({"run": run}, rounds, cpu_of(db))["run"]) / 1e3


def measure(db: Database, rules: Rules, middle: str) -> dict[str, float]:
    wire = json.dumps(rules.to_wire())

    def call(text: str, *more: Any) -> Any:
        return db.execute(text, [wire, *more]).fetchall()

    page = "select id from public.match_contacts(%s::jsonb, now(), 'UTC', %s, 1000)"
    size = "select total from public.audience_size(%s::jsonb)"
    funnel = "select * from public.audience_funnel(%s::jsonb)"
    return {
        "members": call(size)[0][0],
        "count (s)": seconds(db, lambda: call(size)),
        "page (ms)": 1e3 * seconds(db, lambda: call(page, None), 9),
        "page from the middle (ms)": 1e3 * seconds(db, lambda: call(page, middle), 9),
        "funnel (s)": seconds(db, lambda: call(funnel)),
    }


def freeze(db: Database, rules: Rules) -> tuple[int, float]:
    """Look everybody up as the launch does, 100,000 in a statement; and the longest of them."""
    compiled = "select campaign_private.compile_rules(%s::jsonb, now(), 'UTC')"
    (predicate,) = db.execute(compiled, [json.dumps(rules.to_wire())]).fetchone() or ("",)
    chunk = (
        f"with chunk as materialized (select * from public.contacts where user_id = '{OWNER}' "
        "and id > '{after}' order by id limit 100000) select max(id::text), "
        f"count(*) filter (where {predicate.replace('{', '{{').replace('}', '}}')}) from chunk as c"
    )
    total, worst, after, now = 0, 0.0, str(uuid.UUID(int=0)), cpu_of(db)
    while True:
        start = now()
        query = chunk.format(after=after).replace("%", "%%")
        last, found = db.execute(query).fetchone() or (None, 0)
        worst = max(worst, (now() - start) / 1e9)
        if last is None:
            return total, worst
        total, after = total + found, last


def table(rows: list[dict[str, Any]]) -> str:
    lines = ["| " + " | ".join(rows[0]) + " |", "|---" * len(rows[0]) + "|"]
    for row in rows:
        cells = [f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def run(db: Database, count: int) -> None:
    act_as_owner(db)
    half = "select id from public.contacts where user_id = %s order by id offset %s limit 1"
    middle = str((db.execute(half, [OWNER, count // 2]).fetchone() or [""])[0])
    rows = []
    for name, rules in CASES:
        row: dict[str, Any] = {"rules": name, **measure(db, rules, middle)}
        frozen, worst = freeze(db, rules)
        if frozen != row["members"]:
            raise SystemExit(f"{name}: {frozen} by looking up, {row['members']} by joining")
        rows.append({**row, "a chunk of the freeze (s)": worst})
        print(rows[-1], flush=True)
    write(count, rows)


def write(count: int, rows: list[dict[str, Any]]) -> None:
    slowest = max(row[name] for row in rows for name in row if name.endswith("(s)"))
    (RESULTS / "behaviour.md").write_text(
        "# Rules about what people did\n\n"
        f"{count:,} contacts of one owner, {count * 77 // 100:,} events, row level security on, "
        f"`work_mem` 4 MB. Made by `python -m benchmarks behaviour {count}`: the time that the "
        f"server's process computed, at most {slowest:.1f} s in a statement (a hosted project "
        "allows 8).\n\n"
        f"{table(rows)}",
        "utf-8",
    )


def main(count: int) -> None:
    with LocalSupabase() as stack, psycopg.connect(stack.db_url, autocommit=True) as db:
        load(db, count)
        run(db, count)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
