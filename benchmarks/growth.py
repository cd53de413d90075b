"""What takes longer when there is more of it: one owner's contacts from 1,000 upwards.

    python -m benchmarks growth [1000 10000 100000 1000000 10000000]     3 minutes, 12 GB

Through the API of the local stack, all sizes in one run and one database, each an owner of its
own beside the others. Each is the median of five calls, but for the freeze (a launch to
everybody), the writes and the send, which are one. Constant is what doesn't ask for all: a page, a
write, a report, a send's first thousand. Linear is what does: a count, a size, a freeze. The last
column says how many times longer it took for ten times as many, at the upper end: 1 is constant,
10 is linear. Beyond a million, contacts are loaded in the order of their ids.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks._measure import Database, become_nobody, database, keep, table, unchecked
from benchmarks.peers import CONTACTS
from campaign_sdk import CampaignClient, LocalSupabase, everyone, field
from campaign_sdk.reports._plot_style import COLOURS, CONFIG
from campaign_sdk.senders import Message, Receipt

ROUNDS, WRITTEN, LARGE = 5, 5_000, 5_000_000
CHART = Path(__file__).parents[1] / "docs" / "growth.svg"
COUNTERS = """
    insert into public.campaign_analytics (user_id, campaign_id, date, impressions, clicks)
    select %(user)s, %(campaign)s, date '2023-01-01' + n, 90, 9 from generate_series(0, 999) as n
"""
SMALL_OWNERS = """
    with owner as (
      insert into auth.users (id) select gen_random_uuid() from generate_series(1, %s) returning id
    )
    insert into small_owners select id from owner
"""
SMALL_CONTACTS = """
    insert into public.contacts (user_id, email, attributes)
    select o.id, 'c' || n || '@example.com', '{"orders": 1}'
    from small_owners as o, generate_series(1, %(each)s) as n
"""
SMALL_CAMPAIGNS = """
    insert into public.campaigns (user_id, name, timezone)
    select o.id, 'Small', 'UTC' from small_owners as o
"""
SMALL_COUNTERS = """
    insert into public.campaign_analytics (user_id, campaign_id, date, impressions, clicks)
    select c.user_id, c.id, date '2025-01-01' + n, 90, 9
    from small_owners as o join public.campaigns as c on c.user_id = o.id,
      generate_series(1, 10) as n
"""
ORDERED = """
    insert into public.contacts (id, user_id, email, attributes)
    select (lpad(to_hex(i * 400), 8, '0') || substr(md5(i::text), 9))::uuid, %(user)s,
      'c' || lpad(i::text, 9, '0') || '@example.com',
      jsonb_build_object('orders', i %% 100,
        'city', (array['Pune', 'Delhi', 'Oslo', 'Rome'])[1 + i %% 4])
    from generate_series(%(begin)s::bigint, %(begin)s + 999999) as i
"""


def seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def fill(db: Database, user: str, size: int) -> None:
    with unchecked(db):
        if size < LARGE:
            db.execute(CONTACTS, {"user": user, "size": size})
        for begin in range(1, size + 1, 1_000_000) if size >= LARGE else ():
            db.execute(ORDERED, {"user": user, "begin": begin})
    db.execute("vacuum (analyze) public.contacts")


def neighbours(db: Database, owners: int, each: int) -> None:
    """Make small owners: so many contacts, one campaign and ten days of counters for each."""
    become_nobody(db)
    db.execute("create temporary table small_owners (id uuid)")
    db.execute(SMALL_OWNERS, [owners])
    with unchecked(db):
        for statement in (SMALL_CONTACTS, SMALL_CAMPAIGNS, SMALL_COUNTERS):
            db.execute(statement, {"each": each})
    db.execute("drop table small_owners")
    db.execute("vacuum (analyze) public.contacts, public.campaigns, public.campaign_analytics")


def measure(client: CampaignClient, db: Database, size: int) -> dict[str, float]:
    """Return the seconds of each operation for an owner of so many contacts."""
    user = str(client.auth.sign_up(f"g{size}@example.com", "only for benchmarks").id)
    fill(db, user, size)
    campaign = client.campaigns.create("Growth", subject="Hi", message="Hi", rules=everyone())
    db.execute(COUNTERS, {"user": user, "campaign": campaign.id})
    found = reads(client)
    found["freeze"] = seconds(lambda: client.campaigns.launch(campaign.id))
    found["send of 1,000"] = seconds(lambda: send(client, campaign.id))
    return found | writes(client, campaign.id)


def reads(client: CampaignClient) -> dict[str, float]:
    """Return the median of five calls of each."""
    rules = (field("orders") >= 10) & (field("city") != "Rome")
    asked: dict[str, Callable[[], object]] = {
        "count": lambda: client.contacts.count(),
        "size": lambda: client.segments.size(rules),
        "page": lambda: next(client.contacts.iterate(rules), None),
        "report": lambda: client.analytics.report(),
    }
    return {name: statistics.median(seconds(run) for _ in range(ROUNDS))
            for name, run in asked.items()}  # fmt: skip


def writes(client: CampaignClient, campaign: UUID, turn: str = "") -> dict[str, float]:
    """Return the seconds of one import and one ingestion."""
    people: Any = ({"email": f"new{turn}{n}@example.com"} for n in range(WRITTEN))
    events: Any = (
        {"campaign_id": campaign, "event_id": f"{turn}{n}", "type": "click",
         "occurred_at": "2026-01-01T00:00:00Z"} for n in range(WRITTEN))  # fmt: skip
    return {
        "import of 5,000": seconds(lambda: client.contacts.upsert(people)),
        "ingest of 5,000": seconds(lambda: client.analytics.ingest(events)),
    }


class Vendor:
    """Takes all that it is given, and counts it."""

    batch_size, taken = 100, 0

    def __call__(self, messages: Sequence[Message], /) -> list[Receipt]:
        self.taken += len(messages)
        return [Receipt.sent(message.key) for message in messages]


def send(client: CampaignClient, campaign: UUID) -> None:
    """Hand over the first thousand."""
    vendor = Vendor()
    client.deliveries.send(campaign, vendor, stop=lambda: vendor.taken >= 1_000)


def chart(found: dict[int, dict[str, float]]) -> str:
    """Draw all on logarithmic axes: constant is level, linear climbs as the dotted line does."""
    import vl_convert

    points = [
        {"contacts": size, "what": what, "ms": value * 1e3}
        for size, row in found.items()
        for what, value in row.items()
    ]
    scale = {"type": "log"}
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": {**CONFIG, "range": {"category": COLOURS}},
        "data": {"values": points},
        "width": 560,
        "height": 320,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "contacts", "type": "quantitative", "scale": scale,
                  "axis": {"format": "~s", "title": "contacts of one owner"}},
            "y": {"field": "ms", "type": "quantitative", "scale": scale,
                  "axis": {"format": "~s", "title": "milliseconds"}},
            "color": {"field": "what", "type": "nominal", "title": None},
        },
    }  # fmt: skip
    return str(vl_convert.vegalite_to_svg(json.dumps(spec)))


def shown(found: dict[int, dict[str, float]]) -> str:
    """Return the milliseconds of each size, and how the last ten times as many compare."""
    sizes = sorted(found)
    rows = [
        (
            name,
            *(f"{found[size][name] * 1e3:,.1f}" for size in sizes),
            f"{growth(found, name, sizes):.1f}",
        )
        for name in found[sizes[-1]]
    ]
    return table(("milliseconds", *(f"{size:,}" for size in sizes), "for ten times as many"), rows)


def growth(found: dict[int, dict[str, float]], name: str, sizes: Sequence[int]) -> float:
    """Return by how much it grows while the contacts grow tenfold, from the last but one size."""
    if len(sizes) < 2:
        return float("nan")
    last, other = sizes[-1], sizes[-2]
    exponent = math.log(found[last][name] / found[other][name]) / math.log(last / other)
    return float(10**exponent)


def tenants(stack: LocalSupabase, db: Database, largest: CampaignClient) -> str:
    """Return what the largest waits for among others, and what one of ten thousand does."""
    columns = {"by itself": reads(largest)}
    campaign = largest.campaigns.list()[0].id
    columns["by itself"] |= writes(largest, campaign, "a")
    neighbours(db, 1_000, 100)
    columns["among 1,000 of 100 contacts"] = reads(largest) | writes(largest, campaign, "b")
    neighbours(db, 10_000, 20)
    columns["and 10,000 of 20"] = reads(largest) | writes(largest, campaign, "c")
    with CampaignClient(stack.url, stack.anon_key, timeout=600) as small:
        small.auth.sign_up("small@example.com", "only for benchmarks")
        small.contacts.upsert({"email": f"c{n}@example.com"} for n in range(20))
        mine = small.campaigns.create("Small", message="Hi").id
        small.analytics.record(mine, impressions=9, clicks=1)
        columns["one of 20 among all of them"] = reads(small) | writes(small, mine)
    names = list(columns["by itself"])
    rows = [(name, *(f"{each[name] * 1e3:,.1f}" for each in columns.values())) for name in names]
    return table(("milliseconds", *columns), rows)


def main(sizes: list[int]) -> None:
    found: dict[int, dict[str, float]] = {}
    beside, shared = "", max([size for size in sizes if size <= 1_000_000], default=0)
    with LocalSupabase() as stack, database(stack) as db:
        with CampaignClient(stack.url, stack.anon_key) as client:
            # Whatever is slow once is slow for this one.
            measure(client, db, 100)
        for size in sizes:
            with CampaignClient(stack.url, stack.anon_key, timeout=600) as client:
                found[size] = measure(client, db, size)
                print(size, {k: round(v * 1e3, 1) for k, v in found[size].items()}, flush=True)
                if size == shared:
                    beside = tenants(stack, db, client)
    about = (__doc__ or "").split("\n\n", 2)[2]
    CHART.write_text(chart(found), encoding="utf-8")
    parts = [f"# Growth\n\n{about}", "![Growth](growth.svg)\n", shown(found)]
    if beside:
        parts.append(f"The owner of {shared:,} among small ones, and one of those:\n\n{beside}")
    keep("growth", "\n".join(parts))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10**n for n in range(3, 8)])
