"""What stands at the root of the command line, each loaded and built when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import getdoc
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command_name, get_group

# Under each heading of `--help`: a module of this folder, and what it brings to the root. A noun
# (`campaign contacts ...`) is a `Typer` that has a name; the commands of one that has none are
# verbs (`campaign launch ...`).
PANELS = {
    "Campaigns": (
        ("campaigns", "create edit list show history duplicate delete"),
        ("drafting", "draft"),
        ("assets", "assets"),
    ),
    "Launch": (
        ("audience", "preflight messages audience"),
        ("moves", "schedule launch unschedule pause resume complete archive"),
        ("sending", "send deliveries resolve tick"),
    ),
    "Results": (
        ("analytics", "record report compare watch"),
        ("insight", "summary"),
        ("experiments", "experiment promote"),
        ("analytics", "analytics"),
        ("tracking", "tracking"),
        ("webhooks", "webhooks"),
    ),
    "People": (
        ("contacts", "contacts"),
        ("segments", "segments"),
        ("suppressions", "suppressions"),
    ),
    "Project": (
        ("auth", "auth"),
        ("settings", "settings"),
        ("doctor", "doctor"),
        ("local", "local"),
        ("migrations", "migrations"),
        ("functions", "functions"),
        ("mcp", "mcp"),
        ("demo", "demo"),
    ),
}
_PLACES = {
    name: (panel, module)
    for panel, members in PANELS.items()
    for module, names in members
    for name in names.split()
}


class Commands(Mapping[str, Any]):
    """The commands at the root by name: a module is imported when one of its own is wanted."""

    def __init__(self) -> None:
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            panel, module = _PLACES[name]
            self._built[name] = _build(module, name)
            self._built[name].rich_help_panel = panel
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


def headings() -> list[TyperCommand]:
    """Return what `--help` shows of each: its name, what it does and its panel, nothing built."""
    return [
        TyperCommand(name=name, help=offered(module)[name], rich_help_panel=panel)
        for name, (panel, module) in _PLACES.items()
    ]


def offered(module: str) -> dict[str, str | None]:
    """Return what a module brings to the root, and what each of it does."""
    return {name: does for app in _apps(module) for name, does in _brought(app).items()}


def _apps(module: str) -> list[typer.Typer]:
    loaded = import_module(f"campaign_sdk.cli.{module}")
    return [each for each in vars(loaded).values() if isinstance(each, typer.Typer)]


def _brought(app: typer.Typer) -> dict[str, str | None]:
    if app.info.name:
        return {app.info.name: app.info.help}
    return {_named(verb): verb.help or getdoc(verb.callback) for verb in app.registered_commands}


def _named(verb: Any) -> str:
    return str(verb.name or get_command_name(verb.callback.__name__))


def _build(module: str, name: str) -> Any:
    app = next(app for app in _apps(module) if name in _brought(app))
    group = get_group(app)
    return group if app.info.name else group.commands[name]
