"""`campaign mcp`: the door for agents."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from campaign_sdk.cli._connect import connect
from campaign_sdk.cli._options import example

app = typer.Typer()


class Allowed(StrEnum):
    """What an agent may be allowed beyond reading."""

    drafts = "drafts"


@app.command(epilog=example("campaign mcp --allow drafts"))
def mcp(
    allow: Annotated[
        list[Allowed] | None,
        typer.Option(help="drafts: also store segments and drafts of campaigns."),
    ] = None,
    show_contacts: Annotated[
        bool, typer.Option("--show-contacts", help="Tell addresses and phones; else masked.")
    ] = False,
) -> None:
    """Let an agent read campaigns over the Model Context Protocol (stdio).

    Nothing is launched, sent or deleted from there, whatever the agent is told.
    """
    from campaign_sdk.agents import serve

    with connect() as client:
        serve(client, drafts=Allowed.drafts in (allow or ()), show_contacts=show_contacts)
