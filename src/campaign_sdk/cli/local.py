"""`campaign local`: a real Supabase on this machine, without Docker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk.cli import _show
from campaign_sdk.cli._options import Json, example
from campaign_sdk.cli._show import console

if TYPE_CHECKING:
    from campaign_sdk.local import LocalStatus

app = typer.Typer(
    name="local",
    help="A real Supabase on this machine, without Docker; needs the extra `local`.",
    no_args_is_help=True,
)

Data = Annotated[
    Path | None, typer.Option(help="The folder of its data; the user's data folder otherwise.")
]
Migrations = Annotated[
    Path | None, typer.Option(help="A folder of migrations; the SDK's own otherwise.")
]


@app.command(epilog=example("campaign local start"))
def start(data: Data = None, migrations: Migrations = None, as_json: Json = False) -> None:
    """Start it; it stays up until `campaign local stop`."""
    from campaign_sdk.local import start_background

    with console(stderr=True).status("starting; the first time installs what it needs"):
        found = start_background(data, migrations)
    _print(found, as_json)


@app.command(epilog=example("campaign local status --env"))
def status(
    data: Data = None,
    env: Annotated[bool, typer.Option("--env", help="As lines for a .env file.")] = False,
    as_json: Json = False,
) -> None:
    """Say whether it is up, and where. With --env it exits 14 if it isn't."""
    from campaign_sdk.local import status

    found = status(data)
    if env and not found.running:
        raise LocalStackError("it isn't running, so there are no lines: `campaign local start`")
    if env:
        typer.echo(f"SUPABASE_URL={found.url}\nSUPABASE_ANON_KEY={found.anon_key}")
    else:
        _print(found, as_json)


def _print(found: LocalStatus, as_json: bool) -> None:

    if as_json:
        _show.print_json({**vars(found), "data": str(found.data)})
    elif found.running:
        known = {"url": found.url, "anon key": found.anon_key, "database": found.db_url}
        _show.print_facts({**known, "data": found.data})
    else:
        _show.say("The local stack isn't running: [cyan]campaign local start[/]")


@app.command(epilog=example("campaign local stop"))
def stop(data: Data = None) -> None:
    """Stop it; its data stays."""
    from campaign_sdk.local import stop_background

    _show.say("Stopped." if stop_background(data) else "It wasn't running.")


@app.command(epilog=example("campaign local reset --yes"))
def reset(
    data: Data = None,
    migrations: Migrations = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Throw its data away and keep its keys."""
    from campaign_sdk.local import reset, status

    if not yes:
        typer.confirm(f"Throw away all data in {status(data).data}?", abort=True)
    again = reset(data, migrations)
    _show.say("Empty, and up again at {}." if again.running else "Empty.", again.url)


@app.command(epilog=example("campaign local logs --lines 20"))
def logs(
    data: Data = None,
    lines: Annotated[int, typer.Option(min=1, help="Of each log.")] = 50,
) -> None:
    """Print the last lines of its logs."""
    from campaign_sdk.local import logs

    typer.echo(logs(data, lines) or "There are no logs yet.")
