"""docs/architecture.md and CONTRIBUTING.md speak of files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.test_plan import PLAN

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
HOUSE = ROOT / "src" / "campaign_sdk"
QUOTED = re.compile(r"`([\w./-]+\.(?:py|sql|md|txt|toml)|[\w./-]+/)`")


def exists(name: str) -> bool:
    return any((base / name).exists() for base in (ROOT, ROOT / "docs", HOUSE, HOUSE / "_core"))


@pytest.mark.parametrize("page", [PAGE, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = QUOTED.findall(page.read_text(encoding="utf-8"))
    assert len(named) > 5
    assert [name for name in named if not exists(name)] == []


def test_every_room_is_in_the_picture() -> None:
    picture = PAGE.read_text(encoding="utf-8").split("```")[1]
    rooms = [name for name in PLAN if (HOUSE / name).exists() or (HOUSE / f"{name}.py").exists()]
    missing = [name for name in rooms if not re.search(rf"(?<!\w){name}(?!\w)", picture)]
    assert missing == [], "draw them in docs/architecture.md"


def test_each_noun_stands_on_what_the_plan_says() -> None:
    drawn: dict[str, set[str]] = {}
    name = ""
    for line in PAGE.read_text(encoding="utf-8").split("```")[1].splitlines():
        left, right = line[12:45].split(), line[45:].split()
        name = left[0] if left else name
        if len(left) <= 1 and PLAN.get(name, "*") != "*" and set(right) <= PLAN.keys():
            drawn[name] = drawn.get(name, set()) | set(right)
    planned = {name: set(PLAN[name].split()) - {"_core"} for name in drawn}
    assert len(drawn) >= 8
    assert drawn == planned
