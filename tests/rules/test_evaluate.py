"""The Python evaluator on what Python has that JSON doesn't."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from campaign_sdk import Rules, everyone, field

x = field("x")


@dataclass
class Person:
    email: str = "ann@example.com"
    phone: str | None = None
    created_at: datetime = datetime(2024, 5, 5, tzinfo=UTC)
    updated_at: datetime = datetime(2024, 5, 5, tzinfo=UTC)
    unsubscribed_at: datetime | None = None
    attributes: dict[str, Any] = dataclass_field(default_factory=dict)


def test_contacts_may_be_objects() -> None:
    ann = Person(attributes={"x": 5, "address": {"city": "Pune"}})
    assert (x == 5).matches(ann)
    assert (field("address.city") == "Pune").matches(ann)
    assert field("email").begins_with("ann").matches(ann)
    assert field("created_at").before("2024-05-06").matches(ann)
    assert field("phone").is_null().matches(ann)
    assert field("unsubscribed_at").is_null().matches(ann)


def test_integers_may_be_of_any_size() -> None:
    assert (x > 10**300).matches({"x": 10**5000})


def test_a_mapping_with_attributes_has_no_others() -> None:
    assert (x == 1).matches({"attributes": {"x": 1}})
    assert not (x == 1).matches({"attributes": {}, "x": 1})
    assert (x == 1).matches({"email": "a@example.com", "x": 1})
    assert not field("attributes.email").exists().matches({"email": "a@example.com"})
    assert (x == 1).matches(MappingProxyType({"x": 1}))


@pytest.mark.parametrize("attributes", [None, [], "text", 5])
def test_attributes_that_are_no_object_have_no_fields(attributes: Any) -> None:
    assert x.is_null().matches({"attributes": attributes})


@pytest.mark.parametrize(
    ("stored", "rules"),
    [
        (Decimal("5.00"), x == 5),
        (float("inf"), x > 1e300),
        (date(2024, 5, 5), x == date(2024, 5, 5)),
        (
            datetime(2024, 5, 5, 12, tzinfo=timezone(timedelta(hours=2))),
            x == "2024-05-05T10:00:00Z",
        ),
        ((1, "a"), x.contains("a")),
        ([Decimal(1)], x.contains(1)),
        (float("nan"), x.is_null()),
        (datetime(2024, 5, 5, 12), x.is_null()),
        (object(), x.is_null()),
        (b"bytes", x.is_null()),
    ],
)
def test_what_json_can_not_say_is_taken_for_what_it_means(stored: Any, rules: Rules) -> None:
    assert rules.matches({"x": stored})


@pytest.mark.parametrize("created_at", [None, "soon", "2024-05-05T10:00:00", 5, ""])
def test_a_column_that_is_no_instant_is_missing(created_at: Any) -> None:
    assert field("created_at").is_null().matches({"created_at": created_at})
    assert not (field("created_at") < "2030-01-01").matches({"created_at": created_at})


def test_filter_is_lazy_and_keeps_what_it_is_given() -> None:
    people = [{"x": n} for n in range(10)]
    found = (x >= 8).filter(iter(people))
    assert next(found) is people[8]
    assert list(found) == [people[9]]


def test_relative_dates_are_resolved_at_the_given_moment() -> None:
    rules = x.within_last(days=30)
    assert rules.matches({"x": "2024-05-01"}, as_of=datetime(2024, 5, 5, tzinfo=UTC))
    assert not rules.matches({"x": "2024-05-01"}, as_of=datetime(2024, 7, 5, tzinfo=UTC))
    assert rules.matches({"x": datetime.now(UTC)})


def test_no_tree_and_no_contact_is_too_deep() -> None:
    nest: Any = 1
    for _ in range(10_000):
        nest = {"x": [nest]}
    assert x.exists().matches(nest)
    assert not (x == 1).matches(nest)
    assert everyone().matches(nest)
