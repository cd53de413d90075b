"""What is sent at a time: as text, in which the earliest opt-out counts wherever it comes from."""

from __future__ import annotations

import gc
import json
from typing import Any

from campaign_sdk import InvalidInput
from campaign_sdk.contacts._batches import Batch, Gathered, Seen
from campaign_sdk.contacts._import import Tally
from campaign_sdk.contacts.files._plan import Row

EARLY, LATE = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def gathered(count: int, *, keeps_cells: bool = False) -> Gathered:
    found = Gathered(keeps_cells=keeps_cells)
    for n in range(count):
        item = {"email": f"c{n}@b.cd", "attributes": {"n": n, "name": "Zoë\u2028"}}
        found.add(Row(n, (f"c{n}@b.cd", str(n)), item), item)
    return found


def contacts(batch: Batch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(batch.body)["contacts"]
    return found


def test_a_batch_is_json() -> None:
    for count in (0, 1, 49, 50, 51, 230):
        batch = gathered(count).written()
        assert [item["attributes"]["n"] for item in contacts(batch)] == list(range(count))
        assert len(batch.rows) == len(batch.emails) == count
        assert batch.body.decode().count("Zoë\u2028") == count


def test_the_earliest_opt_out_counts() -> None:
    people = gathered(120)
    for email in ("c3@b.cd", "c60@b.cd", "c110@b.cd", "gone@b.cd"):
        for since in (LATE, EARLY, LATE):
            people.opt_out(email, since)
    batch = people.written()
    assert [item.get("unsubscribed_at") for item in contacts(batch)] == [
        EARLY if n in (3, 60, 110) else None for n in range(120)
    ]
    assert batch.unsubscribed() == [{"email": "gone@b.cd", "unsubscribed_at": EARLY}]


def test_what_a_dry_run_shows_knows_of_opt_outs_that_come_later() -> None:
    rows = [Row(n, (), {"email": f"c{n}@b.cd", "attributes": {}}) for n in range(1, 121)]
    again = Row(121, (), rows[0].item, opted_out=("c1@b.cd", EARLY))
    refused = Row(122, (), problem=InvalidInput("x", "is wrong"), opted_out=("c2@b.cd", LATE))
    tally = Tally(dry_run=True)
    assert len(list(tally.batches([*rows, again, refused], 1_000))) == 1
    shown = tally.report().sample
    assert [item.get("unsubscribed_at") for item in shown] == [EARLY, LATE, None, None, None]


def test_a_row_is_kept_as_far_as_it_is_asked_for() -> None:
    assert gathered(60).written().row(55) == Row(55, ())
    assert gathered(60, keeps_cells=True).written().row(55) == Row(55, ("c55@b.cd", "55"))


def test_a_table_that_grows_knows_the_same() -> None:
    small, large = Seen(), Seen(10_000)
    emails = [f"c{n % 9_000}@b.cd" for n in range(12_000)]
    for seen in (small, large):
        lines = [seen.first(email, line) for line, email in enumerate(emails, 2)]
        assert lines == [*range(2, 9_002), *range(2, 3_002)]


def test_an_import_keeps_no_objects_for_the_collector() -> None:
    def held() -> int:
        gc.collect()
        return len(gc.get_objects())

    before = held()
    rows = (Row(n, [f"c{n}@b.cd"], {"email": f"c{n}@b.cd", "attributes": {}}) for n in range(5_000))
    batches = list(Tally().batches(rows, 1_000))
    assert len(batches) == 5
    assert held() - before < 1_000
