"""What one tenant waits for beside large others: `python -m benchmarks neighbours`.

Two stacks with the same tenant (20,000 contacts, 50 campaigns, 18,250 counters): on one it is
alone, on the other 1,000,000 contacts and 2,000,000 counters of 40 others lie beside it. Each
operation is asked of both by turns, through the API. Written to benchmarks/results/neighbours.md:
the ratio of the medians, beside over alone.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg

from campaign_sdk import CampaignClient, field
from campaign_sdk.local import LocalSupabase

ROUNDS = 41
RESULTS = Path(__file__).parent / "results" / "neighbours.md"

CONTACTS = """
    insert into public.contacts (user_id, email, attributes)
    select %(owner)s, 'c' || i || '@example.com',
      jsonb_build_object('orders', i %% 100, 'city', (array['Pune', 'Delhi', 'Oslo'])[1 + i %% 3])
    from generate_series(1, %(contacts)s) as i"""
CAMPAIGNS = """
    insert into public.campaigns (user_id, name)
    select %(owner)s, 'Campaign ' || i from generate_series(1, %(campaigns)s) as i"""
COUNTERS = """
    insert into public.campaign_analytics (campaign_id, date, impressions, clicks, conversions)
    select c.id, date '2025-11-26' + d, 10 + d %% 90, d %% 10, d %% 3
    from public.campaigns as c, generate_series(0, 364) as d where c.user_id = %(owner)s"""


def fill(database: psycopg.Connection, owner: str, contacts: int, campaigns: int) -> None:
    """Give `owner` contacts, campaigns, and a year of counters for each campaign."""
    sizes = {"owner": owner, "contacts": contacts, "campaigns": campaigns}
    for statement in (CONTACTS, CAMPAIGNS, COUNTERS):
        database.execute(statement, sizes)


def prepare(stack: LocalSupabase, others: int) -> CampaignClient:
    """Sign the tenant up and fill the database: the tenant's rows first, then the others'."""
    client = CampaignClient(stack.url, stack.anon_key)
    owner = client.auth.sign_up("tenant@example.com", "benchmarks-only-1")
    with psycopg.connect(stack.db_url, autocommit=True) as database:
        fill(database, str(owner.id), 20_000, 50)
        for number in range(others):
            other = uuid.uuid4()
            address = f"other{number}@example.com"
            database.execute("insert into auth.users (id, email) values (%s, %s)", [other, address])
            fill(database, str(other), 25_000, 137)
        for table in ("contacts", "campaigns", "campaign_analytics"):
            database.execute(f"vacuum (analyze, freeze) public.{table}")
        database.execute("checkpoint")
    return client


def operations(client: CampaignClient) -> dict[str, Callable[[], object]]:
    """Return what is measured, by its name."""
    rules = (field("orders") >= 50) & (field("city") == "Pune")
    return {
        "list of campaigns": lambda: client.campaigns.list(),
        "count of contacts": lambda: client.contacts.count(),
        "size of a segment": lambda: client.segments.size(rules),
        "preview": lambda: client.segments.preview(rules),
        "report by campaign": lambda: client.analytics.report(group_by="campaign"),
        "report by day": lambda: client.analytics.report(),
    }


def seconds(operation: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    operation()
    return time.perf_counter() - start


def main() -> None:
    """Measure both by turns and write the ratios."""
    with LocalSupabase() as small, LocalSupabase() as large:
        alone, beside = operations(prepare(small, 0)), operations(prepare(large, 40))
        lines = [
            "| what | beside over alone | first quarter | third quarter |",
            "|---|---|---|---|",
        ]
        for name in alone:
            pairs = [(seconds(beside[name]), seconds(alone[name])) for _ in range(ROUNDS)][3:]
            medians = [statistics.median(times) for times in zip(*pairs, strict=True)]
            low, _, high = statistics.quantiles([b / a for b, a in pairs], n=4)
            lines.append(f"| {name} | {medians[0] / medians[1]:.2f} | {low:.2f} | {high:.2f} |")
    RESULTS.write_text(f"{(__doc__ or '').split(chr(10) * 2, 1)[1]}\n" + "\n".join(lines) + "\n")
    print(RESULTS.read_text())


if __name__ == "__main__":
    main()
