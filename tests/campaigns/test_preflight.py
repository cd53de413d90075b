"""What a pre-flight finds, before anybody else does."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from campaign_sdk import AudienceSize, CampaignClient, Preflight, everyone, field
from campaign_sdk._core.operation import Steps
from campaign_sdk.campaigns import _preflight
from campaign_sdk.segments._audience import count_audience

PUNE = field("city") == "Pune"


@pytest.fixture
def people(ann: CampaignClient) -> CampaignClient:
    """Ann with three contacts in Pune, one of whom has no name and one an empty one."""
    ann.contacts.upsert(
        [
            {"email": "a@example.com", "attributes": {"city": "Pune", "name": "A"}},
            {"email": "b@example.com", "attributes": {"city": "Pune", "name": ""}},
            {"email": "c@example.com", "attributes": {"city": "Pune"}},
        ]
    )
    return ann


def problems(preflight: Preflight) -> list[tuple[str, str, int | None]]:
    return [(each.severity, each.path, each.contacts) for each in preflight.problems]


def inspected(client: CampaignClient, **campaign: Any) -> Preflight:
    made = client.campaigns.create("x", **campaign)
    found = client.campaigns.preflight(made.id)
    assert client.campaigns.get(made.id) == made
    return found


def test_all_is_well(people: CampaignClient) -> None:
    message = 'Hi {{ name | default: "there" }} of {{ city }}, {{ email }}'
    found = inspected(people, message=message, rules=PUNE)
    assert found.ok
    assert found.problems == ()
    assert found.audience is not None
    assert found.audience.reachable == 3


def test_nothing_is_there_yet(people: CampaignClient) -> None:
    found = inspected(people)
    assert not found.ok
    assert found.audience is None
    assert problems(found) == [("error", "rules", None), ("error", "message", None)]


@pytest.mark.parametrize("rules", [field("city") == "Delhi", ~everyone()], ids=repr)
def test_nobody_would_get_it(people: CampaignClient, rules: Any) -> None:
    assert problems(inspected(people, message="Hi", rules=rules)) == [("error", "rules", 0)]


def test_everybody_has_unsubscribed(people: CampaignClient) -> None:
    for contact in people.contacts.iterate():
        people.contacts.unsubscribe(contact.id)
    found = inspected(people, message="Hi", segment_id=people.segments.create("x", PUNE).id)
    assert problems(found) == [("error", "rules", 0)]
    assert found.audience is not None
    assert found.audience.count == 3


def test_a_placeholder_that_no_contact_has(people: CampaignClient) -> None:
    found = inspected(people, message="Hi {{ nmae }}", rules=PUNE)
    assert problems(found) == [("error", "message", None)]
    assert "name" in found.problems[0].reason


def test_contacts_that_lack_what_the_message_needs(people: CampaignClient) -> None:
    found = inspected(people, message="Hi {{ name }} of {{ city }}", rules=PUNE)
    assert problems(found) == [("error", "message.name", 2)]
    assert not found.ok


@pytest.mark.parametrize(("too_slow", "path"), [(1, "rules"), (2, "message.name")])
def test_what_cant_be_counted_is_a_warning(
    people: CampaignClient, monkeypatch: pytest.MonkeyPatch, too_slow: int, path: str
) -> None:
    counts = itertools.count(1)

    def count(*arguments: Any) -> Steps[AudienceSize]:
        if next(counts) == too_slow:
            return AudienceSize(count=None, reachable=None, reason="too slow")
        return (yield from count_audience(*arguments))

    monkeypatch.setattr(_preflight, "count_audience", count)
    found = inspected(people, message="Hi {{ name }}", rules=PUNE)
    assert problems(found) == [("warning", path, None)]
    assert "too slow" in found.problems[0].reason
    assert found.ok
