"""The plan of the house: who may import whom, and no circles."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
HOUSE = "campaign_sdk"

# From the ground up: a room may import those that it names, which all stand above it in this
# table; `*` is all of them. A new room needs a line here.
PLAN = {
    "_core": "",
    "stores": "_core",
    "local": "_core",
    "auth": "_core",
    "senders": "_core",
    "webhooks": "_core",
    "settings": "_core",
    "assets": "_core",
    "tracking": "_core",
    "rules": "_core",
    "attributes": "_core rules",
    "reports": "_core",
    "templates": "_core rules",
    "contacts": "_core attributes rules",
    "channels": "_core contacts templates",
    "suppressions": "_core contacts",
    "segments": "_core attributes contacts reports rules",
    "drafting": "_core channels contacts rules segments templates",
    "analytics": "_core contacts drafting reports rules webhooks",
    "campaigns": "_core assets channels contacts drafting rules segments templates",
    "deliveries": "_core assets campaigns channels contacts senders settings templates tracking",
    "_nouns": "*",
    "_client": "*",
    "__init__": "*",
    "agents": "*",
    "doctor": "*",
    "cli": "*",
    # The demo is told on the command line's page, which offers it: a circle of rooms, but of
    # no files, and the only one.
    "demo": "*",
}
ALSO = {("cli", "demo")}


def modules(src: Path) -> dict[str, Path]:
    found = {path: path.relative_to(src).with_suffix("").parts for path in src.rglob("*.py")}
    return {".".join(parts).removesuffix(".__init__"): path for path, parts in found.items()}


def imported(name: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules that a file names in an import, wherever in the file that stands.

    A submodule counts without its package: what `__init__` hands on would otherwise close a
    circle around each package.
    """
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield part if (part := f"{base}.{alias.name}") in known else base


def arrows(src: Path) -> dict[str, set[str]]:
    known = modules(src)
    return {
        name: {other for other in imported(name, path, known) if other in known} - {name}
        for name, path in known.items()
    }


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def offences(src: Path) -> Iterator[str]:
    """Yield every import that the plan doesn't foresee."""
    rooms = list(PLAN)
    for name, others in arrows(src).items():
        here = room(name)
        assert here in PLAN, f"{here} is a new room: give it a line in PLAN"
        above = set(rooms[: rooms.index(here)])
        allowed = above if PLAN[here] == "*" else set(PLAN[here].split())
        for other in others:
            there = room(other)
            if there not in {here, *allowed} and (here, there) not in ALSO:
                yield f"{name} imports {other}: {here} may import {PLAN[here] or 'nothing'}"


def circle(src: Path) -> list[str]:
    try:
        TopologicalSorter(arrows(src)).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_the_table_goes_from_the_ground_up() -> None:
    rooms = list(PLAN)
    for here, allowed in PLAN.items():
        assert set(allowed.split()) <= {*rooms[: rooms.index(here)], "*"}, here


def test_nobody_imports_against_the_plan() -> None:
    assert list(offences(SRC)) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circle(SRC) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("_core/errors.py", "from campaign_sdk.drafting import Usage"),
        ("_core/errors.py", "if TYPE_CHECKING:\n    from campaign_sdk.contacts import Contact"),
        ("_core/model.py", "def late() -> None:\n    import campaign_sdk.rules._dates"),
        ("drafting/_drafts.py", "from campaign_sdk.campaigns import Campaign"),
        ("drafting/_drafts.py", "from ..campaigns import Campaign"),
        ("rules/_tree.py", "from campaign_sdk import Contact"),
    ],
)
def test_the_plan_tells(file: str, line: str, tmp_path: Path) -> None:
    for module in ("_core/errors", "_core/model", "drafting/_drafts", "rules/_tree"):
        path = tmp_path / HOUSE / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name in ("__init__", "contacts", "campaigns/__init__", "drafting/__init__", "rules/_dates"):
        path = tmp_path / HOUSE / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert list(offences(tmp_path)) == []
    (tmp_path / HOUSE / file).write_text(line)
    assert len(list(offences(tmp_path))) == 1


def test_a_circle_is_found(tmp_path: Path) -> None:
    house = tmp_path / HOUSE / "rules"
    house.mkdir(parents=True)
    (house / "_a.py").write_text("from . import _b")
    (house / "_b.py").write_text("def late() -> None:\n    from ._a import a")
    assert set(circle(tmp_path)) == {"campaign_sdk.rules._a", "campaign_sdk.rules._b"}
