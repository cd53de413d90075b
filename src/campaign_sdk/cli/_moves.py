"""The moves of a campaign: `launch`, `pause` and so on, each a command of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk.cli._options import Json, Timezone, example

if TYPE_CHECKING:
    from campaign_sdk import Campaign, CampaignClient

Named = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its name or id.")]

_MOVES = {
    "launch": "Make it active, and freeze its audience.",
    "unschedule": "Make a scheduled campaign a draft again.",
    "pause": "Pause an active campaign.",
    "resume": "Make a paused campaign active again.",
    "complete": "End an active or paused campaign.",
    "archive": "Put a draft or a completed campaign away, for good.",
}


def add_to(app: typer.Typer) -> None:
    """Add a command for each move."""
    for move, help in _MOVES.items():
        app.command(move, help=help, epilog=example(f"campaign campaigns {move} Spring"))(
            _mover(move)
        )
    app.command("schedule", epilog=example("campaign campaigns schedule Spring --at 2030-03-01"))(
        schedule
    )


def _mover(move: str) -> Callable[..., None]:
    def command(campaign: Named, as_json: Json = False) -> None:
        _make(campaign, as_json, lambda client, id: getattr(client.campaigns, move)(id))

    return command


def schedule(
    campaign: Named,
    at: Annotated[str, typer.Option(help="The day or moment, such as 2030-03-01T09:00.")],
    timezone: Timezone = None,
    as_json: Json = False,
) -> None:
    """Note when a draft is to be launched; launching it then is up to a job of yours."""
    from campaign_sdk.cli._options import moment_given

    moment = moment_given(at, timezone, "at")
    _make(campaign, as_json, lambda client, id: client.campaigns.schedule(id, moment))


def _make(named: str, as_json: bool, move: Callable[[CampaignClient, str], Campaign]) -> None:
    from campaign_sdk.cli import _show
    from campaign_sdk.cli._connect import connect, find_campaign

    with connect() as client:
        moved = move(client, str(find_campaign(client, named).id))
    if as_json:
        _show.print_json(moved)
        return
    _show.console().print(_show.status_line(moved.status))
    _show.say(_said(moved))


def _said(campaign: Campaign) -> str:
    from rich.markup import escape

    name = f"[bold]{escape(campaign.name)}[/]"
    if campaign.status == "active" and campaign.launched_at:
        return f"{name} is launched for {campaign.audience_size or 0:,} contacts."
    if campaign.status == "scheduled" and campaign.scheduled_at:
        return f"{name} is scheduled for {campaign.scheduled_at:%Y-%m-%d %H:%M %Z}."
    return f"{name} is {campaign.status}."
