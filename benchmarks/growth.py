"""What takes longer when there is more of it: one owner's contacts from 1,000 upwards.

    python -m benchmarks growth [1000 10000 100000 1000000]
    python -m benchmarks growth 10000000        beside what was found before; 15 minutes, 12 GB

Through the API of the local stack, all sizes of a run in one database, each an owner of its own
beside the others; the last one's neighbours are ten thousand small owners. Each is the median of
five calls, but for the freeze (a launch to everybody), the writes and the send, which are one.
Constant is what doesn't ask for all: a page, a write, a report, a send's first thousand. Linear is
what does: a count, a size, a freeze. Ten millions are loaded in the order of their ids.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks._measure import RESULTS, Database, become_nobody, database, keep, table, unchecked
from benchmarks.peers import CONTACTS
from campaign_sdk import CampaignClient, LocalSupabase, everyone, field
from campaign_sdk.reports._plots import _COLOURS, _CONFIG
from campaign_sdk.senders import Message, Receipt

ROUNDS, WRITTEN, SMALL, LARGE = 5, 5_000, 10_000, 5_000_000
FOUND = RESULTS / "growth.json"
CHART = Path(__file__).parents[1] / "docs" / "growth.svg"
ZERO = UUID(int=0)
COUNTERS = """
    insert into public.campaign_analytics (user_id, campaign_id, date, impressions, clicks)
    select %(user)s, %(campaign)s, date '2023-01-01' + n, 90, 9 from generate_series(0, 999) as n
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


def neighbours(db: Database) -> None:
    """Make many small owners."""
    become_nobody(db)
    db.execute(
        "insert into auth.users (id) select gen_random_uuid() from generate_series(1, %s)", [SMALL]
    )
    with unchecked(db):
        db.execute(
            "insert into public.contacts (user_id, email, attributes) "
            "select u.id, 'c' || n || '@example.com', '{\"orders\": 1}' "
            "from auth.users as u, generate_series(1, 20) as n "
            "where not exists (select from public.contacts as c where c.user_id = u.id)"
        )


def measure(stack: LocalSupabase, db: Database, size: int) -> dict[str, float]:
    """Return the seconds of each operation for an owner of so many contacts."""
    with CampaignClient(stack.url, stack.anon_key, timeout=600) as client:
        user = str(client.auth.sign_up(f"g{size}@example.com", "only for benchmarks").id)
        fill(db, user, size)
        campaign = client.campaigns.create("Growth", subject="Hi", message="Hi", rules=everyone())
        db.execute(COUNTERS, {"user": user, "campaign": campaign.id})
        rules = (field("orders") >= 10) & (field("city") != "Rome")
        asked: dict[str, Callable[[], object]] = {
            "count": lambda: client.contacts.count(),
            "size": lambda: client.segments.size(rules),
            "page": lambda: next(client.contacts.iterate(rules)),
            "report": lambda: client.analytics.report(),
        }
        found = {name: statistics.median(seconds(run) for _ in range(ROUNDS))
                 for name, run in asked.items()}  # fmt: skip
        found["freeze"] = seconds(lambda: client.campaigns.launch(campaign.id))
        found["send of 1,000"] = seconds(lambda: send(client, campaign.id))
        people: Any = ({"email": f"new{n}@example.com"} for n in range(WRITTEN))
        found["import of 5,000"] = seconds(lambda: client.contacts.upsert(people))
        events: Any = (
            {"campaign_id": campaign.id, "event_id": str(n), "type": "click",
             "occurred_at": "2026-01-01T00:00:00Z"} for n in range(WRITTEN))  # fmt: skip
        found["ingest of 5,000"] = seconds(lambda: client.analytics.ingest(events))
    return found


def send(client: CampaignClient, campaign: UUID) -> None:
    """Hand over the first thousand."""
    sent: list[Message] = []

    def vendor(messages: Sequence[Message]) -> list[Receipt]:
        sent.extend(messages)
        return [Receipt.sent(message.key) for message in messages]

    vendor.batch_size = 100  # type: ignore[attr-defined]  # a function has no declared ones
    client.deliveries.send(campaign, vendor, stop=lambda: len(sent) >= 1_000)


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
        "config": {**_CONFIG, "range": {"category": _COLOURS}},
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


def shown(seconds: float | None) -> str:
    """Return milliseconds; a dash for what was not asked."""
    return "-" if seconds is None else f"{seconds * 1e3:,.1f}"


def earlier() -> dict[int, dict[str, float]]:
    """Return what was found of other sizes in earlier runs."""
    rows = json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.exists() else {}
    return {int(size): row for size, row in rows.items()}


def main(sizes: list[int]) -> None:
    found: dict[int, dict[str, float]] = {}
    with LocalSupabase() as stack, database(stack) as db:
        for size in sizes:
            if size == sizes[-1]:
                neighbours(db)
            found[size] = measure(stack, db, size)
            print(size, {name: round(value * 1e3, 1) for name, value in found[size].items()})
    found = dict(sorted((earlier() | found).items()))
    FOUND.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sizes, names = list(found), list(found[max(found)])
    rows = [
        (name, *(f"{found[size].get(name, float('nan')) * 1e3:,.1f}" for size in sizes))
        for name in names
    ]
    head = ("milliseconds", *(f"{size:,}" for size in sizes))
    about = (__doc__ or "").split("\n\n", 2)[2]
    CHART.write_text(chart(found), encoding="utf-8")
    keep("growth", f"# Growth\n\n{about}\n![Growth](growth.svg)\n\n{table(head, rows)}")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000, 1_000_000])
