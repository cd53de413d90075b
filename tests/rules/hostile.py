"""Strategies for contacts and rules that try to break something.

Contacts and rules draw from the same pools, so that they meet.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

QUOTES = ["'", "''", "\\", "\\'", '"', '\\"', "$$", "%", "_", "%L", "%s", "; --", "/*", "\n", "\t"]
LETTERS = [
    "a",
    "A",
    "ä",
    "a\u0308",
    "ß",
    "ẞ",
    "İ",
    "\u0131",
    "😀",
    "\u200b",
    "\ufeff",
    "\u202e",
    "\x7f",
]
NUMERIC = ["5", "5.0", "5.00", "05", "+5", " 5", "5e0", "50e-1", "-0", "0", "0.1", "1e2", "100",
           "1e999", "-1e-999", "NaN", "\u0665", "12345678901234567890.5", "1_000"]  # fmt: skip
DATES = [
    "2024-02-29", "2023-02-29", "2026-03-29", "2026-03-28", "2026-03-29T02:30:00Z",
    "2026-03-29T03:30:00.25Z", "2026-03-29T03:30:00.250Z", "2026-03-29T03:30:00.250000Z",
    "2026-03-29T03:30:00Z", "2026-03-29T03:30:00.3Z", "2026-03-28T23:00:00Z",
    "2026-03-29T00:00:00Z", "2026-03-29T00:00:00.000Z", "2026-03-29T05:30:00.25+02:00",
    "2026-03-28T22:00:00.000001Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z",
    "0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z",
    "2026-13-45", "20x6-aa-bb", "2026-03-29T03:30:00.Z", "2026-03-29T03:30:00.2ZZ",
    "2026-02-28T03:30:00.25Z", "2025-03-29", "2026-03-01", "2026-01-01", "2026-12-31",
]  # fmt: skip
NAIVE = ["2026-03-29T03:30:00", "2026-03-29 03:30", "2026-03-29T03:30:00.25"]
WORDS = ["", " ", "true", "null", "Pune", "pune", "Pun", "une", "a,b", "a\\,b", "['x']", '["Pune"]',
         '{"a": 1}']  # fmt: skip

texts = st.one_of(
    st.sampled_from([*QUOTES, *LETTERS, *NUMERIC, *DATES, *NAIVE, *WORDS]),
    st.lists(st.sampled_from([*QUOTES, *LETTERS, *WORDS]), max_size=4).map("".join),
)
numbers = st.one_of(
    st.sampled_from([0, -0.0, 5, 5.0, 0.1, 100, 1e2, -1, 2**53 + 1, 10**30, 1e300, 5e-324, 0.30]),
    st.integers(-10, 10),
    st.floats(-10, 10, allow_nan=False),
)
scalars = st.one_of(texts, numbers, st.booleans())
stored = st.recursive(
    st.one_of(scalars, st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b", "Pune", "0", ""]), inner, max_size=3),
    ),
    max_leaves=5,
)

KEYS = ["a", "b", "it's", 'q"', "back\\slash", "%s", "email", "{", "ключ"]
FIELDS = [*KEYS, "a.b", "a.b.a", "b.0", "attributes.email", "attributes.a", "attributes.attributes",
          "email", "phone", "created_at", "updated_at", "unsubscribed_at"]  # fmt: skip
INSTANTS = ["2026-03-29T03:30:00.25Z", "2026-03-29T00:00:00Z", "2026-03-28T23:00:00Z",
            "2024-02-29T00:00:00Z", "2025-01-01T12:00:00Z"]  # fmt: skip

contacts = st.fixed_dictionaries(
    {"attributes": st.dictionaries(st.sampled_from([*KEYS, "attributes"]), stored, max_size=6)},
    optional={
        "phone": st.one_of(st.none(), texts.filter(lambda text: 1 <= len(text) <= 64)),
        "created_at": st.sampled_from(INSTANTS),
        "unsubscribed_at": st.one_of(st.none(), st.sampled_from(INSTANTS)),
    },
)

relative = st.fixed_dictionaries(
    {
        "mode": st.just("relative"),
        "anchor": st.sampled_from(
            ["now", "startOfDay", "endOfDay", "startOfWeek", "endOfWeek", "startOfMonth",
             "endOfMonth", "startOfQuarter", "endOfQuarter", "startOfYear", "endOfYear"]
        ),
        "offset": st.one_of(st.integers(-3, 3), st.sampled_from([-30, -24, 0, 1000, -1000])),
        "unit": st.sampled_from(
            ["minute", "hour", "day", "week", "month", "quarter", "year"]
        ),
    }
)  # fmt: skip
recurring = relative.map(lambda value: {**value, "recurring": "yearly"})
equal_to = st.one_of(scalars, relative)
dates = st.one_of(st.sampled_from(DATES), relative)
amounts = st.one_of(numbers, st.sampled_from(NUMERIC))
within = st.one_of(amounts, dates, texts)
found = st.one_of(texts.filter(lambda text: bool(text.strip(" \t\n"))), numbers, st.booleans())


def asked(
    fields: list[str], operators: list[str], values: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"field": st.sampled_from(fields), "operator": st.sampled_from(operators), "value": values}
    )


def rules_on(fields: list[str]) -> st.SearchStrategy[Any]:
    return st.one_of(
        asked(fields, ["=", "!="], equal_to),
        asked(fields, ["<", "<=", ">", ">="], within),
        asked(fields, ["contains", "doesNotContain", "beginsWith", "doesNotBeginWith",
                       "endsWith", "doesNotEndWith"], found),
        asked(fields, ["in", "notIn"], st.lists(scalars, min_size=1, max_size=12)),
        asked(fields, ["between", "notBetween"], st.tuples(dates, dates).map(list)),
        asked(fields, ["between", "notBetween"], st.tuples(amounts, amounts).map(list)),
        asked(fields, ["between", "notBetween"], st.tuples(within, within).map(list)),
        asked(fields, ["=", "!="], recurring),
        asked(fields, ["between", "notBetween"], st.tuples(recurring, recurring).map(list)),
        asked(fields, ["between", "<"], st.tuples(recurring, relative).map(list)),
        asked(fields, ["null", "notNull"], st.none()),
    )  # fmt: skip


rules = rules_on(FIELDS)


def _group(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {
            "combinator": st.sampled_from(["and", "or"]),
            "not": st.booleans(),
            "rules": st.lists(inner, min_size=1, max_size=4),
        }
    )


def trees_of(leaves: st.SearchStrategy[Any], most: int = 8) -> st.SearchStrategy[Any]:
    return _group(st.recursive(leaves, _group, max_leaves=most))


trees = trees_of(rules)
timezones = st.sampled_from(
    ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "Pacific/Apia",
     "Australia/Lord_Howe", "Europe/Dublin", "Africa/Casablanca"]
)  # fmt: skip
moments = st.sampled_from(
    ["2026-03-29T03:30:00.25+00:00", "2026-03-29T00:30:00+00:00", "2026-10-25T00:30:00+00:00",
     "2024-02-29T23:30:00+00:00", "2026-01-01T00:00:00+00:00", "2026-03-08T07:30:00+00:00",
     "2026-11-01T05:30:00.000001+00:00", "9999-12-31T23:59:59.999999+00:00",
     "0001-01-01T00:00:00+00:00"]
)  # fmt: skip
