"""react-querybuilder's JSON, as its React component emits it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from campaign_sdk import InvalidRules, Rules, field

from . import hostile
from .conftest import wire

EMITTED: dict[str, Any] = {
    "id": "1f6fb9a1-4e6a-4d23-a5b3-8f1d4e2b6a70",
    "combinator": "or",
    "not": True,
    "path": [],
    "rules": [
        {"id": "r1", "path": [0], "field": "orders", "operator": ">=", "valueSource": "value",
         "value": "3"},
        {"id": "r2", "path": [1], "field": "city", "operator": "in", "valueSource": "value",
         "value": "Pune, New Delhi ,,Smith\\, Ann", "disabled": True},
        {"id": "r3", "field": "spend", "operator": "notBetween", "value": "10,20"},
        {"id": "r4", "field": "name", "operator": "null", "value": ""},
        {"id": "r5", "field": "~", "operator": "~", "value": "", "muted": True},
        {"id": "g1", "combinator": "and", "rules": [], "muted": True},
        {"id": "g2", "combinator": "and", "not": False, "muted": False, "rules": [
            {"field": "seen", "operator": "<", "value":
             {"mode": "relative", "anchor": "startOfMonth", "offset": -2, "unit": "week"}},
        ]},
    ],
}  # fmt: skip


def test_what_the_component_emits_is_read() -> None:
    assert Rules.of(EMITTED) == ~(
        (field("orders") >= "3")
        | field("city").in_(["Pune", "New Delhi", "Smith, Ann"])
        | field("spend").not_between("10", "20")
        | field("name").is_null()
        | Rules.of(EMITTED["rules"][-1])
    )


def test_ids_and_muted_rules_are_left_out_of_what_is_written() -> None:
    written = Rules.of(EMITTED).to_wire()
    assert written["not"] is True
    assert len(written["rules"]) == 5
    assert "id" not in written
    assert written["rules"][1]["value"] == ["Pune", "New Delhi", "Smith, Ann"]
    assert written["rules"][-1]["value"]["anchor"] == "startOfMonth"


def test_a_lone_number_is_a_list_of_one() -> None:
    assert Rules.of(wire("x", "in", 5)) == field("x").in_([5])


def test_numbers_that_are_texts_stay_texts_and_mean_both() -> None:
    rules = Rules.of(wire("x", "=", "5"))
    assert rules.to_wire()["rules"][0]["value"] == "5"
    assert rules.matches({"x": 5})
    assert rules.matches({"x": "5"})


@given(st.lists(st.text(alphabet=st.sampled_from("a,\\ '\"")), min_size=1))
def test_lists_joined_as_the_component_joins_them_are_split_again(items: list[str]) -> None:
    kept = [item.strip() for item in items if item.strip()]
    # The component doesn't escape backslashes: one before a comma swallows it.
    if not kept or any("\\" in item for item in kept):
        return
    joined = ",".join(item.replace(",", "\\,") for item in kept)
    assert Rules.of(wire("x", "in", joined)).to_wire()["rules"][0]["value"] == kept


@given(hostile.trees)
def test_reading_what_was_written_gives_the_same_rules(tree: dict[str, Any]) -> None:
    try:
        rules = Rules.from_wire(tree)
    except InvalidRules:
        return
    assert Rules.from_wire(rules.to_wire()) == rules
    assert ~~rules == rules
    assert Rules.from_wire((~rules).to_wire()) == ~rules


junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["combinator", "rules", "field", "operator", "value", "not", "muted"]),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)


@given(junk)
def test_junk_is_refused_and_never_raises_anything_else(tree: Any) -> None:
    with suppress(InvalidRules):
        Rules.of(tree)
