"""How fast a campaign is handed over, with how much memory, and how well a rate is kept.

    python -m benchmarks sending

Writes benchmarks/results/sending.md. The ratio is to the same calls of the same functions on
connections to the database, by as many processes: what HTTP and the client cost. Both sides
take turns, and the median of the ratios counts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import time
import uuid
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from psycopg.rows import dict_row

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from campaign_sdk import CampaignClient, LocalSupabase
from deliveries.chaos import accepted, launched, orders, start, vendor

RESULTS = Path(__file__).parent / "results" / "sending.md"
WORKERS, SIZE, RATE, WINDOW, TURNS = 4, 100, 150, 10.0, 3


def main() -> None:
    given = arguments()
    with LocalSupabase() as stack, CampaignClient(stack.url, stack.anon_key) as client:
        user = client.auth.sign_up(f"{uuid.uuid4().hex}@example.com", "only for some minutes")
        reports: list[dict[str, int]] = []
        turns: list[tuple[float, float]] = []
        for _ in range(TURNS):
            campaign = launched(client, given.recipients)
            reports += through_the_api(client, campaign.id)
            api = pace(stack, campaign.id)
            campaign = launched(client, given.recipients)
            through_sql(stack, str(user.id), str(campaign.id))
            turns.append((api, pace(stack, campaign.id)))
        client.auth.sign_up(f"{uuid.uuid4().hex}@example.com", "somebody with less contacts")
        highest, allowed = windows(client, given.seconds)
    more = max(report["more"] for report in reports) / 1024
    lines = [
        "# Sending",
        "",
        f"{given.recipients:,} recipients, {WORKERS} processes, {SIZE} in a request, a vendor that "
        f"answers at once; {TURNS} turns of each side. Made by `python -m benchmarks sending`; the "
        "pace is this machine's, with whatever else it did.",
        "",
        "| what | measured |",
        "|---|---|",
        f"| recipients a second through the API | {median(api for api, _ in turns):,.0f} |",
        f"| over the same calls in SQL, without HTTP | {shown(turns)} |",
        f"| memory of a worker from its 2,000th recipient to its last | {more:.1f} MB more |",
        f"| most in {WINDOW:.0f} s at rate={RATE}, two processes, one killed | {highest:,} |",
        f"| allowed (1.05 times) | {allowed:,.0f} |",
    ]
    RESULTS.write_text("\n".join(lines) + "\n")
    print("\n".join(lines[4:]))


def through_the_api(client: CampaignClient, campaign: uuid.UUID) -> list[dict[str, int]]:
    given = orders(client, campaign, "", size=SIZE)
    worker = Path(__file__).parents[1] / "tests" / "deliveries" / "worker.py"
    command = [sys.executable, str(worker), json.dumps(given)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(WORKERS)]
    told = [process.communicate()[0] for process in running]
    return [json.loads(line) for line in told if line]


def through_sql(stack: LocalSupabase, user: str, campaign: str) -> None:
    arguments = [(stack.db_url, user, campaign)] * WORKERS
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        pool.starmap(sql_worker, arguments)


def sql_worker(db_url: str, user: str, campaign: str) -> None:
    """Make the calls that `send` makes, on a connection of its own."""
    with psycopg.connect(db_url, autocommit=True, row_factory=dict_row) as db:
        db.execute(
            "select set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": user})]
        )
        db.execute("set role authenticated")
        done: tuple[Any, Any, Any] = (None, None, None)
        while True:
            claim = db.execute(CLAIM, [campaign, SIZE, uuid.uuid4(), *done]).fetchone()
            assert claim is not None
            done = (None, None, None)
            if claim["state"] == "claimed":
                done = (claim["batch"], claim["lease"], work(db, campaign, claim))
            elif claim["state"] == "wait":
                time.sleep(claim["retry_in"] or 0.05)
            else:
                return


CLAIM = "select * from public.claim_batch(%s, 60, %s, null, %s, %s, %s, %s)"
BEGIN = (
    "select state, retry_in, skipped, left_out from public.begin_send("
    "%s, %s, %s, %s, %s, 60, null, null, %s)"
)


def work(db: psycopg.Connection[dict[str, Any]], campaign: str, claim: dict[str, Any]) -> str:
    """Begin with one part after the other; return the outcomes of the last."""
    begun, after, outcomes = claim, claim["begun"], ""
    members = claim["contacts"]["id"]
    for place in range(0, len(members), SIZE):
        if place:
            part = [campaign, claim["batch"], claim["lease"], after, after + SIZE, outcomes]
            answer = db.execute(BEGIN, part).fetchone()
            assert answer is not None
            assert answer["state"] == "begun"
            begun = answer
        after += SIZE
        left_out = set(map(str, begun["left_out"]))
        outcomes = json.dumps(
            [
                {"contact_id": who, "outcome": "sent", "provider_id": who[-12:]}
                for who in members[place : place + SIZE]
                if who not in left_out
            ]
        )
    return outcomes


def pace(stack: LocalSupabase, campaign: uuid.UUID) -> float:
    """Return recipients a second while all workers are at work: not of the first and last tenth."""
    with psycopg.connect(stack.db_url) as db:
        row = db.execute(
            "select 0.8 * count(*) / extract(epoch from max(d.at) filter (where d.share <= 0.9)"
            " - min(d.at) filter (where d.share >= 0.1))::float8"
            " from (select d.at, percent_rank() over (order by d.at) as share"
            " from public.campaign_deliveries as d where campaign_id = %s) as d",
            [campaign],
        ).fetchone()
    assert row is not None
    return float(row[0])


def shown(turns: list[tuple[float, float]]) -> str:
    """Return the median of the ratios, and each."""
    ratios = [api / sql for api, sql in turns]
    return f"{median(ratios):.2f} ({', '.join(f'{each:.2f}' for each in ratios)})"


def windows(client: CampaignClient, seconds: int) -> tuple[int, float]:
    """Send at a rate, with two workers of which one is killed; return the fullest window."""
    campaign = launched(client, RATE * seconds)
    with vendor() as address:
        given = orders(client, campaign.id, address, rate=RATE, lease=2.0)
        workers = [start(given), start(given | {"mode": "async"})]
        time.sleep(seconds / 3)
        workers[0].kill()
        workers.append(start(given))
        for worker in workers:
            worker.wait()
        _, times = accepted(address)
    return fullest(times), 1.05 * RATE * WINDOW


def fullest(times: list[tuple[float, int]]) -> int:
    """Return how many were taken in the fullest window."""
    most = start = within = 0
    for moment, count in times:
        within += count
        while times[start][0] <= moment - WINDOW:
            within -= times[start][1]
            start += 1
        most = max(most, within)
    return most


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=40_000)
    parser.add_argument("--seconds", type=int, default=40)
    return parser.parse_args()


if __name__ == "__main__":
    # The workers find their function where it was imported from, and not in what was run.
    from benchmarks import sending

    sending.main()
