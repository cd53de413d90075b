"""What a person may ask for by law: all that is known, and to be forgotten."""

from __future__ import annotations

from typing import Annotated

import typer

from campaign_sdk.cli import _show
from campaign_sdk.cli._connect import connect
from campaign_sdk.cli._options import Json, Output, Yes

_Email = Annotated[str, typer.Argument(help="The contact's address, or the id.")]


def export_person(email: _Email, output: Output = None) -> None:
    """Write all that is stored about one person, as JSON: give it to nobody else."""
    with connect() as client:
        everything = client.contacts.export_person(email)
    _show.print_json(everything, output)


def erase_person(email: _Email, yes: Yes = False, as_json: Json = False) -> None:
    """Erase a contact with all that could be told of the person, for good.

    What was counted stays counted. Whoever had opted out stays suppressed, as a hash.
    """
    with connect() as client:
        found = client.contacts.get(email)
        if not yes:
            typer.confirm(f"Erase {found.email} and all that is known of them?", abort=True)
        erased = client.contacts.erase_person(found.id)
    if as_json:
        _show.print_json(erased)
        return
    _show.say("Erased. {} events stay counted, of nobody.", erased.events)
    if erased.suppressed:
        _show.say("The address stays suppressed: no import writes to it again.")
