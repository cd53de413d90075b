"""`campaign contacts schema`: what attributes must be like, and a class written from them."""

from __future__ import annotations

import importlib.util
import sys
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaign_sdk._core.errors import InvalidInput, NotFound
from campaign_sdk.cli import _show
from campaign_sdk.cli._connect import connect
from campaign_sdk.cli._files import is_screen, written
from campaign_sdk.cli._options import Json, Output

if TYPE_CHECKING:
    from campaign_sdk import Attributes, AttributeSchema, CampaignClient

_BROKEN = 8
_LOOKED_AT = 10_000


class Mode(StrEnum):
    """What becomes of a contact that doesn't fit."""

    refuse = "refuse"
    warn = "warn"


def show_schema(
    name: Annotated[
        str | None,
        typer.Argument(help="With --python: what the class is called; Customer otherwise."),
    ] = None,
    python: Annotated[
        bool, typer.Option("--python", help="Write a class from the contacts that are there.")
    ] = False,
    given: Annotated[
        str | None,
        typer.Option("--set", metavar="FILE.py:CLASS", help="Hold contacts to this class."),
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="With --set: refuse what doesn't fit, or warn of it.")
    ] = Mode.refuse,
    check: Annotated[
        bool, typer.Option("--check", help="Count the contacts that break it; 8 if any does.")
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Hold contacts to no schema.")] = False,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Show what attributes must be like; set it, check it, or write it as a class."""
    if sum((python, given is not None, check, drop)) > 1:
        raise typer.BadParameter("give one of --python, --set, --check and --drop")
    if name is not None and not python:
        raise typer.BadParameter("a name goes with --python")
    with connect() as client:
        if python:
            _write(client, name or "Customer", output)
        elif given is not None:
            _set(client, given, mode)
        elif check:
            _check(client, as_json)
        elif drop:
            client.contacts.undefine()
            _show.say("Contacts are held to no schema.")
        else:
            _print(client.contacts.schema(), as_json)


def _write(client: CampaignClient, name: str, output: Path | None) -> None:
    from campaign_sdk.attributes._source import python_source

    contacts = islice(client.contacts.iterate(), _LOOKED_AT)
    source = python_source((contact.attributes for contact in contacts), name)
    with written(output) as stream:
        stream.write(source)
    if not is_screen(output):
        _show.note(f"wrote {name} to {output}")


def _set(client: CampaignClient, given: str, mode: Mode) -> None:
    schema = client.contacts.define(_class_of(given), mode=mode.value)
    what = "refused" if mode is Mode.refuse else "stored, with a warning"
    _show.say("Contacts are held to {}: what doesn't fit is {}.", schema.name, what)
    if schema.broken is None:
        _show.note("there are too many to say how many break it: --check counts them")
    elif schema.broken:
        _show.note(f"{schema.broken:,} contacts break it already, and stay: --check says how")


def _class_of(given: str) -> type[Attributes]:
    """Return the class that `FILE.py:CLASS` names. The file is run, as `python FILE.py` would."""
    from campaign_sdk import Attributes

    path, _, name = given.rpartition(":")
    if not path or not Path(path).is_file():
        raise InvalidInput("set", "must name a file and a class in it, such as shop.py:Customer")
    found: Any = getattr(_run(Path(path)), name, None)
    if not (isinstance(found, type) and issubclass(found, Attributes)):
        raise InvalidInput("set", f"{path} has no class {name} of Attributes")
    return found


def _run(path: Path) -> Any:
    # Under a name of its own: annotations are looked up there, and no module is replaced.
    spec = importlib.util.spec_from_file_location(f"_campaign_schema_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InvalidInput("set", f"{path} isn't a file of Python")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        reason = f"{path} can't be run: {type(error).__name__}: {error}"
        raise InvalidInput("set", reason) from error
    finally:
        sys.path.pop(0)
    return module


def _check(client: CampaignClient, as_json: bool) -> None:
    found = client.contacts.violations()
    if as_json:
        _show.print_json(found)
    else:
        _show.print_facts({"contacts": found.contacts, "broken": found.broken})
        made = _show.table("field", "what is wrong", "contacts", numbers=("contacts",))
        for each in found.fields:
            made.add_row(_show.plain(each.field), _show.plain(each.expected), str(each.contacts))
        if found.fields:
            _show.console().print("", made, sep="\n")
    if found.broken:
        raise typer.Exit(_BROKEN)


def _print(schema: AttributeSchema | None, as_json: bool) -> None:
    if schema is None:
        raise NotFound("contacts are held to no schema: --set shop.py:Customer gives them one")
    if as_json:
        _show.print_json(schema)
        return
    _show.print_facts({"name": schema.name, "mode": schema.mode})
    made = _show.table("field", "asks")
    for each in schema.checks:
        made.add_row(_show.plain(each.field), _show.plain(each.expected))
    _show.console().print("", made, sep="\n")
