from __future__ import annotations

import json
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient

from .conftest import Campaign


def test_add_list_and_lift(world: CampaignClient, campaign: Campaign, folder: Path) -> None:
    (folder / "out.txt").write_text("a@example.com\n\nb@example.com\n")
    added = campaign("suppressions", "add", "--file", "out.txt", "--source", "list", "--json")
    assert json.loads(added.stdout) == {"added": 2, "unchanged": 0}
    assert "unchanged  1" in campaign("suppressions", "add", "A@example.com").stdout
    listed = campaign("suppressions", "list", "--limit", "2")
    assert "manual" in listed.stdout
    assert "example.com" not in listed.stdout
    assert "more than 2" in listed.stderr
    assert len(json.loads(campaign("suppressions", "list", "--json").stdout)) == 3
    assert "may be written to" in campaign("suppressions", "lift", "a@example.com").stdout
    assert world.suppressions.check("a@example.com") is None
    assert "suppressed" in campaign("suppressions", "lift", "a@example.com", code=6).stderr


@pytest.mark.usefixtures("world")
def test_nothing_to_add_is_a_usage_error(campaign: Campaign) -> None:
    assert "--file" in campaign("suppressions", "add", code=2).stderr
