"""Every form of request that we send, with the form of its answer, held in a table.

A change of a request, or of what a server answers to it, is seen as a difference. After one
on purpose, write the table anew:

    CONTRACT_UPDATE=1 pytest tests/contract

The table was written against the local stack; with CAMPAIGN_TEST_URL it is held against the
server named there (CONTRIBUTING.md).
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from campaign_sdk import CampaignClient, everyone, field
from campaign_sdk.local import LocalSupabase
from campaign_sdk.senders import Receipt
from clients import PASSWORD, client_of

from .recorder import Line, Recorder

TABLE = Path(__file__).with_name("requests.json")
SEEN_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def test_what_we_send_is_what_the_table_says(stack: LocalSupabase) -> None:
    recorder = Recorder()
    with client_of(stack, transport=recorder) as client:
        for chapter in (people, audiences, sending, counting, surroundings):
            chapter(client)
    found = recorder.table()
    if os.environ.get("CONTRACT_UPDATE"):
        TABLE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    assert _lines(found) == _lines(json.loads(TABLE.read_text()))


def _lines(table: list[Line]) -> list[str]:
    """Return a line for each request: a difference then names it."""
    return [json.dumps(line, sort_keys=True) for line in table]


def people(client: CampaignClient) -> None:
    """Sign up, and have contacts."""
    client.auth.sign_up(f"contract-{uuid.uuid4().hex}@example.com", PASSWORD, full_name="C")
    client.auth.profile()
    client.auth.update_profile(full_name="Contract")
    client.auth.refresh()
    people = [
        {"email": f"{name}@example.com", "phone": "1", "attributes": {"city": "Pune", "orders": 3}}
        for name in ("ann", "ben")
    ]
    client.contacts.upsert(people)
    ann = client.contacts.find("ann@example.com")
    assert ann is not None
    client.contacts.get(ann.id)
    client.contacts.update(ann.id, phone="2")
    client.contacts.count()
    client.contacts.fields()
    client.contacts.unsubscribe(ann.id)
    list(client.contacts.iterate())
    list(client.contacts.iterate(field("city") == "Pune"))
    properties = {"city": {"type": "string"}, "orders": {"type": "integer"}}
    client.contacts.define({"type": "object", "properties": properties})
    client.contacts.schema()
    client.contacts.violations()
    client.contacts.undefine()
    client.contacts.history(ann.id)
    client.contacts.export_person(ann.id)
    client.contacts.delete(ann.id)


def audiences(client: CampaignClient) -> None:
    """Describe them."""
    segment = client.segments.create("Pune", field("city") == "Pune", description="d")
    client.segments.get(segment.id)
    client.segments.list()
    client.segments.update(segment.id, name="Poona")
    client.segments.size(segment.id)
    client.segments.preview(segment.id)
    list(client.segments.members(segment.id))
    client.segments.analytics(segment.id, by="city")
    client.segments.check(field("citty") == "Pune")
    client.segments.delete(segment.id)


def sending(client: CampaignClient) -> None:
    """Take a campaign through its life."""
    campaigns = client.campaigns
    campaign = campaigns.create("Spring", message="Hi", subject="Hi", rules=everyone())
    client.assets.upload(campaign.id, PIXEL, name="dot.png", alt="")
    client.assets.list(campaign.id)
    client.assets.delete(campaign.id, "dot.png")
    campaigns.update(campaign.id, description="d")
    campaigns.preflight(campaign.id)
    campaigns.schedule(campaign.id, datetime.now(UTC) + timedelta(days=1))
    campaigns.unschedule(campaign.id)
    campaigns.launch(campaign.id)
    list(campaigns.audience(campaign.id))
    # Complete from a pause: a job completes an active one with nothing left by itself.
    for move in ("pause", "resume", "pause", "complete", "archive"):
        getattr(campaigns, move)(campaign.id)
    campaigns.history(campaign.id)
    campaigns.list()
    list(campaigns.iterate(status="archived"))
    again = campaigns.duplicate(campaign.id)
    campaigns.delete(campaigns.duplicate(campaign.id).id)
    campaigns.launch(again.id)
    client.deliveries.send(again.id, sent)
    client.deliveries.status(again.id)
    list(client.deliveries.iterate(again.id))


def sent(messages: Any) -> list[Receipt]:
    """Send nothing, and say that it was sent."""
    return [Receipt.sent(message.key) for message in messages]


def counting(client: CampaignClient) -> None:
    """Count what became of it."""
    a, b = (client.campaigns.create(name, message="Hi", rules=everyone()).id for name in "ab")
    client.analytics.record(a, impressions=10, clicks=2, on=SEEN_AT.date())
    event = {"event_id": "e", "type": "click", "occurred_at": SEEN_AT}
    client.analytics.ingest([{"campaign_id": b, **event}])
    client.analytics.summary(a)
    client.analytics.report(group_by="day")
    client.analytics.compare(a, b)
    client.analytics.reconcile(b)
    client.analytics.clicks(b)
    client.analytics.breakdown(b, "city", bins=None)
    client.analytics.breakdown(b, "orders", bins=[0, 2.5])
    client.analytics.best_hour(b, timezone="contact")
    client.analytics.best_hour()
    client.analytics.summarize(b, "city")


def surroundings(client: CampaignClient) -> None:
    """Settings, suppressions, links; and out."""
    client.suppressions.add("gone@example.com")
    client.suppressions.check("gone@example.com")
    list(client.suppressions.list())
    client.suppressions.lift("gone@example.com")
    client.settings.get()
    client.settings.update(cap=None)
    client.tracking.settings()
    client.tracking.keys()
    client.tracking.rotate()
    client.auth.sign_out()


def test_a_changed_request_is_seen() -> None:
    """Of the table each part counts."""
    table = json.loads(TABLE.read_text())
    changes: list[Callable[[Line], object]] = [
        lambda line: line["request"].update(method="PUT"),
        lambda line: line["request"]["params"].append(["x", "y"]),
        lambda line: line["request"]["headers"].update(prefer="count=planned"),
        lambda line: line["answer"].update(status=299),
    ]
    for change in changes:
        changed = json.loads(TABLE.read_text())
        change(changed[0])
        assert _lines(changed) != _lines(table)
    sent = [line["request"]["headers"].get("prefer", "") for line in table]
    assert not [prefer for prefer in sent if "planned" in prefer or "estimated" in prefer]
