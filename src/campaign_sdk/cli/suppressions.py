"""`campaign suppressions`: addresses that are never written to again."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from campaign_sdk.cli import _show
from campaign_sdk.cli._connect import connect
from campaign_sdk.cli._files import read_text, there
from campaign_sdk.cli._options import SHOWN, Json, Limit, example

app = typer.Typer(
    name="suppressions",
    help="List, add and lift addresses that are never written to.",
    no_args_is_help=True,
)


@app.command("list", epilog=example("campaign suppressions list"))
def list_(limit: Limit = None, as_json: Json = False) -> None:
    """List suppressions: the first 20, or with --json all. No address is kept."""
    with connect() as client:
        found = client.suppressions.list()
        if as_json:
            _show.print_json_list(islice(found, limit or None))
            return
        made = _show.table("reason", "source", "since", "address")
        shown = SHOWN if limit is None else limit
        for one in islice(found, shown or None):
            address = one.address.removeprefix("\\x")[:12]
            made.add_row(one.reason, _show.plain(one.source), _show.plain(one.since), address)
        _show.console().print(made)
        if shown and next(found, None) is not None:
            _show.note(f"there are more than {shown}: --limit 0 shows all")


@app.command(epilog=example("campaign suppressions add asha@example.com"))
def add(
    emails: Annotated[list[str] | None, typer.Argument(help="Addresses.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            callback=there,
            help="A file with one address a line; - for standard input.",
        ),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Who says so.")] = None,
    as_json: Json = False,
) -> None:
    """Never write to these addresses again."""
    given = list(emails or [])
    if file is not None:
        given += [line for line in read_text(file, "file").splitlines() if line.strip()]
    if not given:
        raise typer.BadParameter("give an address, or --file")
    with connect() as client:
        report = client.suppressions.add(given, source=source)
    if as_json:
        _show.print_json(report)
    else:
        _show.print_facts(report.model_dump())


@app.command(epilog=example("campaign suppressions lift gone@example.com"))
def lift(email: Annotated[str, typer.Argument(help="The address.")]) -> None:
    """Let an address be written to again."""
    with connect() as client:
        lifted = client.suppressions.lift(email)
    _show.say("{} may be written to again; it was suppressed: {}.", email, lifted.reason)
