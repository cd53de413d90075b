"""A message that names a field which isn't in the schema is refused before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from campaign_sdk import CampaignClient, InvalidInput, NotReady, Variant, field

from .customer import Customer

ORDERS = "orders"
MISSPELT = "the schema of your contacts has no field 'ordres'; did you mean 'orders'?"
attribute: Any = Customer


@pytest.fixture
def shop(ann: CampaignClient) -> CampaignClient:
    """Ann with a contact that has something beside the schema."""
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"orders": 3, "extra": 1}}])
    ann.contacts.define(Customer)
    return ann


@pytest.mark.parametrize(
    ("texts", "path"),
    [
        ({"message": 'Hi {{ ordres | default: "0" }}'}, "message"),
        ({"message": "Hi", "subject": "{{ ordres }}"}, "subject"),
        ({"message": "Hi", "preheader": "{{ ordres }}"}, "preheader"),
        ({"message": "Hi", "html": "<p>{{ ordres }}</p>"}, "html"),
        ({"message": "Hi", "variants": [Variant("a", message="{{ ordres }}"), Variant("b")]},
         "variants.a.message"),
    ],
)  # fmt: skip
def test_it_is_refused_as_it_is_written(
    shop: CampaignClient, texts: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        shop.campaigns.create("x", **texts)
    assert caught.value.path == path
    assert MISSPELT in caught.value.reason
    assert shop.campaigns.list() == []


def test_a_change_is_refused_as_well(shop: CampaignClient) -> None:
    made = shop.campaigns.create("x", message="Hi {{ orders }}", rules=attribute.orders >= 3)
    with pytest.raises(InvalidInput, match="did you mean 'orders'"):
        shop.campaigns.update(made.id, message="Hi {{ ordres }}")
    assert shop.campaigns.update(made.id, message="Hello {{ orders }}").warnings == ()


def test_only_the_schema_counts(shop: CampaignClient) -> None:
    # Contacts have it, and nobody said so.
    with pytest.raises(InvalidInput, match="no field 'extra'"):
        shop.campaigns.create("x", message="{{ extra }}")
    # It was said, and no contact has it yet.
    shop.campaigns.create(
        "x",
        message='{{ work.city }} {{ attributes.email | default: "x" }} {{ email }} '
        '{{ notes.anything }} {{ address["post code"] | default: "?" }}',
    )
    for name in (
        "address.town",
        "purchases.total",
        "orders.x",
        "note.anything",
        "attributes.phone",
    ):
        with pytest.raises(InvalidInput, match="has no field"):
            shop.campaigns.create("x", message=f"{{{{ {name} }}}}")


def test_what_was_written_before_is_not_launched(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"ordres": 3}}])
    made = ann.campaigns.create(
        "x",
        message="Hi {{ ordres }}",
        rules=field("ordres") >= 3,
        variants=[Variant("a", subject="{{ ordrs }}"), Variant("b")],
    )
    ann.contacts.define(Customer, mode="warn")
    found = ann.campaigns.preflight(made.id)
    assert not found.ok
    told = {(each.severity, each.path) for each in found.problems if "schema" in each.reason}
    assert told == {
        ("error", "message"),
        ("error", "variants.a.subject"),
        ("warning", "rules"),
    }
    with pytest.raises(NotReady, match="did you mean 'orders'"):
        ann.campaigns.launch(made.id)
    assert ann.campaigns.get(made.id).status == "draft"


def test_rules_are_warned_of(shop: CampaignClient) -> None:
    said = "the schema of your contacts has no field 'ordres'; did you mean 'orders'?"
    assert shop.segments.create("x", field("ordres") >= 3).warnings == (said,)
    assert shop.segments.check(field("work.city") == "Pune") == ()
    assert shop.segments.check(attribute.orders >= 3) == ()
    made = shop.campaigns.create("x", message="Hi", rules=field("extra") != 2)
    assert made.warnings == ("the schema of your contacts has no field 'extra'",)
    (found,) = [each for each in shop.campaigns.preflight(made.id).problems if each.path == "rules"]
    assert found.severity == "warning"
    made = shop.campaigns.create("x", message="Hi", rules=field("ordres") != 2)
    (found,) = [each for each in shop.campaigns.preflight(made.id).problems if each.path == "rules"]
    assert (found.severity, "holds for everybody" in found.reason) == ("error", True)


def test_a_schema_counts_where_there_are_no_contacts(ann: CampaignClient) -> None:
    ann.campaigns.create("x", message="{{ anything }}")
    ann.contacts.define(Customer)
    with pytest.raises(InvalidInput, match="has no field 'anything'"):
        ann.campaigns.create("x", message="{{ anything }}")
