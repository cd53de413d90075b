from __future__ import annotations

import json
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient, field

from .conftest import LAPSED, Campaign

pytestmark = pytest.mark.usefixtures("world")


def test_create_from_words_and_from_a_file(world: CampaignClient, campaign: Campaign) -> None:
    where = 'orders >= 3 and not city in ("Pune")'
    created = json.loads(campaign("segments", "create", "A", "--where", where, "--json").stdout)
    assert world.segments.get(created["id"]).rules == (field("orders") >= 3) & ~field("city").in_(
        ["Pune"]
    )
    campaign("segments", "create", "B", "--rules", "rules.json", "--timezone", "Asia/Kolkata")
    stored = next(one for one in world.segments.list() if one.name == "B")
    assert stored.timezone == "Asia/Kolkata"
    assert stored.rules == type(stored.rules).of(LAPSED)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--where", "orders >"], 8, "column 9"),
        (["--where", "city is Pune"], 8, '"Pune"'),
        ([], 2, "--where"),
        (["--where", "everyone", "--rules", "rules.json"], 2, "not both"),
        (["--rules", "customers.csv"], 8, "JSON"),
        (["--rules", "missing.json"], 2, "missing.json"),
    ],
)
def test_what_is_no_audience(
    arguments: list[str], code: int, says: str, campaign: Campaign
) -> None:
    assert says in campaign("segments", "create", "A", *arguments, code=code).stderr


def test_list_show_and_size(campaign: Campaign) -> None:
    assert 'orders >= "3"' in campaign("segments", "list").stdout
    [lapsed, _] = json.loads(campaign("segments", "list", "--json").stdout)
    for name in ("Lapsed", lapsed["id"], lapsed["id"][:8]):
        assert lapsed["id"] in campaign("segments", "show", name).stdout
    assert "contacts   2" in campaign("segments", "size", "Lapsed").stdout
    sized = json.loads(campaign("segments", "size", "--where", "everyone", "--json").stdout)
    assert (sized["count"], sized["reachable"]) == (3, 3)


def test_a_misspelled_field_is_noticed(campaign: Campaign) -> None:
    where = ("--where", 'citty is "Pune" or attributes.orders > 1 and email is present')
    said = "no contact has the field 'citty'; did you mean 'city'?\n"
    assert campaign("segments", "preview", *where).stderr == said
    assert campaign("segments", "create", "A", *where).stderr == said


def test_as_of_moves_relative_dates(campaign: Campaign) -> None:
    where = ["--where", "last_order_at within last 30 days"]
    then = campaign("segments", "size", *where, "--as-of", "2026-02-02", "--json")
    now = campaign("segments", "size", *where, "--as-of", "2026-06-01T00:00+05:30", "--json")
    assert json.loads(then.stdout)["count"] == 2
    assert json.loads(now.stdout)["count"] == 0
    assert "as-of" in campaign("segments", "size", *where, "--as-of", "soon", code=8).stderr


def test_preview_shows_what_each_rule_costs(campaign: Campaign) -> None:
    where = 'orders >= 3 and city is "Pune"'
    shown = campaign("segments", "preview", "--where", where).stdout
    lines = {line.split("  ")[0]: line for line in shown.splitlines()}
    assert lines["all contacts"].split()[2:] == ["3", "█" * 24]
    assert lines["orders >= 3"].split()[3:] == ["2", "2", "█" * 16 + "·" * 8]
    assert lines['city is "Pune"'].split()[3:] == ["1", "1", "█" * 8 + "·" * 16]
    assert "asha@example.com" in shown
    steps = json.loads(campaign("segments", "preview", "--where", where, "--json").stdout)["funnel"]
    assert [step["cumulative"] for step in steps] == [2, 1]


@pytest.mark.parametrize(
    "where", ['not (orders >= 3 and city is "Pune")', "everyone", "orders < 3 or city is missing"]
)
def test_preview_of_every_shape_of_rules(where: str, campaign: Campaign) -> None:
    assert "all contacts" in campaign("segments", "preview", "--where", where).stdout


def test_members(campaign: Campaign, folder: Path) -> None:
    campaign("segments", "members", "Lapsed", "--output", "lapsed.csv")
    assert (folder / "lapsed.csv").read_text().count("@example.com") == 2
    assert len(json.loads(campaign("segments", "members", "Lapsed", "--json").stdout)) == 2


def test_delete_asks_first(world: CampaignClient, campaign: Campaign) -> None:
    campaign("segments", "delete", "Old", code=18, input="n\n")
    assert len(world.segments.list()) == 2
    campaign("segments", "delete", "Old", input="y\n")
    assert len(world.segments.list()) == 1
    in_use = campaign("segments", "delete", "Lapsed", "--yes", code=7)
    assert "in use" in in_use.stderr


def test_names(world: CampaignClient, campaign: Campaign) -> None:
    world.segments.create("Old", LAPSED)
    assert "give the id" in campaign("segments", "show", "Old", code=8).stderr
    assert "segments list" in campaign("segments", "show", "None", code=6).stderr
