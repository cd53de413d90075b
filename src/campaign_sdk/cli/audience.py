"""`campaign preflight`, `campaign messages` and so on: whom a campaign reaches, and with what."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from campaign_sdk.cli import _show
from campaign_sdk.cli._connect import connect, find_campaign
from campaign_sdk.cli._csv import export_contacts
from campaign_sdk.cli._errors import AGAINST
from campaign_sdk.cli._options import CampaignName, Json, Limit, Output, example

if TYPE_CHECKING:
    from campaign_sdk import Preflight

app = typer.Typer()


@app.command(epilog=example("campaign preflight Spring"))
def preflight(campaign: CampaignName, as_json: Json = False) -> None:
    """Say what stands in the way of a launch, and whom it would reach.

    Exits 7 if anything does.
    """
    with connect() as client:
        checked = client.campaigns.preflight(find_campaign(client, campaign, "preflight").id)
    if as_json:
        _show.print_json({"ok": checked.ok, **_show.jsonable(checked)})
    else:
        _print_preflight(checked)
    if not checked.ok:
        raise typer.Exit(AGAINST)


def _print_preflight(checked: Preflight) -> None:

    for problem in checked.problems:
        style = "bold red" if problem.severity == "error" else "bold yellow"
        line = Text(problem.severity, style=style).append(": ", style="")
        _show.console().print(line.append(Text(f"{problem.path}: {problem.reason}", style="")))
    if checked.ok and checked.audience is not None and checked.audience.reachable is not None:
        _show.say("[green]Ready[/] for {}.", _show.people(checked.audience.reachable))


@app.command(epilog=example("campaign messages Spring --limit 2"))
def messages(campaign: CampaignName, limit: Limit = None, as_json: Json = False) -> None:
    """Render the message for everyone it reaches.

    Shows the first 3, or with --json all, as one array.
    """
    with connect() as client:
        found = find_campaign(client, campaign)
        # One that is written as HTML only is shown as what it is.
        is_html = not found.message and bool(found.html)
        rendered = client.campaigns.render_audience(found.id, html=is_html)
        if as_json:
            _show.print_json_list(
                {"contact_id": str(contact.id), "email": contact.email, "message": text}
                for contact, text in islice(rendered, limit or None)
            )
            return
        for contact, text in islice(rendered, 3 if limit is None else limit or None):
            _show.say("[bold cyan]{}[/]", contact.email)
            _show.console().print(_show.plain(text), "", sep="\n")


@app.command(epilog=example("campaign audience Spring --output spring.csv"))
def audience(campaign: CampaignName, output: Output = None, as_json: Json = False) -> None:
    """Write everyone it reaches as CSV (or JSON).

    Who has unsubscribed or is suppressed is left out.
    """
    with connect() as client:
        reached = client.campaigns.audience(find_campaign(client, campaign).id)
        export_contacts(reached, output, as_json=as_json)
