"""`campaign settings`: how often, and at which hours, contacts may be written to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaign_sdk.cli import _show
from campaign_sdk.cli._connect import connect
from campaign_sdk.cli._options import Json, example

if TYPE_CHECKING:
    from campaign_sdk.settings import SendingSettings

app = typer.Typer()

_CAP = re.compile(r"(\d{1,4})/(\d{1,3})d?")
_QUIET = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


@app.command(epilog=example("campaign settings --cap 3/7d --quiet 21:00-08:00"))
def settings(
    cap: Annotated[
        str | None, typer.Option(help="Messages a contact may get in so many days: 3/7d, or none.")
    ] = None,
    quiet: Annotated[
        str | None,
        typer.Option(help="Hours without messages by the contact's clock: 21:00-08:00, or none."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show caps and quiet hours; change what is given."""
    with connect() as client:
        changes = _changes(cap, quiet)
        found = client.settings.update(**changes) if changes else client.settings.get()
    if as_json:
        _show.print_json(found)
    else:
        _show.print_facts(_words(found))


def _changes(cap: str | None, quiet: str | None) -> dict[str, Any]:
    from campaign_sdk.settings import Cap, Quiet

    changes: dict[str, Any] = {}
    if cap is not None:
        found = _CAP.fullmatch(cap)
        if cap != "none" and not found:
            raise typer.BadParameter("--cap is written like 3/7d, or none")
        changes["cap"] = Cap(int(found[1]), days=int(found[2])) if found else None
    if quiet is not None:
        hours = _QUIET.fullmatch(quiet)
        if quiet != "none" and not hours:
            raise typer.BadParameter("--quiet is written like 21:00-08:00, or none")
        changes["quiet"] = Quiet(hours[1], hours[2]) if hours else None
    return changes


def _words(found: SendingSettings) -> dict[str, str]:
    cap, quiet = found.cap, found.quiet
    return {
        "cap": f"{cap.messages} messages in {cap.days} days" if cap else "none",
        "quiet": f"{quiet.start} to {quiet.end}" if quiet else "none",
    }
