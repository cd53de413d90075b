"""`campaign launch`, `campaign pause` and so on: the moves of a campaign."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk.cli import _show
from campaign_sdk.cli._connect import connect, find_campaign
from campaign_sdk.cli._options import CampaignName, Json, example, moment_of

if TYPE_CHECKING:
    from campaign_sdk import Campaign, CampaignClient

app = typer.Typer()

MOVES = {
    "unschedule": "Make a scheduled campaign a draft again.",
    "pause": "Pause an active campaign.",
    "resume": "Make a paused campaign active again.",
    "complete": "End an active or paused campaign.",
    "archive": "Put a draft or a completed campaign away, for good.",
}


def _mover(move: str) -> Callable[..., None]:
    def command(campaign: CampaignName, as_json: Json = False) -> None:
        _make(
            campaign, move, as_json, lambda client, found: getattr(client.campaigns, move)(found.id)
        )

    return command


Force = Annotated[
    bool, typer.Option("--force", help="In spite of what the pre-flight calls an error.")
]


@app.command(epilog=example("campaign schedule Spring --at 2030-03-01"))
def schedule(
    campaign: CampaignName,
    at: Annotated[str, typer.Option(help="The day or moment, such as 2030-03-01T09:00.")],
    timezone: Annotated[
        str | None, typer.Option(help="IANA time zone of --at; the campaign's otherwise.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Note when a draft is to be launched, or another moment for one that is scheduled.

    The tick launches it then: pg_cron, or a cron with `campaign tick`. A moment without an
    offset is meant in the campaign's time zone, unless --timezone names another.
    Exits 7 if the pre-flight finds errors.
    """

    def move(client: CampaignClient, found: Campaign) -> Campaign:
        moment = moment_of(at, timezone or found.timezone, "at")
        return client.campaigns.schedule(found.id, moment, force=force)

    _make(campaign, "schedule", as_json, move)


@app.command(epilog=example("campaign launch Spring"))
def launch(
    campaign: CampaignName,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make it active, and freeze its audience.

    Exits 7 if the pre-flight finds errors.
    """
    _make(
        campaign,
        "launch",
        as_json,
        lambda client, found: client.campaigns.launch(found.id, force=force),
    )


for move, does in MOVES.items():
    app.command(move, help=does, epilog=example(f"campaign {move} Spring"))(_mover(move))


def _make(
    named: str, name: str, as_json: bool, move: Callable[[CampaignClient, Campaign], Campaign]
) -> None:
    with connect() as client:
        moved = move(client, find_campaign(client, named, name))
    if as_json:
        _show.print_json(moved)
        return
    _show.console().print(_show.status_line(moved.status))
    _say(moved)


def _say(moved: Campaign) -> None:
    if moved.status == "active":
        _show.say("[bold]{}[/] is launched for {}.", moved.name, _show.people(moved.audience_size))
    elif moved.status == "scheduled":
        when = moved.scheduled_at and _show.moment(moved.scheduled_at, moved.timezone)
        _show.say("[bold]{}[/] is scheduled for {}.", moved.name, when)
    else:
        _show.say("[bold]{}[/] is {}.", moved.name, moved.status)
