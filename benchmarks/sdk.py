"""What the SDK costs on top of supabase-py: imports, calls, and the import of contacts.

Every figure is a ratio of two things measured in turn, in one run, on one machine.
Prints a table and writes `benchmarks/results/sdk.json` and `sdk.md`.

    python -m benchmarks sdk [--contacts 100000]
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
from postgrest.types import ReturnMethod
from supabase import Client, create_client
from supabase.lib.client_options import SyncClientOptions

from campaign_sdk import CampaignClient, LocalSupabase
from campaign_sdk.contacts import Contact

RESULTS = Path(__file__).parent / "results"
PASSWORD = "correct horse battery staple"
BATCH, IMPORTS = 1_000, 3


def seconds(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> float:
    """Return the median of the ratios of so many pairs, each in both orders in turn."""
    ours(), theirs()
    pairs = []
    for turn in range(rounds):
        first, second = (ours, theirs) if turn % 2 else (theirs, ours)
        one, two = seconds(first), seconds(second)
        pairs.append(one / two if turn % 2 else two / one)
    return statistics.median(pairs)


def python(*arguments: str) -> Callable[[], object]:
    return partial(subprocess.run, [sys.executable, *arguments], check=True, capture_output=True)


def imports(rounds: int) -> dict[str, float]:
    raw = python("-c", "import supabase")
    bare = statistics.median(seconds(python("-c", "pass")) for _ in range(rounds))
    lazy = statistics.median(seconds(python("-c", "import campaign_sdk")) for _ in range(rounds))
    supabase = statistics.median(seconds(raw) for _ in range(rounds))
    command = Path(sys.executable).parent / "campaign"
    help_text = partial(subprocess.run, [command, "--help"], check=True, capture_output=True)
    return {
        "import campaign_sdk / import supabase": (lazy - bare) / (supabase - bare),
        "campaign --help / python -c 'import supabase'": ratio(help_text, raw, rounds),
    }


def raw_client(stack: LocalSupabase, email: str) -> Client:
    options = SyncClientOptions(httpx_client=httpx.Client(timeout=60), auto_refresh_token=False)
    client = create_client(stack.url, stack.anon_key, options)
    client.auth.sign_up({"email": email, "password": PASSWORD})
    return client


def calls(stack: LocalSupabase, rounds: int) -> dict[str, float]:
    """Both sides end with a model in hand: without one, a row is of little use."""
    raw = raw_client(stack, "raw@example.com")
    with CampaignClient(stack.url, stack.anon_key) as client:
        client.auth.sign_in_with_password("raw@example.com", PASSWORD)
        client.contacts.upsert([{"email": f"c{i}@example.com"} for i in range(1_000)])
        one = client.contacts.find("c1@example.com")
        assert one is not None
        return {
            "contacts.get / raw select, model parsed": ratio(
                lambda: client.contacts.get(one.id), lambda: raw_get(raw, str(one.id)), rounds * 20
            ),
            "contacts.iterate 1,000 / raw pages, models parsed": ratio(
                lambda: list(client.contacts.iterate()), lambda: raw_pages(raw), rounds * 2
            ),
        }


def raw_get(raw: Client, id: str) -> Contact:
    row = raw.table("contacts").select("*").eq("id", id).single().execute()
    return Contact.model_validate(row.data)


def raw_pages(raw: Client) -> list[Contact]:
    found: list[Contact] = []
    after = "00000000-0000-0000-0000-000000000000"
    while True:
        query = raw.table("contacts").select("*").gt("id", after).order("id").limit(1_000)
        rows: list[Any] = query.execute().data
        if not rows:
            return found
        found += map(Contact.model_validate, rows)
        after = rows[-1]["id"]


def write_csv(path: Path, count: int) -> None:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["email", "orders", "spend", "city", "last_order_at"])
        for i in range(count):
            row = [f"c{i}@example.com", i % 40, f"{i % 997}.5", f"City {i % 50}", "2026-01-31"]
            writer.writerow(row)


def bare_import(raw: Client, path: Path, returning: ReturnMethod) -> None:
    """The loop that one would write: no check, no types, no account."""
    with path.open(newline="") as stream:
        rows = [{"email": row.pop("email"), "attributes": row} for row in csv.DictReader(stream)]
    for begin in range(0, len(rows), BATCH):
        batch: Any = rows[begin : begin + BATCH]
        raw.table("contacts").upsert(
            batch, on_conflict="user_id,email", returning=returning
        ).execute()


def import_rate(stack: LocalSupabase, count: int) -> dict[str, float]:
    raw = raw_client(stack, "bare@example.com")
    with (
        tempfile.TemporaryDirectory() as folder,
        CampaignClient(stack.url, stack.anon_key, timeout=120) as client,
    ):
        client.auth.sign_up("sdk@example.com", PASSWORD)
        path = Path(folder) / "contacts.csv"
        write_csv(path, count)
        # supabase-py has the rows come back, unless it is told not to.
        default, minimal = ReturnMethod.representation, ReturnMethod.minimal
        loop = f"rate of import_csv / bare upsert loop of supabase-py, {count:,} rows"
        sides: dict[str, Callable[[], object]] = {
            loop: partial(bare_import, raw, path, default),
            MINIMAL: partial(bare_import, raw, path, minimal),
        }
        pairs: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(IMPORTS):
            for name, bare in sides.items():
                taken = seconds(bare)
                pairs[name].append(taken / seconds(partial(client.contacts.import_csv, path)))
                emptied(stack)
    return {name: statistics.median(ratios) for name, ratios in pairs.items()}


def emptied(stack: LocalSupabase) -> None:
    """Or the next round walks through what the last one has left."""
    with psycopg.connect(stack.db_url, autocommit=True) as db:
        db.execute("delete from public.contacts")
        db.execute("vacuum (analyze) public.contacts")


MINIMAL = "rate of import_csv / that loop if no rows come back (`returning='minimal'`)"
BARS = {
    "import campaign_sdk / import supabase": "<= 0.25",
    "campaign --help / python -c 'import supabase'": "<= 0.6",
    "contacts.get / raw select, model parsed": "<= 1.10",
    "contacts.iterate 1,000 / raw pages, models parsed": "<= 1.10",
    MINIMAL: "[where it goes](scale.md#where-an-imports-time-goes)",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    found = imports(options.rounds)
    with LocalSupabase() as stack:
        found |= calls(stack, options.rounds)
        found |= import_rate(stack, options.contacts)
    lines = ["| ratio | measured | bar |", "|---|---|---|"]
    lines += [
        f"| {name} | {value:.3g} | {BARS.get(name, '>= 2.5 on a calm machine')} |"
        for name, value in found.items()
    ]
    text = "\n".join(lines) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "sdk.md").write_text(text)
    (RESULTS / "sdk.json").write_text(
        json.dumps({k: round(v, 3) for k, v in found.items()}, indent=2) + "\n"
    )
    print(text)


if __name__ == "__main__":
    main()
