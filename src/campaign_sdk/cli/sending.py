"""`campaign send` and what belongs to it: handing over, and what became of it."""

from __future__ import annotations

from contextlib import ExitStack
from enum import StrEnum
from itertools import islice
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaign_sdk.cli import _complete, _show
from campaign_sdk.cli._connect import connect, find_campaign
from campaign_sdk.cli._errors import AGAINST, UNTAKEN
from campaign_sdk.cli._interrupt import Interruption
from campaign_sdk.cli._live import live_view
from campaign_sdk.cli._options import SHOWN, CampaignName, Json, Limit, example
from campaign_sdk.cli._vendors import sender_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_sdk import CampaignClient
    from campaign_sdk.deliveries import Delivery, SendReport
    from campaign_sdk.senders import Sender

app = typer.Typer()


class Doubts(StrEnum):
    """What is done about doubts while sending."""

    hold = "hold"
    retry = "retry"


class Decision(StrEnum):
    """What a person decides about doubts."""

    retry = "retry"
    failed = "failed"


class Outcome(StrEnum):
    """What became of a message."""

    sent = "sent"
    failed = "failed"
    skipped = "skipped"
    unknown = "unknown"


@app.command(epilog=example("campaign send Spring --via fake --rate 500"))
def send(
    campaign: CampaignName,
    via: Annotated[
        str,
        typer.Option(
            envvar="CAMPAIGN_VIA",
            help="smtps://me:pw@host, smtp://host?starttls, resend (with RESEND_API_KEY), "
            "folder:outbox for files to look at, or fake, which sends nothing and fails one "
            "in ten.",
            autocompletion=_complete.vendors,
        ),
    ],
    from_: Annotated[
        str | None,
        typer.Option(
            "--from", envvar="CAMPAIGN_FROM", help="Who writes: 'Shop <shop@example.com>'."
        ),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Messages a second, of all senders together.")
    ] = None,
    lease: Annotated[
        float, typer.Option(help="Seconds that a batch stays ours: more than the vendor takes.")
    ] = 60.0,
    unknown: Annotated[
        Doubts,
        typer.Option(help="What is done about doubts; retry only where the vendor knows keys."),
    ] = Doubts.hold,
    track: Annotated[
        bool, typer.Option("--track", help="Let links tell, and add headers to unsubscribe.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Hand a launched campaign over, once to each member.

    Stop it with Ctrl-C and start it as you like, also several at once: it goes on where it
    was. Exits 17 if not one of its messages was taken, 130 when interrupted.
    """
    sender = sender_named(via, from_, unknown=unknown)
    terms = {"rate": rate, "lease": lease, "unknown": unknown.value, "track": track}
    with ExitStack() as exits:
        exits.callback(getattr(sender, "close", lambda: None))
        client = exits.enter_context(connect())
        found = find_campaign(client, campaign, "send")
        interruption = exits.enter_context(Interruption())
        report = _sent(client, str(found.id), sender, terms, interruption)
    _print_report(report, found.name, as_json)
    if interruption.asked:
        raise KeyboardInterrupt
    if not report.sent and (report.failed or report.unknown):
        _show.note("not one message was taken")
        raise typer.Exit(UNTAKEN)


def _sent(
    client: CampaignClient,
    campaign: str,
    sender: Sender,
    terms: dict[str, Any],
    interruption: Interruption,
) -> SendReport:
    from campaign_sdk.deliveries import SendReport

    with live_view() as view:
        try:
            return client.deliveries.send(
                campaign, sender, **terms, progress=view.show, stop=lambda: interruption.asked
            )
        except KeyboardInterrupt:
            return view.last or SendReport()


def _print_report(report: SendReport, name: str, as_json: bool) -> None:
    if as_json:
        _show.print_json(report)
    else:
        _show.print_facts(report.model_dump(exclude_none=True))
    if report.failed:
        why = f"`campaign deliveries {quote(name)} --outcome failed`"
        _show.note(f"{report.failed:,} failed, for good: {why} says why")
    if report.unknown:
        _show.note(
            f"{report.unknown:,} may have got it, and nobody knows: look at `campaign deliveries "
            f"{quote(name)} --outcome unknown`, then decide with `campaign resolve {quote(name)} "
            "--unknown failed` (or retry: some might get two)"
        )


@app.command(epilog=example("campaign deliveries Spring --outcome failed"))
def deliveries(
    campaign: CampaignName,
    outcome: Annotated[Outcome | None, typer.Option(help="Only those.")] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """Say how far a campaign is, and what became of each member.

    Shows the first 20, or with --json all, as one array.
    """
    with connect() as client:
        found = find_campaign(client, campaign)
        wanted: Any = None if outcome is None else outcome.value
        each = client.deliveries.iterate(found.id, outcome=wanted)
        if as_json:
            _show.print_json_list(islice(each, limit or None))
            return
        _show.print_facts(client.deliveries.status(found.id).model_dump(exclude_none=True))
        _print_deliveries(each, SHOWN if limit is None else limit)


def _print_deliveries(each: Iterator[Delivery], shown: int) -> None:
    made = _show.table("contact", "outcome", "when", "reason")
    for one in islice(each, shown or None):
        reason = _show.plain(one.reason)
        made.add_row(str(one.contact_id), one.outcome, _show.plain(one.at), reason)
    if made.row_count:
        _show.console().print("", made)
    if shown and next(each, None) is not None:
        _show.note(f"there are more than {shown}: --limit 0 shows all")


@app.command(epilog=example("campaign resolve Spring --unknown failed"))
def resolve(
    campaign: CampaignName,
    unknown: Annotated[
        Decision,
        typer.Option(help="failed, or retry: some then get two, unless the vendor knows keys."),
    ],
    as_json: Json = False,
) -> None:
    """Decide about whoever may have got the message, where nobody knows.

    Exits 7 if some are left, since a sender is at work on them.
    """
    with connect() as client:
        found = find_campaign(client, campaign)
        done = client.deliveries.resolve(found.id, unknown=unknown.value)
    became = "wait again" if unknown is Decision.retry else "are given up"
    if as_json:
        _show.print_json(done)
    else:
        _show.say("{} of the doubts {}.", done.resolved, became)
    if done.busy:
        _show.note(f"{done.busy:,} are left, since a sender is at work on their batch")
        raise typer.Exit(AGAINST)


@app.command(epilog=example("campaign tick"))
def tick(as_json: Json = False) -> None:
    """Do what has come due: launches, cut-off freezes, doubts, completions.

    For a cron, once a minute, where the database has no pg_cron. Exits 7 if something of it
    failed; the others go on.
    """
    with connect() as client:
        done = client.campaigns.tick()
        failures = client.campaigns.failures() if done.failed else ()
    if as_json:
        _show.print_json(done)
    else:
        _show.print_facts(done.model_dump())
    for failure in failures:
        _show.note(f"{failure.action} of {failure.campaign_id}: {failure.reason}")
    if done.failed:
        raise typer.Exit(AGAINST)
