"""Strategies for what contacts did and were sent, and for rules that count it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from . import hostile

CAMPAIGNS = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(3)]
TYPES = ["impression", "click", "conversion", "delivered", "bounced"]
LINKS = [None, "https://a.example/it's", "https://b.example/%", "x", "ß", "5", "5.0"]
VALUES = [None, 0, 5, 5.0, -1, 0.1, 100, 12345678901234, 1e-9]
MOMENTS = [
    *hostile.INSTANTS, "2026-03-29T03:30:00.250001Z", "2026-03-28T23:59:59.999999Z",
    "2026-10-25T00:30:00Z", "2026-02-28T03:30:00Z", "2026-04-30T00:00:00Z",
]  # fmt: skip

owners = st.one_of(st.none(), st.integers(0, 9))
events = st.fixed_dictionaries(
    {
        "contact": owners,
        "campaign_id": st.sampled_from(CAMPAIGNS),
        "type": st.sampled_from(TYPES),
        "occurred_at": st.sampled_from(MOMENTS),
        "value": st.sampled_from(VALUES),
        "actor": st.sampled_from(["human", "proxy", "machine", "unknown"]),
        "link": st.sampled_from(LINKS),
    }
)
deliveries = st.fixed_dictionaries(
    {
        "contact": st.integers(0, 9),
        "campaign_id": st.sampled_from(CAMPAIGNS),
        "outcome": st.sampled_from(["sent", "failed", "skipped", "unknown"]),
        "variant": st.sampled_from([None, "a", "B's"]),
        "at": st.sampled_from(MOMENTS),
    }
)

IDS = st.sampled_from([*CAMPAIGNS, "00000000-0000-4000-8000-00000000000F"])
_EQUAL, _LISTED = ["=", "!="], ["in", "notIn"]
_DATED = st.tuples(hostile.dates, hostile.dates).map(list)


def _words(field: str, words: list[str]) -> st.SearchStrategy[Any]:
    return st.one_of(
        hostile.asked([field], _EQUAL, st.sampled_from(words)),
        hostile.asked([field], _LISTED, st.lists(st.sampled_from(words), min_size=1, max_size=3)),
    )


def _ids() -> st.SearchStrategy[Any]:
    return st.one_of(
        hostile.asked(["campaign_id"], _EQUAL, IDS),
        hostile.asked(["campaign_id"], _LISTED, st.lists(IDS, min_size=1, max_size=3)),
        hostile.asked(["campaign_id"], ["null", "notNull"], st.none()),
    )


def _moments(field: str) -> st.SearchStrategy[Any]:
    return st.one_of(
        hostile.asked([field], [*_EQUAL, "<", "<=", ">", ">="], hostile.dates),
        hostile.asked([field], ["between", "notBetween"], _DATED),
    )


event_rules = st.one_of(
    _words("type", TYPES),
    _words("actor", ["human", "machine", "unknown"]),
    _ids(),
    _moments("occurred_at"),
    hostile.rules_on(["value", "link", "occurred_at", "type", "actor"]),
)
delivery_rules = st.one_of(
    _words("outcome", ["sent", "failed", "skipped"]),
    _ids(),
    _moments("at"),
    hostile.rules_on(["variant", "at", "outcome"]),
)
element_rules = hostile.rules_on(["", "a", "b", "a.b", "Pune", "0", "email", "attributes.a"])

matches = st.one_of(
    st.fixed_dictionaries({"mode": st.sampled_from(["some", "none", "all"])}),
    st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["atLeast", "atMost", "exactly"]),
            "threshold": st.sampled_from([0, 1, 2, 3, 2.0, 0.5, 0.25, 0.1, 1 / 3, 0.9]),
        }
    ),
)


def counting(fields: list[str], inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    everything = st.just({"combinator": "and", "rules": [], "everyone": True})
    return st.fixed_dictionaries(
        {
            "field": st.sampled_from(fields),
            "operator": st.just("="),
            "match": matches,
            "value": st.one_of(hostile.trees_of(inner, 4), everything),
        }
    )


_lists = ["a", "b", "a.b", "attributes.attributes", "email"]
leaves = st.one_of(
    counting(["events"], event_rules),
    counting(["events"], event_rules),
    counting(["deliveries"], delivery_rules),
    counting(_lists, element_rules),
    counting(["a", "b"], counting(["", "a", "b"], element_rules)),
    hostile.rules,
)
trees = hostile.trees_of(leaves, 6)
