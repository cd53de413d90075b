"""`campaign analytics`: what became of the messages."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaign_sdk.cli._options import SHOWN, Json, example

if TYPE_CHECKING:
    from campaign_sdk import Engagement, IngestReport

app = typer.Typer(help="Count and report what came back.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its name or id.")]
Count = Annotated[int, typer.Option(min=0, help="How many to add.")]


@app.command(epilog=example("campaign analytics summary Spring"))
def summary(campaign: Named, as_json: Json = False) -> None:
    """Show the counts and rates of a campaign over all its days."""
    from campaign_sdk.cli._connect import connect, find_campaign

    with connect() as client:
        found = find_campaign(client, campaign)
        total = client.analytics.summary(found.id)
    _print(found.name, total, as_json)


def _print(name: str, counts: Engagement, as_json: bool) -> None:
    from campaign_sdk.cli import _show

    if as_json:
        _show.print_json({**counts.model_dump(), "ctr": counts.ctr, "cvr": counts.cvr})
    else:
        _show.console().print(_show.engagement({name: counts}))


@app.command(epilog=example("campaign analytics record Spring --impressions 100 --clicks 7"))
def record(
    campaign: Named,
    impressions: Count = 0,
    clicks: Count = 0,
    conversions: Count = 0,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day; today otherwise.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Add totals to a day; twice adds twice. Shows that day's counts."""
    from campaign_sdk.cli._connect import connect, find_campaign

    with connect() as client:
        counts = client.analytics.record(
            find_campaign(client, campaign).id,
            impressions=impressions,
            clicks=clicks,
            conversions=conversions,
            on=on.date() if on else None,
        )
    _print("today" if on is None else f"{on:%Y-%m-%d}", counts, as_json)


@app.command(epilog=example("campaign analytics ingest events.jsonl --campaign Spring"))
def ingest(
    file: Annotated[Path, typer.Argument(help="Events: JSON lines, or CSV with a header.")],
    campaign: Annotated[
        str | None, typer.Option(help="For events that name no campaign_id: its name or id.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Count events from a file, each exactly once, however often it is run.

    An event has an event_id, a type (impression, click, conversion), occurred_at with an
    offset, and perhaps campaign_id, contact_id and value.
    """
    from campaign_sdk.cli import _show
    from campaign_sdk.cli._connect import connect, find_campaign

    with connect() as client:
        extra = {"campaign_id": str(find_campaign(client, campaign).id)} if campaign else {}
        report = client.analytics.ingest({**extra, **event} for event in read_events(file))
    _show.print_json(report) if as_json else _print_ingested(report)


def _print_ingested(report: IngestReport) -> None:
    from campaign_sdk.cli import _show

    counts = report.model_dump(exclude={"problems"})
    _show.console().print(_show.facts(counts))
    if report.problems:
        made = _show.table("event", "field", "reason", numbers=("event",))
        for problem in report.problems[:SHOWN]:
            made.add_row(f"{problem.position + 1:,}", _show.plain(problem.path), problem.reason)
        _show.console().print("", made, sep="\n")


def read_events(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a file: CSV if it is called so, JSON lines otherwise."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        yield from _from_csv(stream) if file.suffix.lower() == ".csv" else _from_json(stream)


def _from_json(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.strip():
            yield _parsed(line)


def _parsed(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    # Refused by the library with the others, and counted.
    return event if isinstance(event, dict) else {"event": "isn't a JSON object"}


def _from_csv(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for row in csv.DictReader(lines):
        event: dict[str, Any] = {name: cell for name, cell in row.items() if name and cell}
        if "value" in event:
            event["value"] = _number(event["value"])
        yield event


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
