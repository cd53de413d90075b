"""Rules against hand-written SQL: `python -m benchmarks rules [10000 100000]`.

One tenant among twenty, as `authenticated` with row level security on. Prints ratios of the
medians of what the server's process computed, and writes them to benchmarks/results/rules.json
and .md, beside those of other sizes; 1000000 takes six minutes. What is compared:

* written: SQL by hand for the same rules on the same jsonb, which trusts its data (it
  casts, and fails on a stray text), with the owner pinned as in ours;
* typed: the same on columns of plain types with btree indexes: the limit;
* page: 1,000 members, ours against the same by hand, at the start and at the end;
* hot: ours once the field has its generated column, against SQL by hand that doesn't use it,
  and what the column makes of an insert.
"""

from __future__ import annotations

import json
import statistics
import sys
import uuid
from collections.abc import Callable
from typing import Any

import psycopg

from benchmarks._measure import RESULTS, Database, by_turns, cpu_of, vacuum
from campaign_sdk import Rules, everyone, field
from campaign_sdk.local import LocalSupabase

AS_OF = "2026-11-22T10:00:00Z"
OWNER = str(uuid.UUID(int=1))
FIFTY = ", ".join(map(str, range(50)))
LATE = "timestamptz '2026-08-24 00:00+00'"

# name, rules, by hand on jsonb, by hand on typed columns
CASES: list[tuple[str, Rules, str, str]] = [
    ("equality, 1 %", field("orders") == 5, "attributes @> '{\"orders\": 5}'", "orders = 5"),
    ("text equality", field("city") == "Pune", "attributes->>'city' = 'Pune'", "city = 'Pune'"),
    ("range", field("orders") >= 50, "(attributes->>'orders')::numeric >= 50", "orders >= 50"),
    ("between", field("spend").between(100, 200),
     "(attributes->>'spend')::numeric between 100 and 200", "spend between 100 and 200"),
    ("not within 90 days", field("seen").not_within_last(days=90),
     f"coalesce((attributes->>'seen')::timestamptz < {LATE}, true)",
     f"coalesce(seen < {LATE}, true)"),
    ("contains", field("city").contains("un"), "attributes->>'city' like '%un%'",
     "city like '%un%'"),
    ("list has", field("tags").contains("vip"), "attributes->'tags' @> '[\"vip\"]'",
     "tags @> '[\"vip\"]'"),
    ("in 50", field("score").in_(range(50)), f"(attributes->>'score')::int in ({FIFTY})",
     f"score in ({FIFTY})"),
    ("nested or/not", ((field("orders") >= 50) | (field("city") == "Pune"))
     & ~((field("vip") == True) & (field("spend") < 500)),  # noqa: E712 - our operator
     "((attributes->>'orders')::numeric >= 50 or attributes->>'city' = 'Pune') and not "
     "coalesce((attributes->>'vip')::boolean and (attributes->>'spend')::numeric < 500, false)",
     "(orders >= 50 or city = 'Pune') and not coalesce(vip and spend < 500, false)"),
    ("lapsed", (field("orders") >= 3) & field("seen").not_within_last(days=90)
     & ~field("city").in_(["Pune", "Delhi"]),
     f"(attributes->>'orders')::numeric >= 3 and coalesce((attributes->>'seen')::timestamptz < "
     f"{LATE}, true) and coalesce(attributes->>'city' not in ('Pune', 'Delhi'), true)",
     f"orders >= 3 and coalesce(seen < {LATE}, true) "
     "and coalesce(city not in ('Pune', 'Delhi'), true)"),
    ("column", field("phone").exists(), "phone is not null", "phone is not null"),
    ("everyone", everyone(), "true", "true"),
]  # fmt: skip
HOT = [
    ("equality, 1 %", "orders", "number", field("orders") == 5,
     "attributes @> '{\"orders\": 5}'"),
    ("range, 1 %", "orders", "number", field("orders") > 98,
     "(attributes->>'orders')::numeric > 98"),
    ("date, 1 %", "seen", "text", field("seen") >= "2026-11-15",
     "(attributes->>'seen')::timestamptz >= timestamptz '2026-11-15 00:00+00'"),
]  # fmt: skip

LOAD = """
    insert into public.contacts (user_id, email, phone, attributes, unsubscribed_at, created_at)
    select
      case when i %% 2 = 0 then '{owner}'::uuid
           else lpad((2 + i / 2 %% 19)::text, 32, '0')::uuid end,
      'c' || i || '@example.com', case when i %% 3 = 0 then '+49' || i end,
      jsonb_build_object('orders', i / 2 %% 100, 'spend', round((random() * 1000)::numeric, 2),
        'city', (array['Pune', 'Delhi', 'Berlin', 'Paris', 'Oslo'])[1 + floor(random() * 5)::int],
        'vip', random() < 0.1, 'score', (random() * 1e4)::int, 'name', 'Contact ' || i,
        'tags', (array['["a"]', '["news"]', '["x", "vip"]'])[1 + floor(random() * 3)::int]::jsonb,
        'seen', to_char(timestamp '2026-11-22' - random() * interval '720 days',
                        'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
      case when random() < 0.1 then now() end, now() - random() * interval '900 days'
    from generate_series(1, 2 * {count}) as i
"""
TYPED = """
    create table public.typed as select id, user_id, phone, unsubscribed_at, suppressed_at,
      (attributes->>'orders')::int as orders, (attributes->>'spend')::float8 as spend,
      attributes->>'city' as city, (attributes->>'vip')::boolean as vip,
      (attributes->>'score')::int as score, attributes->'tags' as tags,
      (attributes->>'seen')::timestamptz as seen from public.contacts
"""
SIZES = (
    "select count(*), count(*) filter (where unsubscribed_at is null and suppressed_at is null) "
    "from public.{} "
)
KEPT = RESULTS / "rules.json"


def load(db: Database, count: int) -> None:
    db.execute("reset role")
    db.execute("truncate public.contacts cascade")
    db.execute("drop table if exists public.typed")
    owners = [uuid.UUID(int=n) for n in range(1, 21)]
    for hex_owner in [*owners, *(uuid.UUID(str(n).rjust(32, "0")) for n in range(2, 21))]:
        db.execute("insert into auth.users (id) values (%s) on conflict do nothing", [hex_owner])
    db.execute("select setseed(0.5)")
    db.execute(LOAD.format(owner=OWNER, count=count).replace("%%", "%"))
    db.execute(TYPED)
    for column in ("orders", "spend", "city", "score", "seen", "id"):
        db.execute(f"create index on public.typed (user_id, {column})")
    db.execute("alter table public.typed enable row level security")
    db.execute("create policy own on public.typed to authenticated "
               "using (user_id = (select auth.uid()))")  # fmt: skip
    db.execute("grant select on public.typed to authenticated")
    vacuum(db, "public.contacts", "public.typed")
    db.execute("set role authenticated")


def rounds(db: Database) -> int:
    """As many turns as make little work repeat as well as much does."""
    row = db.execute("select reltuples from pg_class where relname = 'contacts'").fetchone()
    return max(7, min(200, int(4e6 / (row or [4e6])[0])))


def seconds(
    db: Database, run: Callable[[], Any], other: Callable[[], Any] = lambda: None
) -> tuple[float, float]:
    """Medians of the processor's time of two, taken in turns."""
    taken = by_turns({"run": run, "other": other}, rounds(db), cpu_of(db))
    return statistics.median(taken["run"]) / 1e3, statistics.median(taken["other"]) / 1e3


def counts(db: Database) -> list[dict[str, Any]]:
    rows = []
    for name, rules, by_hand, typed in CASES:
        wire = json.dumps(rules.to_wire())
        pinned = f"where user_id = '{OWNER}' and ({{}})"

        def ours(wire: str = wire) -> Any:
            call = "select * from public.audience_size(%s::jsonb, %s)"
            return db.execute(call, [wire, AS_OF]).fetchone()

        def written(sql: str = by_hand, table: str = "contacts", pin: str = pinned) -> Any:
            return db.execute(SIZES.format(table) + pin.format(sql)).fetchone()

        def limit(sql: str = typed, call: Callable[..., Any] = written) -> Any:
            return call(sql, "typed")

        if not ours() == written() == limit():
            raise SystemExit(f"{name}: the counts differ")
        mine, theirs = seconds(db, ours, written)
        rows.append({
            "rules": name, "members": ours()[0], "ours_ms": mine * 1e3,
            "written_ms": theirs * 1e3, "ratio": mine / theirs,
            "typed_ms": seconds(db, limit)[0] * 1e3,
        })  # fmt: skip
    return rows


def pages(db: Database) -> list[dict[str, Any]]:
    rows = []
    for name, rules, by_hand, _ in CASES:
        if name not in ("range", "lapsed", "everyone"):
            continue
        wire = json.dumps(rules.to_wire())
        hand = f"from public.contacts where user_id = '{OWNER}' and ({by_hand})"
        last = db.execute(f"select id {hand} order by id desc offset 1000 limit 1").fetchone()
        for place, after in (("start", uuid.UUID(int=0)), ("end", last and last[0])):

            def ours(wire: str = wire, after: Any = after) -> Any:
                call = "select * from public.match_contacts(%s::jsonb, %s, 'UTC', %s, 1000)"
                return db.execute(call, [wire, AS_OF, after]).fetchall()

            def written(hand: str = hand, after: Any = after) -> Any:
                call = f"select * {hand} and id > %s order by id limit 1000"
                return db.execute(call, [after]).fetchall()

            mine, theirs = seconds(db, ours, written)
            rows.append({"rules": name, "page": place, "ours_ms": mine * 1e3,
                         "written_ms": theirs * 1e3, "ratio": mine / theirs})  # fmt: skip
    return rows


def hot(db: Database) -> list[dict[str, Any]]:
    rows = []
    for name, attribute, kind, rules, by_hand in HOT:
        wire = json.dumps(rules.to_wire())
        query = SIZES.format("contacts") + f"where user_id = '{OWNER}' and {by_hand}"

        def ours(wire: str = wire) -> Any:
            call = "select * from public.audience_size(%s::jsonb, %s)"
            return db.execute(call, [wire, AS_OF]).fetchone()

        def written(query: str = query) -> Any:
            return db.execute(query).fetchone()

        plain = insert_seconds(db)
        alter(db, f"select campaign_private.add_hot_field('{attribute}', '{kind}')")
        if ours() != written():
            raise SystemExit(f"{name}: the counts differ")
        mine, theirs = seconds(db, ours, written)
        rows.append({"rules": name, "hot_ms": mine * 1e3, "written_ms": theirs * 1e3,
                     "times_faster": theirs / mine,
                     "insert_ratio": insert_seconds(db) / plain})  # fmt: skip
        alter(db, f"select campaign_private.drop_hot_field('{attribute}')")
    return rows


def alter(db: Database, sql: str) -> None:
    db.execute("reset role")
    db.execute(sql)
    vacuum(db, "public.contacts")
    db.execute("set role authenticated")


def insert_seconds(db: Database) -> float:
    """What 50,000 contacts take of a processor to insert; they are taken back."""
    taken, now = [], cpu_of(db)
    for _ in range(3):
        with db.transaction(force_rollback=True):
            start = now()
            db.execute(
                "insert into public.contacts (email, attributes) "
                "select 'n' || i || '@example.com', attributes "
                "from generate_series(1, 50000) as i, "
                f"(select attributes from public.contacts where user_id = '{OWNER}' limit 1) as c"
            )
            taken.append((now() - start) / 1e9)
    return min(taken)


def table(rows: list[dict[str, Any]]) -> str:
    head = list(rows[0])
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        cells = [f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def report(count: int, results: dict[str, Any]) -> str:
    ratios = [row["ratio"] for row in results["count"]]
    verdict = f"Median ratio {statistics.median(ratios):.2f}, worst {max(ratios):.2f}."
    parts = [f"## {count:,} contacts of one tenant among twenty\n", verdict + "\n"]
    return "\n".join([*parts, *(f"### {name}\n\n{table(rows)}" for name, rows in results.items())])


def main(sizes: list[int]) -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    everything: dict[int, Any] = {int(count): results for count, results in kept.items()}
    text = "# Rules against hand-written SQL\n\nMade by `python -m benchmarks rules`.\n\n"
    with LocalSupabase() as stack, psycopg.connect(stack.db_url, autocommit=True) as db:
        claims = json.dumps({"sub": OWNER, "role": "authenticated"})
        db.execute("select set_config('request.jwt.claims', %s, false)", [claims])
        db.execute("set max_parallel_workers_per_gather = 0")
        for count in sizes:
            load(db, count)
            results = {"count": counts(db), "page": pages(db), "hot": hot(db)}
            everything[count] = results
            print(report(count, results), flush=True)
    everything = dict(sorted(everything.items()))
    text += "".join(report(count, results) + "\n" for count, results in everything.items())
    KEPT.write_text(json.dumps(everything, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "rules.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10_000, 100_000])
