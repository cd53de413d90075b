"""What became of a campaign, on the command line: in words, by groups, by the hour, as a page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from campaign_sdk import CampaignClient, everyone
from campaign_sdk.cli.insight import _field
from drafting.model import KEY, said, serving

from .conftest import Campaign

START = datetime(2026, 3, 1, 14, tzinfo=UTC)


@pytest.fixture
def kettles(client: CampaignClient) -> UUID:
    people = [
        {
            "email": f"p{number}@example.com",
            "attributes": {"city": "Pune" if number < 160 else "Delhi", "spend": number},
        }
        for number in range(260)
    ]
    client.contacts.upsert(people)
    made = client.campaigns.create("Kettles", message="M", rules=everyone())
    ids = [contact.id for contact in client.contacts.iterate()]
    event = {"campaign_id": made.id, "type": "impression"}
    client.analytics.ingest(
        {
            **event,
            "event_id": f"{kind} {who}",
            "type": kind,
            "contact_id": who,
            "occurred_at": START + timedelta(seconds=place),
        }
        for kind, number in (("impression", 260), ("click", 220))
        for place, who in enumerate(ids[:number])
    )
    return made.id


def test_in_words(campaign: Campaign, kettles: UUID) -> None:
    shown = campaign("summary", "Kettles", "--by", "city", "--by", "spend:100,200")
    assert "Kettles" in shown.stdout
    assert "The message was seen 260 times." in shown.stdout
    assert "spend from 100 to below 200" in shown.stdout
    data = json.loads(
        campaign("summary", str(kettles), "--by", "city", "--language", "fr", "--json").stdout
    )
    assert data["language"] == "fr"
    assert "260 fois" in data["text"]
    assert {fact["id"]: fact["number"] for fact in data["facts"]}["clicks"] == 220
    assert "language" in campaign("summary", "Kettles", "--language", "xx", code=8).stderr


@pytest.mark.usefixtures("kettles")
def test_a_model_may_reword_it(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as model:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        model.says(said({"text": "Clicks doubled, see https://evil.example"}))
        lied = campaign("summary", "Kettles", "--model")
        assert "evil" not in lied.output
        assert "not the model's words" in lied.stderr
        assert "The message was seen 260 times." in lied.stdout


def test_by_groups(campaign: Campaign, kettles: UUID) -> None:
    breakdown = ("analytics", "breakdown", "Kettles")
    shown = campaign(*breakdown, "city").stdout
    assert "Pune" in shown
    assert "Delhi" in shown
    assert shown.splitlines()[-1].split()[:4] == ["all", "260", "260", "220"]
    data = json.loads(campaign(*breakdown, "spend", "--bins", "0,100.5,1000", "--json").stdout)
    assert [(group["kind"], group["above"]) for group in data["groups"]] == [
        ("range", "0"),
        ("range", "100.5"),
    ]
    assert sum(group["clicks"] for group in data["groups"]) == data["totals"]["clicks"] == 220
    assert "bins" in campaign(*breakdown, "spend", "--bins", "a,b", code=8).stderr
    assert "metric" in campaign(*breakdown, "city", "--metric", "luck", code=8).stderr
    assert str(kettles) == data["campaign_id"]


@pytest.mark.usefixtures("kettles")
def test_by_the_hour(campaign: Campaign) -> None:
    shown = campaign("analytics", "best-hour", "Kettles")
    assert "14:00 to 15:00: 100.0% of first clicks" in shown.stdout
    assert "after they are written to" in shown.stderr
    data = json.loads(campaign("analytics", "best-hour", "--json").stdout)
    assert (data["hour"], data["clicks"], len(data["hours"])) == (14, 220, 24)
    assert "timezone" in campaign("analytics", "best-hour", "--timezone", "mine", code=8).stderr


@pytest.mark.usefixtures("kettles")
def test_as_a_page(campaign: Campaign, folder: Path) -> None:
    made = campaign("analytics", "report", "--by", "campaign", "--html", "spring.html", "--json")
    text = (folder / "spring.html").read_text(encoding="utf-8")
    data = json.loads(made.stdout)
    assert f'<data value="{data["totals"]["ctr"]}">' in text
    assert "wrote spring.html" in made.stderr


def test_a_field_with_edges_is_told_from_one_with_a_colon() -> None:
    assert _field("city") == "city"
    assert _field("utm:source") == "utm:source"
    assert _field("spend:0,10.5,-3") == ("spend", [0, 10.5, -3])
    assert _field("a:b:1") == ("a:b", [1])
