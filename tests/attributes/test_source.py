"""The class that is written from what contacts have: it compiles, and they fit it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_sdk import Attributes, InvalidInput
from campaign_sdk.attributes._schema import fields_of, schema_of
from campaign_sdk.attributes._source import python_source
from campaign_sdk.attributes._stored import as_stored, read_attributes

PEOPLE: list[dict[str, Any]] = [
    {
        "orders": n,
        "spend": n / 2,
        "plan": "pro" if n % 3 else "free",
        "name": f"Person {n}",
        "since": "2026-01-31",
        "last_order_at": "2026-01-31T09:00:00Z" if n % 2 else "2026-01-31",
        "vip": n > 3,
        "address": {"city": f"City {n}", "post code": None if n else "1"},
        "tags": ["a", None] if n else [],
        "purchases": [{"total": 1.5, "sku": f"S{n}"}, {"total": 2}],
        "code": n if n % 2 else f"C{n}",
        "mixed": [] if n % 2 else "x",
        **({"nick name": f"N{n}"} if n else {}),
    }
    for n in range(9)
]
WRITTEN = '''\
"""What 9 contacts have, written by campaign_sdk: yours to change."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from campaign_sdk import Attributes


class Address(Attributes):
    city: str
    post_code: str | None = Field(default=None, alias="post code")


class Purchases(Attributes):
    sku: str | None = None
    total: float


class Customer(Attributes):
    address: Address
    code: int | str
    last_order_at: datetime
    mixed: Any
    name: str
    nick_name: str | None = Field(default=None, alias="nick name")
    orders: int
    plan: Literal["free", "pro"]
    purchases: list[Purchases]
    since: date
    spend: float
    tags: list[Literal["a"] | None]
    vip: bool
'''
HOSTILE = [
    *("class", "None", "match", "first name", "a.b", "größe", "ﬁn", "__x", "_", "2nd", "💥", "a b"),
    *(
        "a_b",
        "a-b",
        "copy",
        "json",
        "model_dump",
        "model_config",
        "date",
        "datetime",
        "list",
        "str",
    ),
    *("Any", "Literal", "Field", "Attributes", "Customer", "Address", "address", "int"),
    *("float", "email", "attributes", 'a"b\\c', "a\nb", "' + x", "\u2028", "self", "cls", "bool"),
    "schema",
]


def run(source: str) -> type[Attributes]:
    module = sys.modules["written"] = ModuleType("written")
    exec(compile(source, "written.py", "exec", dont_inherit=True), module.__dict__)
    made: type[Attributes] = module.__dict__["Customer"]
    return made


def test_what_is_written() -> None:
    assert python_source(PEOPLE) == WRITTEN


def test_what_was_looked_at_fits() -> None:
    made = run(python_source(PEOPLE))
    schema_of(made)
    for person in PEOPLE:
        kept = as_stored(read_attributes(made, person, "somebody"))
        assert kept["orders"] == person["orders"]
        assert kept["address"]["city"] == person["address"]["city"]


def test_hostile_names(tmp_path: Path) -> None:
    flat: dict[str, Any] = {name: f"x{n}" for n, name in enumerate(HOSTILE)}
    nested = {**flat, "Address": flat, "address": dict.fromkeys(HOSTILE, "2026-01-31")}
    source = python_source([nested, {}])
    names = set(fields_of(schema_of(run(source))))
    assert {"class", "first name", "a\\.b", "attributes.email", "attributes.attributes"} <= names
    assert "größe" in names
    assert len([name for name in names if "." not in name.removeprefix("attributes.")]) >= 40
    file = tmp_path / "written.py"
    file.write_text(source, encoding="utf-8")
    project = Path(__file__).parents[2] / "pyproject.toml"
    command = [sys.executable, "-m", "mypy", f"--config-file={project}", "--strict", str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


KEYS = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3)
    | st.sampled_from(["2026-01-31", "2026-01-31T09:00:00Z", "2026-02-30", "0000-01-01"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(st.dictionaries(KEYS, JSON, max_size=5), max_size=4))
def test_whatever_was_looked_at_fits(people: list[dict[str, Any]]) -> None:
    made = run(python_source(people))
    schema_of(made)
    for person in people:
        read_attributes(made, person, "somebody")


def test_a_name_that_is_one_stays() -> None:
    people = [{"a b": [1], "a_b": False}]
    source = python_source(people)
    assert "a_b: bool" in source
    assert 'a_b_: list[int] = Field(alias="a b")' in source
    found = read_attributes(run(source), people[0], "somebody")
    assert found.model_dump(by_alias=True) == people[0]


def test_nothing_to_look_at() -> None:
    assert "class Nobody(Attributes):\n    pass\n" in python_source([], "Nobody")


@pytest.mark.parametrize("name", ["", "class", "2x", "a b", "Any", "_X", "x\ny"])
def test_a_class_needs_a_name(name: str) -> None:
    with pytest.raises(InvalidInput):
        python_source([], name)
