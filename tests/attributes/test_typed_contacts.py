"""Contacts whose attributes are of a class."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from campaign_sdk import Attributes, CampaignClient, InvalidInput, NotFound, TypedContact

from .customer import Address, Customer, Purchase, Tier

SINCE = datetime(2026, 1, 31, 9, tzinfo=UTC)
attribute: Any = Customer


def found(client: CampaignClient, email: str) -> TypedContact[Customer]:
    contact = client.contacts.of(Customer).find(email)
    assert contact is not None
    return contact


def test_what_is_stored_comes_back(ann: CampaignClient) -> None:
    ann.contacts.define(Customer)
    customer = Customer(
        orders=3,
        plan="pro",
        last_order_at=SINCE,
        born=date(2000, 2, 29),
        address=Address.model_validate({"city": "Pune", "post code": "411001"}),
        tags=["new"],
        spend=Decimal("19.5"),
        tier=Tier.GOLD,
        purchases=[Purchase(total=Decimal(7))],
    )
    typed = ann.contacts.of(Customer)
    report = typed.upsert([{"email": "A@example.com", "phone": "1", "attributes": customer}])
    assert report.created == 1
    contact = found(ann, "a@example.com")
    assert contact.attributes == customer
    assert contact.phone == "1"
    assert contact.is_subscribed
    assert "Pune" not in repr(contact)
    assert typed.get(contact.id) == contact
    plain = ann.contacts.get(contact.id)
    assert plain.attributes["address"] == {"city": "Pune", "post code": "411001"}
    assert plain.attributes["spend"] == 19.5
    assert plain.attributes["tier"] == "gold"
    assert [each.id for each in typed.iterate(attribute.spend >= 19)] == [contact.id]


def test_only_what_was_given_is_stored(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"orders": 7, "extra": 1}}])
    typed = ann.contacts.of(Customer)
    assert (
        typed.upsert([{"email": "a@example.com", "attributes": Customer(plan="pro")}]).updated == 1
    )
    contact = found(ann, "a@example.com")
    assert (contact.attributes.orders, contact.attributes.plan) == (7, "pro")
    contact.attributes.orders += 1
    changed = typed.update(contact.id, attributes=contact.attributes)
    assert changed.attributes.orders == 8
    assert ann.contacts.get(contact.id).attributes == {"orders": 8, "plan": "pro", "extra": 1}
    assert typed.update(contact.id, phone="2").phone == "2"
    assert typed.find("nobody@example.com") is None
    with pytest.raises(NotFound):
        typed.get("00000000-0000-0000-0000-000000000000")


def test_null_is_missing_and_a_day_its_first_moment(ann: CampaignClient) -> None:
    stored = {
        "orders": None,
        "tier": None,
        "last_order_at": "2026-01-31",
        "address": {"city": None},
    }
    ann.contacts.upsert([{"email": "a@example.com", "attributes": stored}])
    customer = found(ann, "a@example.com").attributes
    assert customer.orders == 0
    assert customer.tier is None
    assert customer.last_order_at == datetime(2026, 1, 31, tzinfo=UTC)
    assert customer.address == Address()


def test_what_doesnt_fit_is_named(ann: CampaignClient) -> None:
    people = [{"email": f"{n}@example.com", "attributes": {"orders": n}} for n in range(5)]
    people[2]["attributes"] = {"orders": "a secret"}
    ann.contacts.upsert(people)
    typed = ann.contacts.of(Customer)
    with pytest.raises(InvalidInput) as caught:
        typed.find("2@example.com")
    assert caught.value.path == "attributes.orders"
    assert "Customer" in caught.value.reason
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidInput):
        list(typed.iterate(page_size=2))
    assert len(list(typed.iterate(page_size=2, skip_misfits=True))) == 4


def test_a_wrong_item_is_named(ann: CampaignClient) -> None:
    naive = Customer(last_order_at=datetime(2026, 1, 1))
    with pytest.raises(InvalidInput) as caught:
        ann.contacts.of(Customer).upsert(
            [{"email": "a@example.com"}, {"email": "b@example.com", "attributes": naive}]
        )
    assert caught.value.path == "$[1].attributes.last_order_at"
    with pytest.raises(InvalidInput, match=r"\$\[0\]\.contact"):
        ann.contacts.of(Customer).upsert(cast(Any, ["a@example.com"]))


def test_a_class_that_is_none_is_refused(ann: CampaignClient) -> None:
    class Wrong(Attributes):
        photo: bytes | None = None

    for wrong, path in ((Wrong, "photo"), (int, "schema"), ("Customer", "schema")):
        with pytest.raises(InvalidInput) as caught:
            ann.contacts.of(cast(Any, wrong))
        assert caught.value.path == path
        with pytest.raises(InvalidInput):
            ann.contacts.define(cast(Any, wrong))
