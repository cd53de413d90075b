"""Rules written in a shell, and what `explain` writes, read back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_sdk import InvalidRules, Rules, everyone, field

orders, city, last = field("orders"), field("city"), field("last_order_at")


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ('orders >= 3 and not city in ("Pune")', (orders >= 3) & ~city.in_(["Pune"])),
        ("orders = 1 or orders = 2 and city is 'a'", (orders == 1) | (orders == 2) & (city == "a")),
        ("(orders < 1 or orders > 9)", (orders < 1) | (orders > 9)),
        ("not not orders < 1", orders < 1),
        ("not orders < 1", ~(orders < 1)),
        ("not (orders < 1 and city is missing)", ~((orders < 1) & city.is_null())),
        ("city is present", city.exists()),
        ('city is not "O\\"Neill \\\\"', city != 'O"Neill \\'),
        ("city contains 'x'", city.contains("x")),
        ("city does not contain 'x'", city.not_contains("x")),
        ("city begins with 'x'", city.begins_with("x")),
        ("city does not begin with 'x'", city.not_begins_with("x")),
        ("city ends with 'x'", city.ends_with("x")),
        ("city does not end with 'x'", city.not_ends_with("x")),
        ("city not in (1, -2.5, true, 'x')", city.not_in([1, -2.5, True, "x"])),
        ("orders between 1 and 3 and city = 1", orders.between(1, 3) & (city == 1)),
        ("orders not between 1 and 3", orders.not_between(1, 3)),
        ("last_order_at < 1998-04-01", last < date(1998, 4, 1)),
        ("last_order_at within last 90 days", last.within_last(days=90)),
        ("last_order_at not within last 1 month", last.not_within_last(months=1)),
        ("last_order_at within next 2 weeks", last.within_next(weeks=2)),
        ("last_order_at not within next 1 hour", last.not_within_next(hours=1)),
        ("last_order_at between startOfDay -90 day and now", last.within_last(days=90)),
        ("d between startOfQuarter -1 quarter and endOfQuarter -1 quarter", Rules.of(
            {"combinator": "and", "rules": [{"field": "d", "operator": "between", "value": [
                {"mode": "relative", "anchor": "startOfQuarter", "offset": -1, "unit": "quarter"},
                {"mode": "relative", "anchor": "endOfQuarter", "offset": -1, "unit": "quarter"},
            ]}]})),
        ("`First Name` is 'A'", field("First Name") == "A"),
        ("address.city = 'B'", field("address.city") == "B"),
        ("everyone", everyone()),
        ("nobody", ~everyone()),
        ("everyone and orders = 1", everyone() & (orders == 1)),
        ("größe != 1e3", field("größe") != 1000.0),
    ],
)  # fmt: skip
def test_it_means_the_same_as_the_expression(text: str, rules: Rules) -> None:
    assert Rules.parse(text) == rules


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "a field"),
        ("orders", 7, "a comparison after `orders`"),
        ("orders >", 9, "a value"),
        ("orders >= 3 city = 1", 13, "and, or"),
        ("orders == 3", 8, "write = for equality"),
        ("orders === 3", 8, "write = for equality"),
        ("orders <> 3", 8, "write !="),
        ("orders > 3 AND city = 'a'", 12, "write and in small letters"),
        ("orders > 3 Or city = 'a'", 12, "write or in small letters"),
        ("NOT orders > 3", 1, "write not in small letters"),
        ("city IS 'a'", 6, "write is in small letters"),
        ("city is null", 9, "write `is missing`"),
        ("city IS NOT NULL", 6, "write `is present`"),
        ("city = null", 8, "`is missing`"),
        ("city is not empty", 13, "`is present` instead of empty"),
        ("city is Blank", 9, '"" for an empty text'),
        ("vip is yes", 8, "write true"),
        ("d < today", 5, "startOfDay"),
        ("d is older than 30 days", 6, "write `not within last`"),
        ("d older than 30 days", 3, "write `not within last`"),
        ("city not contains 'a'", 6, "write `does not contain`"),
        ("city like 'a%'", 6, "write `contains`"),
        ("city NOT LIKE 'a%'", 6, "write `contains`"),
        ("city =~ 'a'", 6, "no patterns"),
        ("a = 1 && b = 2", 7, "write `and`"),
        ("a = 1 || b = 2", 7, "write `or`"),
        ("!a = 1", 1, "write `not`"),
        ("city in ['a']", 9, "in parentheses"),
        ("city starts with 'a'", 6, "write `begins with`"),
        ("d in the last 7 days", 6, "write `within last`"),
        ("d within the next 7 days", 3, "write `within next`"),
        ("a = 1; b = 2", 6, "joined by `and`"),
        ("city is Pune", 9, 'put a text in quotes: "Pune"'),
        ("zip is 0123", 8, "put a text in quotes"),
        ("phone is +91x", 10, "put a text in quotes"),
        ('city is "Pune', 9, "isn't closed"),
        ('city is "a\\n"', 11, "backslash"),
        ("city in ()", 10, "a value"),
        ("city in (1", 11, ", or )"),
        ("city in 1", 9, "a list"),
        ("(orders = 1", 12, "or )"),
        ("orders between 3 and 1", 1, "is reversed"),
        ("orders between 1", 17, "`and` and the higher value"),
        ("orders > 2026-01-01T10:00", 1, "offset"),
        ('d not between "01/11/2026" and "30/11/2026"', 1, "value[0] of `d` has no order"),
        ('not d < "20/11/2026"', 5, "the value of `d` has no order"),
        ("email > 5", 1, "the operator of `email` can't be asked of a text"),
        ("created_at > 5", 1, "must be a date"),
        ("city is '~'", 1, "placeholder"),
        ("orders > 1e400", 1, "too large"),
        ("x within last 3", 16, "one of minute, hour"),
        ("x within last soon", 15, "90 days"),
        ("x >= now -1.5 day", 10, "a whole number"),
        ("a..b = 1", 1, "path"),
        ("`` = 1", 1, "must name a field"),
        ("a = 1 & b = 2", 7, "write `and`"),
        ("a = 1 ° b = 2", 7, "can't read '°'"),
        ("(" * 40 + "a = 1" + ")" * 40, 34, "more than 32"),
    ],
)
def test_what_is_refused_names_its_column(text: str, column: int, says: str) -> None:
    with pytest.raises(InvalidRules, match=f"column {column}: ") as caught:
        Rules.parse(text)
    assert caught.value.path == "where"
    assert says in caught.value.reason


def test_thousands_of_words_are_no_recursion() -> None:
    assert Rules.parse("not " * 5_000 + "orders < 1") == (orders < 1)
    assert len(Rules.parse(" or ".join(["orders = 1"] * 2_000)).to_wire()["rules"]) == 2_000
    with pytest.raises(InvalidRules, match="256 kB"):
        Rules.parse("orders = 1 or " * 30_000)


def test_half_of_a_surrogate_pair_from_the_command_line() -> None:
    with pytest.raises(InvalidRules, match="surrogate"):
        Rules.parse("city is '\udc80'")


names = st.sampled_from(["orders", "address.city", "last_order_at", "First Name", "größe-2", "not"])
scalars = st.one_of(
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9).filter(str.strip),
)  # fmt: skip
moments = st.builds(
    lambda anchor, offset: {"mode": "relative", "anchor": anchor, "offset": offset, "unit": "day"},
    st.sampled_from(["now", "startOfDay", "endOfMonth"]),
    st.integers(-400, 400),
)


def leaf(operator: str, value: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.fixed_dictionaries({"field": names, "operator": st.just(operator), "value": value})


leaves = st.one_of(
    *(leaf(each, scalars) for each in ("=", "!=", "contains", "doesNotContain", "beginsWith",
                                       "doesNotBeginWith", "endsWith", "doesNotEndWith")),
    *(leaf(each, st.lists(scalars, min_size=1, max_size=3)) for each in ("in", "notIn")),
    *(leaf(each, st.one_of(st.integers(), moments)) for each in ("<", "<=", ">", ">=")),
    *(leaf(each, st.tuples(st.integers(-9, 0), st.integers(0, 9)).map(list))
      for each in ("between", "notBetween")),
    *(leaf(each, st.none()) for each in ("null", "notNull")),
)  # fmt: skip
groups = st.recursive(
    leaves,
    lambda inner: st.fixed_dictionaries(
        {
            "combinator": st.sampled_from(["and", "or"]),
            "not": st.booleans(),
            "rules": st.lists(inner, min_size=1, max_size=3),
        }
    ),
    max_leaves=12,
)


@given(groups)
def test_what_explain_writes_is_read_back(wire: dict[str, object]) -> None:
    rules = Rules.of(wire if "rules" in wire else {"combinator": "and", "rules": [wire]})
    assert Rules.parse(rules.explain()) == rules
