"""The database finds what another reader of JSON Schema finds, on hostile data."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_sdk.attributes._schema import schema_of

from .customer import Customer

# Without annotations of its own.
jsonschema: Any = importlib.import_module("jsonschema")

KEYS = ["a", "b", 'c"d\\e', "f.g", "größe", "two words"]
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, -1.5, 1e20, 10**30, -0.0]))
TEXTS = st.sampled_from(
    [
        *("", "a", "ab", "x\ny", '"', "1", "é" * 4),
        *("2026-01-31", "2024-02-29", "2026-02-29", "0000-01-01"),
        *("2026-01-31T09:00:00Z", "2026-01-31T25:00:00Z", "2026-01-31T09:00:00"),
    ]
)
SCALARS = st.one_of(st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    st.none() | SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=6,
)


def _number(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    bounds = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    limits = st.dictionaries(st.sampled_from(bounds), st.integers(-2, 2), max_size=2)
    return limits.map(lambda found: {"type": kind, **found})


def _text() -> st.SearchStrategy[dict[str, Any]]:
    lengths = st.dictionaries(st.sampled_from(["minLength", "maxLength"]), st.integers(0, 3))
    formats = st.sampled_from([{}, {}, {"format": "date"}, {"format": "date-time"}])
    return st.builds(lambda *parts: {"type": "string", **parts[0], **parts[1]}, lengths, formats)


PLAIN = st.one_of(
    _number("integer"),
    _number("number"),
    _text(),
    st.just({"type": "boolean"}),
    st.lists(SCALARS, min_size=1, max_size=3).map(lambda values: {"enum": values}),
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    def make(properties: dict[str, Any], needed: int, closed: bool) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "object"}
        if properties:
            made["properties"] = properties
        if required := list(properties)[:needed]:
            made["required"] = required
        return {**made, "additionalProperties": False} if closed else made

    properties = st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    return st.builds(make, properties, st.integers(0, 2), st.booleans())


NODES = st.recursive(
    PLAIN | st.just({}) | st.lists(PLAIN, min_size=2, max_size=2).map(lambda two: {"anyOf": two}),
    lambda inner: _objects(inner) | inner.map(lambda items: {"type": "array", "items": items}),
    max_leaves=5,
)


def without_null(value: Any) -> Any:
    """Null is missing: of an object it is nothing, and in a list anything."""
    if isinstance(value, dict):
        return {key: without_null(child) for key, child in value.items() if child is not None}
    return [without_null(child) for child in value] if isinstance(value, list) else value


def nullable_items(node: Any) -> Any:
    """What a schema is once null in lists is a missing value."""
    if isinstance(node, list):
        return [nullable_items(child) for child in node]
    if not isinstance(node, dict):
        return node
    found = {key: nullable_items(child) for key, child in node.items()}
    if found.get("type") == "array" and isinstance(found.get("items"), dict):
        found["items"] = {"anyOf": [found["items"], {"type": "null"}]}
    return found


_OFFSET = re.compile(r".*[T ]\d\d:\d\d(:\d\d([.]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)")


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_moment(value: object) -> bool:
    if not isinstance(value, str) or _is_date(value):
        return True
    try:
        return bool(_OFFSET.fullmatch(value)) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def fits(schema: Any, attributes: Any) -> bool:
    checker = jsonschema.FormatChecker(formats=())
    checker.checks("date")(_is_date)
    checker.checks("date-time")(_is_moment)
    validator = jsonschema.Draft202012Validator(nullable_items(schema), format_checker=checker)
    return bool(validator.is_valid(without_null(attributes)))


FOUND = """
select not jsonb_path_exists(p.value, campaign_private.schema_fault(s.value), '{}', true),
  not exists (select from campaign_private.misfits(
    campaign_private.schema_list(s.value), campaign_private.schema_faults(s.value), p.value))
from (select %s::jsonb) as s (value),
  jsonb_array_elements(%s::jsonb) with ordinality as p (value, n)
order by p.n
"""


def found(db: psycopg.Connection, schema: Any, people: list[Any]) -> Iterator[tuple[bool, bool]]:
    yield from db.execute(FOUND, [json.dumps(schema), json.dumps(people)]).fetchall()


@settings(max_examples=150)
@given(_objects(NODES), st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES), max_size=8))
def test_both_find_the_same(
    db: psycopg.Connection, schema: dict[str, Any], people: list[dict[str, Any]]
) -> None:
    for person, (whole, each) in zip(people, found(db, schema, people), strict=True):
        assert whole == each == fits(schema, person), (schema, person)


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        ({}, None),
        ({"orders": 3, "plan": "pro", "beside": [1]}, None),
        ({"orders": 3.0}, None),
        ({"orders": None, "plan": None, "address": None, "tags": None}, None),
        ({"orders": "many"}, "orders: must be a whole number"),
        ({"orders": 1.5}, "orders: must be a whole number"),
        ({"orders": [1]}, "orders: must be a whole number"),
        ({"plan": "gold"}, 'plan: must be one of "free", "pro"'),
        ({"plan": {"a": 1}}, 'plan: must be one of "free", "pro"'),
        ({"last_order_at": "2026-01-31"}, None),
        ({"last_order_at": "2026-01-31T09:00:00+05:30"}, None),
        ({"last_order_at": "2026-01-31T09:00:00"}, "last_order_at: must be a date, or a moment"),
        ({"born": "2026-01-31T09:00:00Z"}, "born: must be a date such as 2026-01-31"),
        ({"born": "2023-02-29"}, "born: must be a date"),
        ({"address": {"city": 5}}, "address.city: must be a text"),
        ({"work": []}, "work: must be an object"),
        ({"tags": ["a", 1]}, "tags: each must be a text"),
        ({"spend": -0.01}, "spend: must be a number of at least 0"),
        ({"code": True}, "code: must be a whole number, or a text"),
        ({"purchases": [{"total": 1}, {}]}, "purchases.total: must not be missing"),
        ({"purchases": [{}, {"total": "x"}]}, "purchases.total: must be a number"),
    ],
)
def test_what_is_found_is_said(
    db: psycopg.Connection, attributes: dict[str, Any], fault: str | None
) -> None:
    query = """
        select m.field || ': ' || m.expected
        from (select %s::jsonb) as s (value), campaign_private.misfits(
          campaign_private.schema_list(s.value), campaign_private.schema_faults(s.value), %s::jsonb
        ) as m
        limit 1
    """
    row = db.execute(query, [json.dumps(schema_of(Customer)), json.dumps(attributes)]).fetchone()
    assert (row is None) == (fault is None)
    assert row is None or (fault is not None and row[0].startswith(fault))
