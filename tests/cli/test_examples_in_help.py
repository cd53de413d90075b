"""Every command has help with an example, and the example runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
import typer
from typer.core import TyperGroup

from campaign_sdk import AlreadyExists, CampaignClient, Variant, everyone
from campaign_sdk.cli._app import app
from campaign_sdk.cli.moves import MOVES
from clients import PASSWORD

from .conftest import Campaign

_EXAMPLE = re.compile(r"\[bold\]Example:\[/\] campaign (.+)")

# What a campaign must have gone through before it can make a move.
BEFORE = {
    "unschedule": ("schedule",),
    "pause": ("launch",),
    "resume": ("launch", "pause"),
    "complete": ("launch",),
    "archive": ("launch", "complete"),
}
# In test_local.py, test_functions.py, test_drafting.py and ../demo: they need more than a stack.
LOCAL = {f"local {each}" for each in ("start", "stop", "status", "reset", "logs")}
FUNCTIONS = {f"functions {each}" for each in ("export", "serve", "deploy")}
# The files of the examples have a line that is refused.
CODES = {"contacts import": 19, "analytics ingest": 19}
ELSEWHERE = {"demo", "draft", *LOCAL, *FUNCTIONS}


def commands() -> Iterator[tuple[str, typer.core.TyperCommand]]:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for name, command in root.commands.items():
        if isinstance(command, TyperGroup):
            yield from ((f"{name} {each}", one) for each, one in command.commands.items())  # type: ignore[misc]
        else:
            yield name, command  # type: ignore[misc]


COMMANDS = dict(commands())


def example_of(name: str) -> str:
    found = _EXAMPLE.search(COMMANDS[name].epilog or "")
    assert found, f"campaign {name} has no example"
    return found[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_example_and_every_option(name: str, campaign: Campaign) -> None:
    shown = campaign(*name.split(), "--help").output
    example = example_of(name)
    assert example.startswith(name)
    assert "campaign" in shown
    assert shlex.split(example)[-1].split()[0] in shown
    for parameter in COMMANDS[name].params:
        for option in parameter.opts:
            assert option in shown
        assert parameter.name == "help" or getattr(parameter, "help", None), (name, parameter.name)


def prepare(name: str, world: CampaignClient, db: psycopg.Connection) -> None:
    if name == "auth signup":
        db.execute("delete from auth.users where email = 'asha@example.com'")
    if name == "auth login":
        with suppress(AlreadyExists):
            world.auth.sign_up("asha@example.com", PASSWORD)
    if name == "tracking revoke":
        world.tracking.rotate()
    if name.startswith("assets "):
        spring = next(one for one in world.campaigns.list() if one.name == "Spring")
        world.assets.upload(spring.id, "hero.png")
    if name in ("experiment", "promote"):
        variants = [Variant("short", message="A"), Variant("story", message="B")]
        kettles = world.campaigns.create(
            "Kettles", rules=everyone(), variants=variants, test_share=0.5
        )
        world.campaigns.launch(kettles.id)
    if name in ("send", "deliveries", "resolve"):
        spring = next(one for one in world.campaigns.list() if one.name == "Spring")
        world.campaigns.update(spring.id, subject="Hi")
        world.campaigns.launch(spring.id)
    if name in (*MOVES, "schedule", "launch"):
        spring = next(one for one in world.campaigns.list() if one.name == "Spring")
        for earlier in BEFORE.get(name, ()):
            _move(world, spring.id, earlier)


def _move(world: CampaignClient, id: object, move: str) -> None:
    from datetime import UTC, datetime

    arguments = (datetime(2100, 1, 1, tzinfo=UTC),) if move == "schedule" else ()
    getattr(world.campaigns, move)(id, *arguments)


@pytest.mark.usefixtures("obliging")
@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - ELSEWHERE))
def test_the_example_runs(
    name: str, world: CampaignClient, campaign: Campaign, db: psycopg.Connection
) -> None:
    prepare(name, world, db)
    campaign(*shlex.split(example_of(name)), code=CODES.get(name, 0))


@pytest.mark.usefixtures("world")
def test_the_root_has_an_example_too(campaign: Campaign) -> None:
    found = _EXAMPLE.search(app.info.epilog or "")
    assert found
    assert "contacts" in campaign(*shlex.split(found[1])).stdout
