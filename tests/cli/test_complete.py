"""What a shell offers after Tab."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient, Variant, everyone

from .conftest import Campaign

EXECUTABLE = Path(sys.executable).parent / "campaign"


def offered(line: str) -> list[str]:
    words = len(line.split(" ")) - 1
    asking = {"_CAMPAIGN_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(words)}
    done = subprocess.run(
        [EXECUTABLE], env={**os.environ, **asking}, capture_output=True, text=True
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("campaign la", ["launch"]),
        ("campaign list --status a", ["active", "archived"]),
        ("campaign draft Spring --channel s", ["sms"]),
        ("campaign compare a b --metric c", ["ctr", "cvr", "conversion_per_impression"]),
        ("campaign report --metrics ctr,re", ["ctr,reach"]),
        ("campaign report --metrics ctr,ct", []),
        ("campaign report --by day,ev", ["day,event_type"]),
        ("campaign report --plot-format s", ["svg"]),
        ("campaign report --timezone Asia/Kol", ["Asia/Kolkata"]),
        ("campaign experiment Spring --metric cl", ["click_rate"]),
        ("campaign contacts import x.csv --from mailc", ["mailchimp"]),
        ("campaign deliveries Spring --outcome s", ["sent", "skipped"]),
        ("campaign send Spring --via f", ["fake"]),
        ("campaign webhooks check r", ["resend"]),
        ("campaign summary Spring --language d", ["de"]),
        ("campaign promote Unknown x", []),
    ],
)
def test_words_that_are_known(line: str, offers: list[str]) -> None:
    assert set(offers) <= set(offered(line))
    assert bool(offered(line)) == bool(offers)


@pytest.fixture
def names(world: CampaignClient) -> CampaignClient:
    world.campaigns.create("Sprint for Spring", rules=everyone(), message="Hello!")
    return world


def test_names_of_campaigns_and_segments(names: CampaignClient) -> None:
    [sprint] = [one for one in names.campaigns.list() if one.name.startswith("Sprint ")]
    assert set(offered("campaign launch Spr")) == {"Spring", r"Sprint\ for\ Spring"}
    assert offered("campaign segments show La") == ["Lapsed"]
    assert offered("campaign create New --segment O") == ["Old"]
    assert offered(f"campaign show {str(sprint.id)[:6]}") == [str(sprint.id)[:8]]


def test_what_belongs_to_a_campaign(world: CampaignClient, campaign: Campaign) -> None:
    short, story = Variant("short", message="Hi"), Variant("a story", message="Once")
    world.campaigns.create("Kettles", rules=everyone(), variants=[short, story])
    spring = next(one for one in world.campaigns.list() if one.name == "Spring")
    world.assets.upload(spring.id, Path("hero.png"))
    shown = campaign("show", "Kettles").stdout
    assert "a story (1 of 2)\nOnce" in shown
    assert "no message" not in shown
    assert offered("campaign promote Kettles a") == [r"a\ story"]
    assert offered("campaign assets url Spring h") == ["hero.png"]
    assert offered("campaign analytics breakdown Spring or") == ["orders"]


def test_other_shells_quote_names_themselves(names: CampaignClient) -> None:
    assert names.campaigns.list()
    asking = {"_CAMPAIGN_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "campaign show Spri"}
    done = subprocess.run(
        [EXECUTABLE], env={**os.environ, **asking}, capture_output=True, text=True
    )
    assert '"Sprint for Spring"' in done.stdout


@pytest.mark.usefixtures("campaign")
def test_without_a_session_nothing_is_offered() -> None:
    assert offered("campaign launch S") == []


def test_the_id_that_is_offered_is_understood(names: CampaignClient, campaign: Campaign) -> None:
    [sprint] = [one for one in names.campaigns.list() if one.name.startswith("Sprint ")]
    assert "Sprint for Spring" in campaign("show", str(sprint.id)[:8]).stdout
