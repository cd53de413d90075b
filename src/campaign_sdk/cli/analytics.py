"""`campaign analytics`: what became of the messages."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk.cli import _complete, _reporting, _show
from campaign_sdk.cli._connect import connect, find_campaign, find_segment
from campaign_sdk.cli._errors import INVALID, PARTLY
from campaign_sdk.cli._files import aside, is_screen, screen, source, target, whereabouts
from campaign_sdk.cli._interrupt import going_on
from campaign_sdk.cli._options import SHOWN, CampaignName, Json, Output, bounded, example
from campaign_sdk.cli.insight import best_hour, breakdown

if TYPE_CHECKING:
    from campaign_sdk import Engagement, IngestReport
    from campaign_sdk.reports import Report

app = typer.Typer(name="analytics", help="Count and report what came back.", no_args_is_help=True)
# What is asked for most stands at the root as well: `campaign report`.
verbs = typer.Typer()

Count = Annotated[int, typer.Option(min=0, help="How many to add.")]


@app.command(epilog=example("campaign analytics summary Spring"))
def summary(campaign: CampaignName, as_json: Json = False) -> None:
    """Show the counts and rates of a campaign over all its days."""
    with connect() as client:
        found = find_campaign(client, campaign)
        total = client.analytics.summary(found.id)
    _print(found.name, total, as_json)


def _print(name: str, counts: Engagement, as_json: bool) -> None:
    from campaign_sdk.reports._engagement import contradictions

    if as_json:
        _show.print_json(counts)
        return
    _show.console().print(_show.engagement({name: counts}))
    for odd in contradictions(counts):
        _show.note(odd)


@verbs.command(epilog=example("campaign record Spring --impressions 100 --clicks 7"))
@app.command(epilog=example("campaign analytics record Spring --impressions 100 --clicks 7"))
def record(
    campaign: CampaignName,
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
    file: Annotated[
        Path, typer.Argument(help="JSON lines, or CSV with a header; - for standard input.")
    ],
    campaign: Annotated[
        str | None,
        typer.Option(
            help="For events that name no campaign_id: its name or id.",
            autocompletion=_complete.campaigns,
        ),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Where to write the events that are refused, with reasons; or -."),
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="What stands between two cells; found out otherwise.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of the file, unless it is UTF-8 or UTF-16.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Count events from a file, each exactly once, however often it is run.

    An event has an event_id, a type (impression, click, conversion, delivered, bounced,
    complained, unsubscribed), occurred_at with an offset, and perhaps campaign_id,
    contact_id, value, actor and link. Exits 8 if every event is refused, 19 if some are.
    """
    with connect() as client, going_on("run it again: each event is counted once"):
        report = client.analytics.ingest_file(
            source(file),
            campaign_id=find_campaign(client, campaign).id if campaign else None,
            rejects=target(rejects),
            delimiter=delimiter,
            encoding=encoding,
        )
    with aside(rejects):
        _show.print_json(report) if as_json else _print_ingested(report, rejects)
    if report.rejected:
        raise typer.Exit(PARTLY if report.inserted + report.duplicates else INVALID)


def _print_ingested(report: IngestReport, rejects: Path | None) -> None:

    counts = report.model_dump(exclude={"problems"})
    _show.print_facts(counts)
    if report.problems:
        made = _show.table("line", "field", "reason", numbers=("line",))
        for problem in report.problems[:SHOWN]:
            made.add_row(f"{problem.line:,}", _show.plain(problem.path), problem.reason)
        _show.console().print("", made, sep="\n")
    if report.rejected:
        _show.note(whereabouts(rejects, "events"))


@app.command(epilog=example("campaign analytics clicks Spring"))
def clicks(campaign: CampaignName, as_json: Json = False) -> None:
    """Show the clicks of a campaign by link, the most clicked first."""
    with connect() as client:
        found = client.analytics.clicks(find_campaign(client, campaign).id)
    if as_json:
        _show.print_json_list(found)
        return
    numbers = ("clicks", "human", "contacts")
    made = _show.table(*numbers, "link", numbers=numbers)
    for one in found:
        counts = (one.clicks, one.human_clicks, one.contacts)
        made.add_row(*(f"{count:,}" for count in counts), _show.plain(one.link))
    _show.console().print(made)


@verbs.command(epilog=example("campaign report --campaign Spring --by day"))
@app.command(epilog=example("campaign analytics report --campaign Spring --by day"))
def report(
    by: Annotated[
        str,
        typer.Option(
            help="day, week, month, campaign, segment, event_type; with commas.",
            autocompletion=_complete.groups,
        ),
    ] = "day",
    metrics: Annotated[
        str | None, typer.Option(help="Such as: ctr,reach,value.", autocompletion=_complete.metrics)
    ] = None,
    campaign: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this one; may be given several times.", autocompletion=_complete.campaigns
        ),
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option(help="Only campaigns of this segment.", autocompletion=_complete.segments),
    ] = None,
    start: Annotated[str | None, typer.Option("--from", help="The first day.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="The day after the last.")] = None,
    timezone: Annotated[
        str | None,
        typer.Option(help="IANA time zone of the days.", autocompletion=_complete.timezones),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw it: a png, svg, pdf or html file; - for standard output."),
    ] = None,
    plot_format: Annotated[
        str | None,
        typer.Option(
            help="Of --plot: png, svg, pdf or html; otherwise as the file's name ends, or png.",
            autocompletion=_complete.pictures,
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write it as one page of HTML; - for standard output.")
    ] = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Report by day, campaign or other.

    --output FILE writes CSV, with --json JSON; --plot FILE a picture; --html FILE a page to read,
    print and send on, without a script, which fetches nothing. The metrics: impressions, clicks,
    conversions, human_impressions, human_clicks, delivered, bounced, complained, unsubscribed,
    reach, value, ctr, human_ctr, cvr and conversion_per_impression.
    """
    with connect() as client:
        found = client.analytics.report(
            metrics and metrics.split(","),
            by.split(","),
            start=start,
            end=end,
            campaigns=[find_campaign(client, name).id for name in campaign] if campaign else None,
            segment=find_segment(client, segment).id if segment else None,
            timezone=timezone,
        )
    if plot is not None:
        _reporting.draw(found, plot, plot_format)
    if html is not None:
        _reporting.write_page(found, html)
    with aside(plot, html):
        _print_found(found, output, as_json)


def _print_found(found: Report, output: Path | None, as_json: bool) -> None:
    if as_json and is_screen(output):
        screen().write(found.to_json() + "\n")
    elif as_json:
        found.to_json(output)
    elif output is not None:
        found.to_csv(target(output), encoding="utf-8-sig")
    if not is_screen(output):
        _show.note(f"wrote {output}")
    if not as_json and (output is None or not is_screen(output)):
        _reporting.print_report(found)


@verbs.command(epilog=example("campaign compare Spring Summer --metric ctr"))
@app.command(epilog=example("campaign analytics compare Spring Summer --metric ctr"))
def compare(
    a: Annotated[
        str,
        typer.Argument(help="The first campaign's name or id.", autocompletion=_complete.campaigns),
    ],
    b: Annotated[
        str,
        typer.Argument(
            help="The second campaign's name or id.", autocompletion=_complete.campaigns
        ),
    ],
    metric: Annotated[
        str, typer.Option(help="Which rate: ctr, cvr ...", autocompletion=_complete.rates)
    ] = "ctr",
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    as_json: Json = False,
) -> None:
    """Compare a rate of two campaigns, with the doubt that belongs to it.

    The rates: ctr (clicks per impression), cvr (conversions per click) and
    conversion_per_impression.
    """
    with connect() as client:
        first, second = find_campaign(client, a), find_campaign(client, b)
        found = client.analytics.compare(first.id, second.id, metric, confidence=confidence)
    if as_json:
        _show.print_json(found)
    else:
        _reporting.print_comparison(found, (first.name, second.name))


@verbs.command(epilog=example("campaign watch Spring --changes 1"))
@app.command(epilog=example("campaign analytics watch Spring --changes 1"))
def watch(
    campaign: CampaignName,
    interval: Annotated[float, typer.Option(help="Seconds between two looks.")] = 1.0,
    changes: Annotated[
        int | None,
        typer.Option(min=1, callback=bounded, help="End after so many; otherwise with Ctrl-C."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Follow the counts of a campaign as they change."""
    with connect() as client:
        found = find_campaign(client, campaign)
        counts = islice(client.analytics.watch(found.id, interval=interval), changes)
        _reporting.follow(found.name, counts, as_json)


@app.command(epilog=example("campaign analytics reconcile Spring"))
def reconcile(campaign: CampaignName, as_json: Json = False) -> None:
    """Compare the counters with the log of events, day by day."""
    with connect() as client:
        found = client.analytics.reconcile(find_campaign(client, campaign).id)
    if as_json:
        _show.print_json(found)
    else:
        _reporting.print_reconciliation(found)


app.command("breakdown", epilog=example("campaign analytics breakdown Spring city"))(breakdown)
app.command("best-hour", epilog=example("campaign analytics best-hour"))(best_hour)
