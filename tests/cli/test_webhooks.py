from __future__ import annotations

import json

import pytest

from campaign_sdk import CampaignClient

from .conftest import Campaign

CHECK = ("webhooks", "check", "postmark", "event.json")
RIGHT = ("--header", "x-webhook-secret: s3cret")


@pytest.mark.usefixtures("folder")
def test_check_says_what_a_request_reports(campaign: Campaign) -> None:
    assert "opened" in campaign(*CHECK, *RIGHT).stdout
    [event] = json.loads(campaign(*CHECK, *RIGHT, "--json").stdout)
    assert (event["kind"], event["provider_id"]) == ("opened", "m-1")


@pytest.mark.usefixtures("folder")
def test_check_says_why_a_request_is_refused(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = campaign(*CHECK, "--header", "x-webhook-secret: s3cre", code=16)
    assert "signature" in wrong.stderr
    assert "s3cret" not in wrong.stderr
    assert "unsigned" in campaign(*CHECK, code=16).stderr
    monkeypatch.setenv("POSTMARK_WEBHOOK_SECRET", "old")
    monkeypatch.setenv("POSTMARK_WEBHOOK_SECRET_2", "s3cret")
    assert "opened" in campaign(*CHECK, *RIGHT).stdout
    assert "MINE" in campaign(*CHECK, "--secret-env", "MINE", code=3).stderr
    assert "resend" in campaign("webhooks", "check", "pigeon", "event.json", code=8).stderr
    assert "name: value" in campaign(*CHECK, "--header", "nonsense", code=2).stderr
    twice = ("mailgun", "event.json", "--at", "2026-11-25", "--secret-env", "PATH")
    assert "unsigned" in campaign("webhooks", "check", *twice, code=16).stderr


def test_replay_takes_in_what_was_kept(world: CampaignClient, campaign: Campaign) -> None:
    first = ("webhooks", "replay", "event.json", "--json")
    assert json.loads(campaign(*first).stdout)["unmatched"] == 1
    named = (*first, "--campaign", "Spring")
    assert json.loads(campaign(*named).stdout)["inserted"] == 1
    assert json.loads(campaign(*named, "--provider", "postmark").stdout)["duplicates"] == 1
    spring = next(each for each in world.campaigns.list() if each.name == "Spring")
    assert world.analytics.summary(spring.id).impressions == 1
