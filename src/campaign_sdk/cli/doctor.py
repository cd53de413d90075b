"""`campaign doctor`: whether a project is fit, and what to do if it isn't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk.cli import _show
from campaign_sdk.cli._errors import UNHEALTHY
from campaign_sdk.cli._options import Json, example

if TYPE_CHECKING:
    from rich.text import Text

    from campaign_sdk.doctor import Finding

_MARKS = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}


app = typer.Typer()


@app.command(epilog=example("campaign doctor --json"))
def doctor(
    openai: Annotated[
        bool, typer.Option("--openai", help="Ask OpenAI, too, if it knows the key and the model.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check a project by what it does, with a remedy for each fault.

    Nothing is left behind. Exits with 0 if no check has failed, else with 15.
    """
    from campaign_sdk.cli._connect import connect
    from campaign_sdk.doctor import examine

    found = []
    with connect() as client:
        for finding in examine(client, ask_openai=openai):
            found.append(finding)
            if not as_json:
                _print(finding)
    if as_json:
        _show.print_json([vars(finding) for finding in found])
    if any(finding.status == "failed" for finding in found):
        raise typer.Exit(UNHEALTHY)


def _print(finding: Finding) -> None:
    screen = _show.console()
    screen.print(_line(finding), soft_wrap=not screen.is_terminal)
    if finding.remedy:
        screen.print(_show.plain(f"{'':9}> {finding.remedy}"), soft_wrap=not screen.is_terminal)


def _line(finding: Finding) -> Text:
    line = _show.plain(f"{finding.status:<9}")
    line.stylize(_MARKS[finding.status])
    return line.append(_show.plain(f"{finding.name}: {finding.message}"))
