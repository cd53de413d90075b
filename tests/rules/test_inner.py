"""What rules ask of elements and put into an order, and what it means that nobody has that."""

from __future__ import annotations

from datetime import date

import pytest

from campaign_sdk import Rules, did, everyone, field
from campaign_sdk.rules._compared import compared
from campaign_sdk.rules._inner import inner_fields

LINES, DEAR, OTHER = field("lines"), field("total") > 5, field("total") != 5


@pytest.mark.parametrize(
    ("rules", "negative"),
    [
        (LINES.some(DEAR), False),
        (LINES.some(OTHER), True),
        (LINES.none(DEAR), True),
        (LINES.none(OTHER), False),
        (LINES.all_(OTHER), True),
        (LINES.at_least(2, DEAR), False),
        (LINES.at_least(2, OTHER), True),
        (LINES.at_most(2, DEAR), True),
        (LINES.exactly(0, DEAR), True),
        (LINES.exactly(3, OTHER), True),
        (~LINES.at_least(1, DEAR), True),
        (~(LINES.some(DEAR) & (field("x") == 1)), True),
        (field("orders").some(LINES.none(DEAR)), True),
        (field("orders").none(LINES.none(DEAR)), False),
    ],
    ids=repr,
)
def test_whether_a_condition_holds_if_no_element_has_the_field(
    rules: Rules, negative: bool
) -> None:
    found = {inner.field: inner for inner in inner_fields(rules._node)}
    assert found["total"].negative is negative
    has, has_not = ({"lines": [{name: 1}]} for name in ("total", "totla"))
    held = Rules(found["total"].held)
    for lines, wanted in ((has, True), (has_not, False)):
        attributes = lines if found["total"].list == "lines" else {"orders": [lines]}
        assert held.matches({"attributes": attributes}) is wanted


def test_what_has_no_elements_is_left_out() -> None:
    itself = {"combinator": "and", "rules": [{"field": "", "operator": "=", "value": "x"}]}
    some = {"field": "tags", "operator": "=", "match": {"mode": "some"}, "value": itself}
    tagged = Rules.of({"combinator": "and", "rules": [some]})
    for rules in (everyone(), DEAR, did("click"), ~did("click"), tagged):
        assert list(inner_fields(rules._node)) == []


@pytest.mark.parametrize(
    ("rules", "kind", "negative"),
    [
        (field("x") > 5, "number", False),
        (~(field("x") > 5), "number", True),
        (field("x").not_between(1, 5), "number", True),
        (Rules.parse('x >= "5.50"'), "number", False),
        (field("x") < date(2026, 1, 31), "date", False),
        (field("x").within_last(days=3), "date", False),
        (field("x").not_within_last(days=3) & (field("y") == 1), "date", True),
    ],
    ids=repr,
)
def test_what_a_field_is_compared_with(rules: Rules, kind: str, negative: bool) -> None:
    [found] = compared(rules._node)
    assert (found.field, found.kind, found.negative) == ("x", kind, negative)
    values = {"number": (-7.5, 10**20), "date": ("2026-01-31", "1950-01-31T10:00:00Z")}
    for value in (*values["number"], *values["date"], "-7.5", "n/a", True, None):
        held = Rules(found.held).matches({"attributes": {"x": value}})
        assert held is (value in values[kind] and value is not True), value


def test_what_has_no_order_is_left_out() -> None:
    for rules in (
        everyone(),
        field("x") == 5,
        field("created_at") > date(2026, 1, 1),
        LINES.some(DEAR),
    ):
        assert list(compared(rules._node)) == []
