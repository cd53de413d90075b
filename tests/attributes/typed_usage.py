"""What users' type checkers see of typed attributes: mypy and pyright both fail if one of the
errors ignored here isn't there, or if there is another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, assert_type
from uuid import UUID

from pydantic import Field

from campaign_sdk import (
    AsyncCampaignClient,
    Attributes,
    AttributeSchema,
    CampaignClient,
    ImportReport,
    Rules,
    SchemaViolations,
    TypedContact,
    field,
)
from campaign_sdk._core.operation import Sync
from campaign_sdk.contacts import TypedContacts

SINCE = datetime.now(UTC) - timedelta(days=90)


class Address(Attributes):
    city: str = ""
    zip: str | None = None


class Customer(Attributes):
    orders: int = 0
    plan: Literal["free", "pro"] = "free"
    spend: Decimal | None = None
    last_order_at: datetime | None = None
    address: Address = Address()
    tags: list[str] = Field(default_factory=list)
    vip: bool = False


def rules_are_taken_everywhere(client: CampaignClient) -> None:
    regulars = Customer.orders >= 3
    client.segments.size(regulars)
    client.segments.create("Regulars", Customer.plan == "pro")
    client.segments.preview((Customer.orders >= 3) & (Customer.plan == "pro"))
    client.campaigns.create("Spring", rules=Customer.address.city == "Pune")
    client.contacts.iterate(Customer.orders >= 3)
    assert_type((Customer.orders >= 3) & field("city").in_(["Pune"]), Rules)
    assert_type(field("city").in_(["Pune"]) & (Customer.orders >= 3), Rules)
    assert_type((Customer.orders >= 3) | ~field("city").in_(["Pune"]), Rules)
    assert_type(~Rules.of(Customer.orders >= 3), Rules)


def methods_need_a_field() -> None:
    assert_type(field(Customer.last_order_at).not_within_last(days=90), Rules)
    assert_type(field(Customer.last_order_at) < SINCE, Rules)
    assert_type(~(field(Customer.orders) >= 3), Rules)
    assert_type(field(Customer.spend).between(Decimal(1), 2.5), Rules)
    assert_type(field(Customer.plan).in_(["pro"]), Rules)
    assert_type(field(Customer.tags).contains("new"), Rules)
    assert_type(field(Customer.address.zip) == "411001", Rules)
    assert_type(field(Customer.vip) == True, Rules)  # noqa: E712 - a rule, not a test


def instances_are_ordinary(customer: Customer) -> None:
    assert_type(customer.orders, int)
    assert_type(customer.last_order_at, datetime | None)
    assert_type(customer.address.city, str)
    Customer(orders=3, address=Address(city="Pune"))
    Customer(orders="many")  # type: ignore[arg-type]


def contacts_are_typed(client: CampaignClient, id: UUID) -> None:
    customers = client.contacts.of(Customer)
    assert_type(customers, TypedContacts[Sync, Customer])
    assert_type(customers.get(id), TypedContact[Customer])
    assert_type(customers.get(id).attributes, Customer)
    assert_type(customers.find("a@example.com"), TypedContact[Customer] | None)
    assert_type(customers.upsert([{"email": "a@example.com"}]), ImportReport)
    customers.upsert([{"email": "a@example.com", "attributes": Customer(orders=3)}])
    for contact in customers.iterate(Customer.orders >= 3):
        assert_type(contact.attributes.orders, int)
    assert_type(client.contacts.define(Customer), AttributeSchema)
    assert_type(client.contacts.get(id).attributes, dict[str, Any])


async def contacts_are_typed_when_awaited(client: AsyncCampaignClient, id: UUID) -> None:
    customers = client.contacts.of(Customer)
    assert_type(await customers.get(id), TypedContact[Customer])
    assert_type((await customers.update(id, attributes=Customer())).attributes, Customer)
    async for contact in customers.iterate():
        assert_type(contact.attributes.plan, Literal["free", "pro"])
    assert_type(await client.contacts.schema(), AttributeSchema | None)
    assert_type(await client.contacts.violations(), SchemaViolations)


def mistakes(client: CampaignClient) -> None:
    client.segments.size(Customer.orders >= "3")  # type: ignore[operator]
    client.segments.size(Customer.orders < SINCE)  # type: ignore[operator]
    client.segments.size(Customer.ordres >= 3)  # type: ignore[attr-defined]
    client.segments.size(Customer.address.town == "Pune")  # type: ignore[attr-defined]
    client.segments.size(Customer.spend >= 3)  # type: ignore[operator]
    client.segments.size(field(Customer.orders) >= "3")  # type: ignore[operator]
    client.segments.size(field(Customer.spend) >= SINCE)  # type: ignore[operator]
    client.segments.size(field(Customer.last_order_at) >= 3)  # type: ignore[operator]
    client.segments.size(field(Customer.tags).contains(3))  # type: ignore[arg-type]
    client.segments.size(3)  # type: ignore[arg-type]
    customers = client.contacts.of(Customer)
    customers.upsert([{"email": "a@example.com", "attributes": {}}])  # type: ignore[typeddict-item]
    customers.upsert([{"email": "a@example.com", "attributes": Address()}])  # type: ignore[typeddict-item]
    client.contacts.of(int)  # type: ignore[type-var]
    client.contacts.define(Customer, mode="ignore")  # type: ignore[arg-type]
