"""Expressions: what they mean on the wire, and how they behave as values."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from campaign_sdk import InvalidRules, Rules, everyone, field

x = field("x")


@pytest.mark.parametrize(
    ("rules", "operator", "value"),
    [
        (x == 1, "=", 1),
        (x != "a", "!=", "a"),
        (x < 1.5, "<", 1.5),
        (x <= Decimal("1.10"), "<=", 1.1),
        (x > date(2024, 5, 5), ">", "2024-05-05"),
        (x >= datetime(2024, 5, 5, 12, tzinfo=timezone(timedelta(hours=2))), ">=",
         "2024-05-05T10:00:00Z"),
        (x.before("2024-05-05"), "<", "2024-05-05"),
        (x.after(datetime(2024, 5, 5, 0, 0, 0, 5, tzinfo=UTC)), ">", "2024-05-05T00:00:00.000005Z"),
        (x.in_(["a", 1, True]), "in", ["a", 1, True]),
        (x.not_in(range(3)), "notIn", [0, 1, 2]),
        (x.between(1, 2), "between", [1, 2]),
        (x.not_between(date(2024, 1, 1), "2024-02-01"), "notBetween", ["2024-01-01", "2024-02-01"]),
        (x.contains("a"), "contains", "a"),
        (x.not_contains("a"), "doesNotContain", "a"),
        (x.begins_with("a"), "beginsWith", "a"),
        (x.not_begins_with("a"), "doesNotBeginWith", "a"),
        (x.ends_with("a"), "endsWith", "a"),
        (x.not_ends_with("a"), "doesNotEndWith", "a"),
        (x.exists(), "notNull", None),
        (x.is_null(), "null", None),
        (x.within_last(weeks=2), "between",
         [{"mode": "relative", "anchor": "startOfDay", "offset": -2, "unit": "week"},
          {"mode": "relative", "anchor": "now", "offset": 0, "unit": "day"}]),
        (x.not_within_last(hours=2), "notBetween",
         [{"mode": "relative", "anchor": "now", "offset": -2, "unit": "hour"},
          {"mode": "relative", "anchor": "now", "offset": 0, "unit": "day"}]),
        (x.within_next(months=1), "between",
         [{"mode": "relative", "anchor": "startOfDay", "offset": 0, "unit": "day"},
          {"mode": "relative", "anchor": "endOfDay", "offset": 1, "unit": "month"}]),
        (~x.not_within_next(minutes=5), "between",
         [{"mode": "relative", "anchor": "now", "offset": 0, "unit": "day"},
          {"mode": "relative", "anchor": "now", "offset": 5, "unit": "minute"}]),
        (~(x == 1), "!=", 1),
        (~x.exists(), "null", None),
        (~~(x < 1), "<", 1),
    ],
)  # fmt: skip
def test_one_comparison_is_one_rule(rules: Rules, operator: str, value: Any) -> None:
    assert rules.to_wire() == {
        "combinator": "and",
        "not": False,
        "rules": [{"field": "x", "operator": operator, "value": value, "valueSource": "value"}],
    }


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (-(2**60), "-1152921504606846976"),
        (Decimal("5.00"), 5),
        (Decimal("0.1"), 0.1),
        (Decimal("0.12345678901234567890"), "0.1234567890123456789"),
        (Decimal(10) ** 20, 1e20),
        (0.1, 0.1),
        (True, True),
    ],
)
def test_numbers_survive_readers_that_only_know_doubles(given: Any, written: Any) -> None:
    value = (x == given).to_wire()["rules"][0]["value"]
    assert (value, type(value)) == (written, type(written))
    assert (x == given).matches({"x": given})


def test_groups_of_the_same_kind_are_not_nested() -> None:
    rules = (x == 1) & (x == 2) & ((x == 3) & (x == 4))
    assert len(rules.to_wire()["rules"]) == 4
    mixed = ((x == 1) | (x == 2)) & (x == 3)
    assert [len(rule.get("rules", [])) for rule in mixed.to_wire()["rules"]] == [2, 0]


def test_a_comparison_without_an_opposite_is_negated_by_a_group() -> None:
    wire = (~(x < 1)).to_wire()
    assert wire["not"] is True
    assert [rule["operator"] for rule in wire["rules"]] == ["<"]


def test_everyone_is_marked_and_nobody_is_its_complement() -> None:
    assert everyone().to_wire() == {
        "combinator": "and",
        "not": False,
        "rules": [],
        "everyone": True,
    }
    assert everyone().matches({})
    assert not (~everyone()).matches({})
    assert ~~everyone() == everyone()
    assert (everyone() & (x == 1)).matches({"x": 1})
    assert not (everyone() & (x == 1)).matches({"x": 2})


def test_rules_are_values() -> None:
    assert (x == 1) == (x == 1)
    assert hash(x == 1) == hash(x == 1)
    assert len({x == 1, x == 1.0, x == "1", x == True, field("y") == 1}) == 5  # noqa: E712
    assert (x == 1) != 1
    with pytest.raises(AttributeError):
        (x == 1)._node = None  # type: ignore[misc,assignment]
    with pytest.raises(TypeError):
        (x == 1) & True
    with pytest.raises(TypeError):
        (x == 1) | {"combinator": "and"}  # type: ignore[operator]


def test_rules_can_be_taken_in_either_form() -> None:
    rules = (x == 1) | ~(x.between(1, 2) & field("y").in_(["a,b"]))
    assert Rules.of(rules) is rules
    assert Rules.of(rules.to_wire()) == rules
    assert Rules.of(json.loads(json.dumps(rules.to_wire()))) == rules


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (everyone(), "everyone"),
        (~everyone(), "nobody"),
        (x == 'a"b', 'x is "a\\"b"'),
        (x.is_null(), "x is missing"),
        (x.between(1, 2), "x between 1 and 2"),
        (x.not_in(["a", True]), 'x not in ("a", true)'),
        (x.not_within_last(days=90), "x not within last 90 days"),
        (x.within_last(hours=1), "x within last 1 hour"),
        (x.within_next(weeks=2), "x within next 2 weeks"),
        (~x.within_next(minutes=5), "x not within next 5 minutes"),
        (~(x < 5), "not (x < 5)"),
        (((x == 1) | (x == 2)) & x.exists(), "(x is 1 or x is 2) and x is present"),
    ],
)
def test_rules_can_be_read(rules: Rules, text: str) -> None:
    assert rules.explain() == text
    assert repr(rules) == f"<Rules: {text}>"


def test_fields_can_be_read_and_used_as_keys() -> None:
    assert repr(field("address.city")) == "field('address.city')"
    assert hash(field("a")) == hash(field("a"))


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (x.anniversary().is_today(), "x anniversary is today"),
        (x.anniversary().within_next(days=7), "x anniversary within next 7 days"),
        (x.anniversary().within_last(weeks=1), "x anniversary within last 1 week"),
    ],
)
def test_anniversaries_are_what_their_text_says(rules: Rules, text: str) -> None:
    assert rules == Rules.parse(text)
    assert str(rules) == str(Rules.parse(text))


def test_none_is_no_value_and_the_remedy_is_said() -> None:
    nothing: Any = None
    for compare in (lambda: x == nothing, lambda: x.in_([1, nothing])):
        with pytest.raises(InvalidRules, match=r"is_null\(\) or \.exists\(\)"):
            compare()
