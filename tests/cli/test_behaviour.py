"""Rules about what people did, on the command line."""

from __future__ import annotations

import json

import pytest

from campaign_sdk import CampaignClient, did

from .conftest import Campaign

pytestmark = pytest.mark.usefixtures("world")


def test_a_line_names_a_campaign(world: CampaignClient, campaign: Campaign) -> None:
    made = world.campaigns.create("Kettles")
    (asha,) = (c for c in world.contacts.iterate() if c.email == "asha@example.com")
    click = {"campaign_id": made.id, "event_id": "1", "type": "click", "contact_id": asha.id}
    world.analytics.ingest([{**click, "occurred_at": "2026-03-01T10:00:00Z"}])

    def count(where: str) -> int:
        found = campaign("segments", "size", "--where", where, "--json")
        assert found.stderr == ""
        size: int = json.loads(found.stdout)["count"]
        return size

    assert count('clicked "Kettles"') == 1
    assert count('clicked "Kettles" and not converted') == 1
    assert count('never clicked "Kettles" or opened at least 2 times') == 2
    assert count('some of events (type is "click" and campaign_id is "Kettles")') == 1
    campaign("segments", "create", "Clickers", "--where", 'clicked "Kettles"')
    stored = next(one for one in world.segments.list() if one.name == "Clickers")
    assert stored.rules == did("click", campaign=made.id)
    shown = campaign("segments", "preview", "--where", 'clicked "Kettles" and city is "Pune"')
    assert 'clicked "Kettles"' in shown.stdout


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ('clicked "Kettle"', "there is no campaign 'Kettle'"),
        ("clicked not within last 3 days", "write `not clicked within last"),
        ('some of events (type is "clicked")', "must be one of impression"),
    ],
)
def test_what_isnt_known_is_said(where: str, says: str, campaign: Campaign) -> None:
    assert says in campaign("segments", "size", "--where", where, code=8).stderr
