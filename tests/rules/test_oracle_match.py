"""An outside oracle for match modes: react-querybuilder's own exports.

On the subset where it can be trusted, that is: nothing missing, and no list empty (of an empty
list its exporters say different things). `oracle_match.mjs` says how the file was made.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from campaign_sdk import Rules

from .conftest import Audience

FILE = Path(__file__).with_name("oracle_match.json")
DATA: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
CASES: list[dict[str, Any]] = DATA["cases"]


def test_its_json_is_our_wire_unchanged() -> None:
    for case in CASES:
        assert Rules.of(case["tree"]).to_wire() == case["tree"]


def test_its_logic_names_the_same_people() -> None:
    for case in CASES:
        found = Rules.of(case["tree"]).filter(DATA["people"])
        assert [DATA["people"].index(person) for person in found] == case["members"], case["tree"]


def test_its_logic_names_the_same_contacts_of_the_database(asking: Audience) -> None:
    asking.fill([{"attributes": person} for person in DATA["people"]])
    answers = asking.members([case["tree"] for case in CASES])
    assert answers == [set(case["members"]) for case in CASES]


def test_the_oracle_is_no_trivial_one() -> None:
    sizes = {len(case["members"]) for case in CASES}
    assert len(CASES) >= 150
    assert len(sizes) > 30
