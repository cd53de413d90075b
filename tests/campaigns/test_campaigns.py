"""Campaigns: stored, listed, copied and rendered, through both clients."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from campaign_sdk import (
    Campaign,
    CampaignClient,
    InvalidInput,
    InvalidRules,
    NotFound,
    NotReady,
    Rules,
    everyone,
    field,
)

NOBODY = str(uuid.UUID(int=0))
PUNE = field("city") == "Pune"


@pytest.fixture
def reached(ann: CampaignClient) -> Campaign:
    """A campaign of Ann's for Pune, where three live and one has unsubscribed."""
    ann.contacts.upsert(
        {"email": f"{name}@example.com", "attributes": {"city": city, "name": name}}
        for name, city in (("a", "Pune"), ("b", "Pune"), ("c", "Pune"), ("d", "Delhi"))
    )
    gone = ann.contacts.find("c@example.com")
    assert gone is not None
    ann.contacts.unsubscribe(gone.id)
    return ann.campaigns.create("Pune", message="Hi {{ name }}", rules=PUNE)


def test_create_get_update_delete(ann: CampaignClient) -> None:
    made = ann.campaigns.create("x", message="Hi", description="d", rules=PUNE)
    assert made.rules == Rules.of(PUNE)
    assert (made.status, made.audience_size, made.timezone) == ("draft", 0, "UTC")
    assert ann.campaigns.get(str(made.id)) == made
    changed = ann.campaigns.update(
        made.id, name="y", message=None, description=None, timezone="Asia/Kolkata"
    )
    assert (changed.name, changed.message, changed.description) == ("y", None, None)
    assert changed.timezone == "Asia/Kolkata"
    assert changed.rules == Rules.of(PUNE)
    assert ann.campaigns.update(made.id) == changed
    assert ann.campaigns.delete(made.id) is None
    with pytest.raises(NotFound):
        ann.campaigns.get(made.id)


def test_rules_and_segment_take_each_others_place(ann: CampaignClient) -> None:
    segment = ann.segments.create("x", PUNE, timezone="Asia/Kolkata")
    made = ann.campaigns.create("x", segment_id=str(segment.id))
    assert (made.segment_id, made.rules, made.timezone) == (segment.id, None, "Asia/Kolkata")
    made = ann.campaigns.update(made.id, rules=everyone())
    assert (made.segment_id, made.rules) == (None, Rules.of(everyone()))
    made = ann.campaigns.update(made.id, segment_id=segment.id)
    assert (made.segment_id, made.rules) == (segment.id, None)
    made = ann.campaigns.update(made.id, segment_id=None)
    assert (made.segment_id, made.rules) == (None, None)
    with pytest.raises(InvalidInput, match=r"^rules: "):
        ann.campaigns.create("x", rules=PUNE, segment_id=segment.id)
    with pytest.raises(InvalidInput, match=r"^rules: "):
        ann.campaigns.update(made.id, rules=PUNE, segment_id=segment.id)


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": 7}, "name"),
        ({"message": "Hi {{ x"}, "message"),
        ({"message": "a\0"}, "message"),
        ({"message": 7}, "message"),
        ({"message": "x" * 102_401}, "message"),
        ({"message": "ä" * 51_201}, "message"),
        ({"description": "x" * 10_001}, "description"),
        ({"timezone": "GMT+3"}, "timezone"),
        ({"segment_id": " "}, "segment_id"),
        ({"rules": {"combinator": "xor", "rules": []}}, "$.combinator"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_refused_is_not_stored(
    ann: CampaignClient, values: dict[str, Any], path: str
) -> None:
    made = ann.campaigns.create("x")
    with pytest.raises(InvalidInput) as caught:
        ann.campaigns.create(**{"name": "y", **values})
    assert caught.value.path == path
    with pytest.raises(InvalidInput) as caught:
        ann.campaigns.update(made.id, **values)
    assert caught.value.path == path
    assert ann.campaigns.list() == [made]


def test_list_and_iterate(ann: CampaignClient) -> None:
    made = [ann.campaigns.create(name) for name in ("a", "b", "c")]
    ann.campaigns.archive(made[1].id)
    assert [each.name for each in ann.campaigns.list()] == ["c", "b", "a"]
    assert [each.name for each in ann.campaigns.list(status="draft")] == ["c", "a"]
    assert ann.campaigns.list(status="active") == []
    listed = list(ann.campaigns.iterate(page_size=2))
    assert [each.id for each in listed] == sorted(each.id for each in made)
    assert [each.name for each in ann.campaigns.iterate(status="archived")] == ["b"]
    with pytest.raises(InvalidInput, match=r"^status: "):
        ann.campaigns.list(status="gone")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"^status: "):
        next(ann.campaigns.iterate(status="gone"))  # type: ignore[arg-type]


def test_duplicate(ann: CampaignClient) -> None:
    segment = ann.segments.create("x", PUNE)
    made = ann.campaigns.create("x", message="Hi", segment_id=segment.id, timezone="Asia/Kolkata")
    ann.campaigns.launch(made.id)
    copy = ann.campaigns.duplicate(made.id)
    assert copy.id != made.id
    assert (copy.name, copy.status, copy.launched_at) == ("Copy of x", "draft", None)
    assert (copy.message, copy.segment_id, copy.rules) == ("Hi", segment.id, None)
    assert copy.timezone == "Asia/Kolkata"
    assert ann.campaigns.history(copy.id) == []
    own = ann.campaigns.create("y" * 200, rules=PUNE)
    assert ann.campaigns.duplicate(own.id).name == "Copy of " + "y" * 192
    assert ann.campaigns.duplicate(own.id, name="z").rules == Rules.of(PUNE)
    with pytest.raises(InvalidInput, match=r"^name: "):
        ann.campaigns.duplicate(own.id, name=" ")


def test_an_audience_leaves_out_who_unsubscribed(ann: CampaignClient, reached: Campaign) -> None:
    emails = {each.email for each in ann.campaigns.audience(reached.id, page_size=1)}
    assert emails == {"a@example.com", "b@example.com"}
    assert ann.campaigns.launch(reached.id).audience_size == 2
    late = ann.contacts.find("a@example.com")
    assert late is not None
    ann.contacts.unsubscribe(late.id)
    assert [each.email for each in ann.campaigns.audience(reached.id)] == ["b@example.com"]
    assert [text for _, text in ann.campaigns.render_audience(reached.id)] == ["Hi b"]
    assert ann.campaigns.get(reached.id).audience_size == 2


def test_an_audience_that_nobody_described(ann: CampaignClient) -> None:
    made = ann.campaigns.create("x")
    with pytest.raises(NotReady, match="no audience"):
        next(ann.campaigns.audience(made.id))
    with pytest.raises(NotReady, match="no message"):
        next(ann.campaigns.render_audience(made.id))
    with pytest.raises(NotReady, match="no message"):
        ann.campaigns.render(made.id, {"email": "a@example.com"})


HOSTILE = [
    "{{ email }}",
    "{% if x %}",
    "{{ name | default: 'x' }}",
    "{0.__class__}",
    "%(email)s",
    "$email",
    "</p><script>",
    "}}{{",
    "\\{{ email }}",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_contact_is_called_is_only_text(ann: CampaignClient, name: str) -> None:
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"name": name}}])
    made = ann.campaigns.create(
        "x", message='{{ name }}|{{ name | upcase }}|{{ no | default: "-" }}', rules=everyone()
    )
    contact = ann.contacts.find("a@example.com")
    assert contact is not None
    expected = f"{name}|{name.upper()}|-"
    assert ann.campaigns.render(made.id, contact) == expected
    assert ann.campaigns.render(made.id, {"attributes": {"name": name}}) == expected
    assert list(ann.campaigns.render_audience(made.id)) == [(contact, expected)]
    assert "<script>" not in ann.campaigns.render(made.id, contact, html=True)


def test_dates_are_shown_in_the_time_zone_of_the_campaign(ann: CampaignClient) -> None:
    made = ann.campaigns.create(
        "x", message='{{ seen | date: "%H:%M" }}', rules=everyone(), timezone="Asia/Kolkata"
    )
    contact = {"attributes": {"seen": datetime(2026, 3, 1, 10, tzinfo=UTC).isoformat()}}
    assert ann.campaigns.render(made.id, contact) == "15:30"


def test_a_contact_that_lacks_a_value(ann: CampaignClient, reached: Campaign) -> None:
    ann.campaigns.update(reached.id, message="Hi {{ nickname }}")
    with pytest.raises(InvalidInput, match="nickname"):
        ann.campaigns.render(reached.id, {"email": "a@example.com"})
    contact = ann.contacts.find("a@example.com")
    assert contact is not None
    ann.contacts.update(contact.id, attributes={"nickname": "A"})
    left_out: list[str] = []
    sent = list(
        ann.campaigns.render_audience(
            reached.id, on_problem=lambda contact, _: left_out.append(contact.email)
        )
    )
    assert [text for _, text in sent] == ["Hi A"]
    assert left_out == ["b@example.com"]


def test_rules_that_somebody_elses_program_left_unfinished(
    ann: CampaignClient, db: psycopg.Connection
) -> None:
    made = ann.campaigns.create("x", rules=PUNE)
    with db.transaction():
        db.execute("set local session_replication_role = replica")
        db.execute(
            'update public.campaigns set rules = \'{"combinator": "and", "rules": []}\''
            " where id = %s",
            [made.id],
        )
    assert ann.campaigns.list()[0].id == made.id
    with pytest.raises(InvalidRules, match=str(made.id)):
        _ = ann.campaigns.get(made.id).rules
    with pytest.raises(InvalidRules, match=str(made.id)):
        next(ann.campaigns.audience(made.id))
