"""Drafting from the shell; the model is a server on loopback that says what it is told to."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

import pytest

from campaign_sdk import CampaignClient, field
from drafting.model import Model, drafts, said, serving

from .conftest import Campaign
from .test_examples_in_help import example_of

BODY = 'Hello {{ city | default: "there" }}, it has been a while.'


@pytest.fixture
def model(world: CampaignClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    assert world.auth.user
    with serving() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


def test_a_draft_is_shown_and_saved_only_when_told(
    model: Model, world: CampaignClient, campaign: Campaign
) -> None:
    model.says(drafts({"body": BODY, "call_to_action": "a while"}))
    shown = campaign(*shlex.split(example_of("draft")))
    assert BODY in shown.stdout
    assert "not saved" in shown.stderr
    assert message(world) == "Hello {{ city }}!"
    campaign("draft", "Spring", "--save")
    assert message(world) == BODY
    assert json.loads(campaign("draft", "Spring", "--json").stdout)["body"] == BODY


def message(world: CampaignClient) -> str | None:
    return next(one.message for one in world.campaigns.list() if one.name == "Spring")


def test_a_draft_with_errors(model: Model, campaign: Campaign) -> None:
    model.says(drafts({"body": "Hello {{ nickname }}"}))
    assert "nickname" in campaign("draft", "Spring", code=7).stdout
    assert "can't be saved" in campaign("draft", "Spring", "--save", code=13).stderr


def test_without_a_key(world: CampaignClient, campaign: Campaign) -> None:
    assert world.auth.user
    assert "OPENAI_API_KEY" in campaign("draft", "Spring", code=3).stderr


def test_a_segment_from_words(model: Model, world: CampaignClient, campaign: Campaign) -> None:
    rule = {"field": "orders", "operator": ">=", "value": 3}
    rules = {"combinator": "and", "negated": False, "rules": [rule]}
    model.says(said({"rules": rules, "explanation": "came often", "unsure": ["how often?"]}))
    made = campaign("segments", "create", "Regulars", "--describe", "came three times or more")
    assert "rules: orders >= 3" in made.stderr
    assert "how often?" in made.stderr
    stored = next(one for one in world.segments.list() if one.name == "Regulars")
    assert stored.rules == (field("orders") >= 3)
    both = ("--describe", "x", "--where", "everyone")
    campaign("segments", "create", "Regulars", *both, code=2)
