"""What stands at the root: the table says it, and loads no more than is asked for."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest
import typer

import campaign_sdk.cli
from campaign_sdk.cli._commands import PANELS, Commands, headings, offered

HOUSE = "campaign_sdk.cli"
TABLE = [pair for members in PANELS.values() for pair in members]


def test_the_table_says_what_each_module_brings() -> None:
    promised: dict[str, list[str]] = {}
    for module, names in TABLE:
        promised.setdefault(module, []).extend(names.split())
    assert {m: sorted(names) for m, names in promised.items()} == {
        m: sorted(offered(m)) for m in promised
    }


def test_no_module_with_commands_is_left_out() -> None:
    modules = [each.name for each in pkgutil.iter_modules(campaign_sdk.cli.__path__)]
    public = {name for name in modules if not name.startswith("_")} - {"reference"}
    having = {
        name
        for name in public
        if any(
            isinstance(each, typer.Typer)
            for each in vars(import_module(f"{HOUSE}.{name}")).values()
        )
    }
    assert having == public == {module for module, _ in TABLE}


def test_the_help_of_the_root_is_that_of_its_commands() -> None:
    commands = Commands()
    shown = {each.name: (each.help, each.rich_help_panel) for each in headings()}
    assert shown == {name: (each.help, each.rich_help_panel) for name, each in commands.items()}
    assert len(commands) == len(shown)


@pytest.mark.parametrize(
    ("words", "module"),
    [
        (("tick",), "sending"),
        (("campaigns", "launch"), "moves"),
        (("tracking", "keys"), "tracking"),
    ],
)
def test_a_command_loads_its_own_module_alone(words: tuple[str, ...], module: str) -> None:
    code = f"""
import sys
from {HOUSE}._app import app
app([*{words!r}, "--help"], standalone_mode=False)
print("loaded", *(each.rpartition(".")[2] for each in sys.modules if each.startswith("{HOUSE}.")))
"""
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(run.stdout.rpartition("loaded")[2].split())
    assert loaded & {each for each, _ in TABLE} == {module}
