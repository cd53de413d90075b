"""What an upsert leaves of what is there: siblings of what it names, and every "no"."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_sdk import CampaignClient, field
from campaign_sdk.rules._paths import keys_of, path_name

EMAIL = "a@example.com"
EARLY, LATE = "2026-01-02T03:04:05+00:00", "2026-02-02T00:00:00+00:00"


def attributes(client: CampaignClient) -> dict[str, Any]:
    found = client.contacts.find(EMAIL)
    assert found is not None
    return found.attributes


def merged(client: CampaignClient, *steps: dict[str, Any]) -> dict[str, Any]:
    for step in steps:
        client.contacts.upsert([{"email": EMAIL, "attributes": step}])
    return attributes(client)


def test_merging_reaches_as_deep_as_the_names(ann: CampaignClient) -> None:
    first = {"address": {"city": "Pune", "geo": {"lat": 1, "lon": 2}}, "tags": ["a"], "n": {"x": 1}}
    second = {"address": {"geo": {"lat": 3}, "zip": "01067"}, "tags": ["b"], "n": 5}
    assert merged(ann, first, second) == {
        "address": {"city": "Pune", "geo": {"lat": 3, "lon": 2}, "zip": "01067"},
        "tags": ["b"],
        "n": 5,
    }
    found = ann.contacts.find(EMAIL)
    assert found is not None
    changed = ann.contacts.update(found.id, attributes={"address": {"city": None}, "n": {"y": 2}})
    assert changed.attributes["address"] == {
        "city": None,
        "geo": {"lat": 3, "lon": 2},
        "zip": "01067",
    }
    assert changed.attributes["n"] == {"y": 2}


def test_a_part_that_is_there_already_changes_nothing(ann: CampaignClient) -> None:
    merged(ann, {"a": {"b": {"c": 1, "d": 2}}})
    report = ann.contacts.upsert([{"email": EMAIL, "attributes": {"a": {"b": {"d": 2}}}}])
    assert (report.updated, report.unchanged) == (0, 1)


@pytest.mark.parametrize("order", list(itertools.permutations([None, LATE, EARLY])))
def test_a_no_in_any_row_of_a_batch_counts(alice: Any, order: tuple[str | None, ...]) -> None:
    items = [{"email": EMAIL, "phone": str(n), "unsubscribed_at": at} for n, at in enumerate(order)]
    answer = alice.rpc("upsert_contacts", {"contacts": items}).execute().data
    assert answer["created"] == 1
    [row] = alice.from_("contacts").select("phone, unsubscribed_at").execute().data
    assert datetime.fromisoformat(row["unsubscribed_at"]) == datetime.fromisoformat(EARLY)
    assert row["phone"] == "0"


def test_the_date_that_is_stored_stands(alice: Any) -> None:
    for at in (LATE, EARLY):
        item = {"email": EMAIL, "unsubscribed_at": at}
        alice.rpc("upsert_contacts", {"contacts": [item]}).execute()
        alice.rpc("unsubscribe_contacts", {"contacts": [item]}).execute()
    [row] = alice.from_("contacts").select("unsubscribed_at").execute().data
    assert datetime.fromisoformat(row["unsubscribed_at"]) == datetime.fromisoformat(LATE)


def test_unsubscribing_creates_nobody(alice: Any) -> None:
    alice.rpc("upsert_contacts", {"contacts": [{"email": EMAIL}]}).execute()
    items = [{"email": "<A@example.com>"}, {"email": "b@example.com", "unsubscribed_at": EARLY}]
    answer = alice.rpc("unsubscribe_contacts", {"contacts": items}).execute().data
    assert (answer["created"], answer["updated"], answer["unchanged"]) == (0, 1, 1)
    [row] = alice.from_("contacts").select("unsubscribed_at").execute().data
    since = datetime.now(UTC) - datetime.fromisoformat(row["unsubscribed_at"])
    assert abs(since.total_seconds()) < 60


def test_a_preview_says_what_an_upsert_would_do(alice: Any) -> None:
    stored = {"email": EMAIL, "attributes": {"a": {"b": 1}}}
    alice.rpc("upsert_contacts", {"contacts": [stored, {"email": "b@example.com"}]}).execute()
    items = [
        {"email": EMAIL, "attributes": {"a": {"c": 1}}},
        {"email": "b@example.com", "attributes": {}},
        {"email": "c@example.com"},
        {"email": "C@example.com"},
    ]
    before = alice.from_("contacts").select("*").order("id").execute().data
    said = alice.rpc("preview_contacts", {"contacts": items}).execute().data
    assert alice.from_("contacts").select("*").order("id").execute().data == before
    assert said == alice.rpc("upsert_contacts", {"contacts": items}).execute().data
    nothing: dict[str, Any] = {"rejected": [], "reasons": [], "misfits": None}
    assert said == {"created": 1, "updated": 1, "unchanged": 1, **nothing}


SIZE = "Size (custom.facts.size)"


def test_a_dot_can_be_part_of_a_name(ann: CampaignClient) -> None:
    assert merged(ann, {SIZE: "XL", "a.b": 1, "a": {"b": 2}})[SIZE] == "XL"
    for rule in (field(SIZE) == "XL", field(r"a\.b") == 1, field("a.b") == 2):
        assert ann.segments.size(rule).count == 1
    names = {each.name for each in ann.contacts.fields()}
    assert names == {SIZE, r"a\.b", "a.b"}


KEYS = st.lists(st.text(r"ab.\() ", min_size=1, max_size=4), min_size=1, max_size=3)


@settings(max_examples=50)
@given(paths=st.lists(KEYS, min_size=10, max_size=40))
def test_python_and_the_database_read_names_alike(stack: Any, paths: list[list[str]]) -> None:
    names = [path_name(path) for path in paths]
    with psycopg.connect(stack.db_url) as db:
        for path, name in zip(paths, names, strict=True):
            row = db.execute(
                "select campaign_private.path_name(%s), campaign_private.field_keys(%s)",
                [path, name],
            ).fetchone()
            assert row == (name, keys_of(name))
