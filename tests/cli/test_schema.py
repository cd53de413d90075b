"""`campaign contacts schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient

from .conftest import Campaign

SHOP = """\
from __future__ import annotations

from typing import Literal

from campaign_sdk import Attributes

import towns


class Customer(Attributes):
    city: Literal["Pune", "Delhi"] | None = None
    orders: int = towns.NONE


class Other: ...
"""


@pytest.fixture
def shop(folder: Path) -> Path:
    (folder / "towns.py").write_text("NONE = 0")
    (folder / "shop.py").write_text(SHOP)
    return folder


def test_a_class_is_written_set_and_checked(
    world: CampaignClient, campaign: Campaign, folder: Path
) -> None:
    told = campaign("contacts", "schema", "--python").stdout
    assert "class Customer(Attributes):" in told
    assert "orders: int\n" in told
    campaign("contacts", "schema", "--python", "Buyer", "--output", "buyer.py")
    assert "class Buyer(Attributes):" in (folder / "buyer.py").read_text()
    assert "refused" in campaign("contacts", "schema", "--set", "buyer.py:Buyer").stdout
    schema = world.contacts.schema()
    assert schema is not None
    assert (schema.name, schema.mode) == ("Buyer", "refuse")
    shown = campaign("contacts", "schema").stdout
    assert "must be a whole number" in shown
    assert json.loads(campaign("contacts", "schema", "--json").stdout)["mode"] == "refuse"
    assert "broken    0" in campaign("contacts", "schema", "--check").stdout
    campaign("contacts", "schema", "--drop")
    assert world.contacts.schema() is None
    campaign("contacts", "schema", code=6)
    campaign("contacts", "schema", "--check", code=6)


@pytest.mark.usefixtures("shop")
def test_what_breaks_it_is_told(world: CampaignClient, campaign: Campaign) -> None:
    result = campaign("contacts", "schema", "--set", "shop.py:Customer", "--mode", "warn")
    assert "stored, with a warning" in result.stdout
    assert "1 contacts break it already" in result.stderr
    assert (
        'must be one of "Pune", "Delhi"' in campaign("contacts", "schema", "--check", code=8).stdout
    )
    found = json.loads(campaign("contacts", "schema", "--check", "--json", code=8).stdout)
    assert (found["contacts"], found["broken"]) == (3, 1)
    imported = campaign("contacts", "import", "customers.csv", code=19)
    assert "attributes.city: breaks the schema in 1 contacts" in imported.stderr
    assert world.contacts.count() == 3


@pytest.mark.usefixtures("client", "shop")
def test_what_cant_be_set_is_named(campaign: Campaign, folder: Path) -> None:
    (folder / "broken.py").write_text("1 / 0")
    for given, told in {
        "shop.py": "must name a file and a class",
        "nothing.py:Customer": "must name a file and a class",
        "shop.py:Nobody": "has no class Nobody",
        "shop.py:Other": "has no class Other",
        "broken.py:Customer": "ZeroDivisionError",
        "customers.csv:Customer": "isn't a file of Python",
    }.items():
        assert told in " ".join(
            campaign("contacts", "schema", "--set", given, code=8).stderr.split()
        )
    campaign("contacts", "schema", "--python", "--check", code=2)
    campaign("contacts", "schema", "Buyer", code=2)
    campaign("contacts", "schema", "--python", "class", code=8)
