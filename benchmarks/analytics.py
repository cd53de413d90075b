"""Ingestion and reports, against what else one could do.

    python -m benchmarks analytics [--seconds 12] [--writers 32] [--events 200000]

Writers: so many threads in 4 processes, all on one campaign and one day, through the API.
`ingest` in batches, `ingest` of single events, and read-modify-write as people write it
(select the counter, add one, update it), for equally long. Lost are counts that a writer
was told were stored and that the counter lacks; doubled, the other way round.

Limit: the same events through `ingest`, one stream, against COPY into a bare table without
keys, checks, policies or counters.

Report: the counters of 100 campaigns for 1,000 days, 10 million events' worth, by day and
by campaign and month, against the SQL a person would write for the same rows, all nine counters
and gaps filled, under the same policies; processor time of the database. Ours gives sums beside.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from benchmarks._measure import become, by_turns, cpu_of
from campaign_sdk import CampaignClient, LocalSupabase

RESULTS = Path(__file__).parent / "results"
PROCESSES, BATCH, ROUNDS = 4, 500, 7
EMAIL, PASSWORD = "bench@example.com", "correct horse battery staple"
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)

Write = Callable[[CampaignClient, str, str], int]


def batches(client: CampaignClient, campaign: str, name: str) -> int:
    return client.analytics.ingest(events(campaign, name, BATCH), batch_size=BATCH).inserted


def singles(client: CampaignClient, campaign: str, name: str) -> int:
    return client.analytics.ingest(events(campaign, name, 1)).inserted


def read_modify_write(client: CampaignClient, campaign: str, _name: str) -> int:
    table = client.supabase.table("campaign_analytics")
    row: Any = table.select("id,clicks").eq("campaign_id", campaign).single().execute().data
    client.supabase.table("campaign_analytics").update({"clicks": row["clicks"] + 1}).eq(
        "id", row["id"]
    ).execute()
    return 1


WAYS: dict[str, Write] = {
    "ingest, batches of 500": batches,
    "ingest, single events": singles,
    "read-modify-write": read_modify_write,
}


def events(campaign: str, name: str, number: int) -> list[dict[str, Any]]:
    return [
        {
            "campaign_id": campaign,
            "event_id": f"{name} {index}",
            "type": "click",
            "occurred_at": NOON,
        }
        for index in range(number)
    ]


def signed_in(stack: tuple[str, str]) -> CampaignClient:
    client = CampaignClient(*stack)
    client.auth.sign_in_with_password(EMAIL, PASSWORD)
    return client


def process(
    way: str, number: int, threads: int, seconds: float, stack: tuple[str, str], campaign: str
) -> int:
    """Write with so many threads for so long; return how many counts were acknowledged."""

    def write(thread: int) -> int:
        done = turn = 0
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            done += WAYS[way](client, campaign, f"{number} {thread} {turn}")
            turn += 1
        return done

    with signed_in(stack) as client, ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(write, range(threads)))


def race(way: str, stack: tuple[str, str], writers: int, seconds: float) -> dict[str, Any]:
    with signed_in(stack) as client, multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        campaign = client.campaigns.create(way)
        client.analytics.record(campaign.id, on=NOON.date())
        arguments = (writers // PROCESSES, seconds, stack, str(campaign.id))
        told = pool.starmap(process, [(way, number, *arguments) for number in range(PROCESSES)])
        counted = client.analytics.summary(campaign.id, metrics="clicks").clicks
        found = client.analytics.reconcile(campaign.id)
        return {
            "way": way,
            "counted": counted,
            "lost": max(sum(told) - counted, 0) / sum(told),
            "doubled": max(counted - sum(told), 0) / sum(told),
            "log_agrees": found.agrees,
        }


def as_ratios(ways: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Set each rate against that of read-modify-write: the rates belong to one machine."""
    slowest = ways[-1]["counted"]
    for way in ways:
        way["over_read_modify_write"] = round(way.pop("counted") / slowest, 2)
    return ways


def limit(stack: tuple[str, str], db_url: str, number: int) -> dict[str, Any]:
    with signed_in(stack) as client, psycopg.connect(db_url, autocommit=True) as db:
        campaign = str(client.campaigns.create("limit").id)
        all_events = events(campaign, "limit", number)
        begun = time.perf_counter()
        report = client.analytics.ingest(iter(all_events))
        ingesting = time.perf_counter() - begun
        assert report.inserted == number
        db.execute(
            "create table public.bare (campaign_id uuid, event_id text, type text, at timestamptz)"
        )
        begun = time.perf_counter()
        with db.cursor() as cursor, cursor.copy("copy public.bare from stdin") as copy:
            for event in all_events:
                copy.write_row(tuple(event.values()))
        copying = time.perf_counter() - begun
        db.execute("drop table public.bare")
    return {"events": number, "over_copy": copying / ingesting}


COUNTERS = ("impressions", "clicks", "conversions", "delivered", "bounced", "complained",
            "unsubscribed", "machine_impressions", "machine_clicks")  # fmt: skip
SUMS = ", ".join(f"sum(a.{name}) as {name}" for name in COUNTERS)
FILLED = ", ".join(f"coalesce(f.{name}, 0)" for name in COUNTERS)
FACTS = "with f as (select {key}, {sums} from campaign_analytics a group by {groups})"
BY_HAND = {
    "day": FACTS.format(key="a.date as day", sums=SUMS, groups="1")
    + f"""select day, {FILLED}
        from generate_series((select min(day) from f), (select max(day) from f), '1 day') as d (day)
        left join f using (day) order by 1""",
    "campaign and month": FACTS.format(
        key="date_trunc('month', a.date) as day, a.campaign_id as id", sums=SUMS, groups="1, 2"
    )
    + f"""select day, id, {FILLED}
        from generate_series((select min(day) from f), (select max(day) from f), '1 month')
          as d (day)
        cross join campaigns c left join f using (day, id) order by 1, 2""",
}
OURS = {
    "day": "select * from public.report_engagement(bucket => 'day')",
    "campaign and month": "select * from public.report_engagement(bucket => 'month', "
    "by_campaign => true)",
}


def reports(stack: tuple[str, str], db_url: str) -> list[dict[str, Any]]:
    """Ours and what a person would write, by one role, on one connection, without HTTP."""
    with signed_in(stack) as client, psycopg.connect(db_url, autocommit=True) as db:
        assert client.auth.user is not None
        user = str(client.auth.user.id)
        fill(db, user)
        assert client.analytics.report().totals.impressions == 10_000_000 * 9 // 10
        become(db, user)
        found = []
        for name, hand in BY_HAND.items():
            ours = OURS[name]
            lines = len(rows_of(db, hand))
            assert lines == len(rows_of(db, ours)[0][3])
            sides: dict[str, Callable[[], object]] = {
                "ours": partial(rows_of, db, ours),
                "hand": partial(rows_of, db, hand),
            }
            taken = by_turns(sides, ROUNDS, cpu_of(db))
            over = median(a / b for a, b in zip(taken["ours"], taken["hand"], strict=True))
            found.append({"by": name, "lines": lines, "over_sql": over})
        return found


def rows_of(db: psycopg.Connection, query: str) -> list[Any]:
    return db.execute(query.encode()).fetchall()


def fill(db: psycopg.Connection, user: str) -> None:
    """Make the counters of 10 million events: 100 each for 100 campaigns and 1,000 days."""
    db.execute("delete from campaigns where user_id = %s", [user])
    db.execute(
        "insert into campaigns (user_id, name)"
        " select %s, 'No. ' || n from generate_series(1, 100) n",
        [user],
    )
    db.execute(
        "insert into campaign_analytics (campaign_id, date, impressions, clicks, conversions)"
        " select id, %s::date + n, 90, 9, 1 from campaigns, generate_series(0, 999) n"
        " where user_id = %s",
        [date(2023, 1, 1), user],
    )
    db.execute("vacuum analyze campaign_analytics")


def table(results: dict[str, Any]) -> str:
    setting = results["setting"]
    lines = [
        "# Analytics: ingestion and reports",
        "",
        f"{setting['writers']} writers in {PROCESSES} processes on one campaign and one day, "
        f"{setting['seconds']:g} s each, through the API of the local stack. Rates are of what "
        "was counted in the end. Single events are held up by the API's requests, not by the "
        "database.",
        "",
        "| way | rate over read-modify-write | lost | doubled | counters equal the log |",
        "|---|---|---|---|---|",
        *(
            f"| {way['way']} | {way['over_read_modify_write']:,.1f} | {way['lost']:.1%} | "
            f"{way['doubled']:.1%} | {'yes' if way['log_agrees'] else 'no log'} |"
            for way in results["writers"]
        ),
        "",
        f"One stream of {results['limit']['events']:,} events has "
        f"{results['limit']['over_copy']:.3f} of the rate of COPY into a bare table.",
        "",
        "| report over 10 M events' worth of counters, by | lines | time over hand-written SQL |",
        "|---|---|---|",
        *(
            f"| {one['by']} | {one['lines']:,} | {one['over_sql']:.2f} |"
            for one in results["reports"]
        ),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--writers", type=int, default=32)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--only", choices=["reports"], help="the other figures stay")
    asked = parser.parse_args()
    with LocalSupabase() as local:
        stack = local.url, local.anon_key
        with CampaignClient(*stack) as client:
            client.auth.sign_up(EMAIL, PASSWORD)
        if asked.only == "reports":
            kept = json.loads((RESULTS / "analytics.json").read_text(encoding="utf-8"))
            write({**kept, "reports": reports(stack, local.db_url)})
            return
        results = {
            "setting": {"writers": asked.writers, "seconds": asked.seconds},
            "writers": as_ratios([race(way, stack, asked.writers, asked.seconds) for way in WAYS]),
            "limit": limit(stack, local.db_url, asked.events),
            "reports": reports(stack, local.db_url),
        }
    write(results)


def write(results: dict[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "analytics.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "analytics.md").write_text(table(results), encoding="utf-8")
    print(table(results))


if __name__ == "__main__":
    # The writers find their function where it was imported from, and not in what was run.
    from benchmarks import analytics

    analytics.main()
