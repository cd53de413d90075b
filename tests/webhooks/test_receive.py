"""What providers report is counted once, and heeded."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_sdk import Campaign, CampaignClient, InvalidInput, NotFound, everyone
from campaign_sdk.local import LocalSupabase
from campaign_sdk.webhooks import DeliveryEvent
from clients import client_of, sign_up

from . import payloads
from .payloads import ANN

THEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
Report = Callable[..., DeliveryEvent]


@pytest.fixture
def spring(ann: CampaignClient) -> Campaign:
    ann.contacts.upsert([{"email": ANN}, {"email": "cy@example.com"}])
    return ann.campaigns.create("Spring", message="Hi", rules=everyone())


@pytest.fixture
def report(spring: Campaign) -> Report:
    """Make a report of Ann's message."""

    def make(kind: str, id: str = "1", **more: Any) -> DeliveryEvent:
        known = {"campaign_id": spring.id, "address": ANN, "at": THEN}
        return DeliveryEvent(id=f"test/{id}", kind=kind, **(known | more))  # type: ignore[arg-type]

    return make


def soft(report: Report, n: int, **more: Any) -> DeliveryEvent:
    at = THEN + timedelta(minutes=n)
    return report("bounced", f"soft-{n}", reason="soft", **({"at": at} | more))


def suppressed(client: CampaignClient, email: str = ANN) -> str | None:
    found = client.suppressions.check(email)
    return found.reason if found else None


def test_each_kind_is_counted_once(ann: CampaignClient, spring: Campaign, report: Report) -> None:
    kinds = ("delivered", "opened", "clicked", "clicked", "unsubscribed", "ignored")
    reports = [report(kind, str(n)) for n, kind in enumerate(kinds)]
    first = ann.analytics.receive(reports)
    assert (first.inserted, first.duplicates, first.ignored) == (5, 0, 1)
    again = ann.analytics.receive(reports)
    assert (again.inserted, again.duplicates, again.unsubscribed) == (0, 5, 0)
    totals = ann.analytics.summary(spring.id)
    assert (totals.delivered, totals.impressions, totals.clicks) == (1, 1, 2)
    assert (totals.unsubscribed, totals.reach) == (1, 1)
    assert ann.analytics.reconcile(spring.id).differences == ()


def test_old_reports_are_forgotten(
    ann: CampaignClient, report: Report, db: psycopg.Connection
) -> None:
    assert ann.auth.session is not None
    owner = ann.auth.session.user.id
    add = (
        "insert into campaign_private.webhook_reports"
        " select %s, n::text, now() - interval '31 days' from generate_series(1, 5) as n"
    )
    db.execute(add, [owner])
    left = "select count(*) from campaign_private.webhook_reports where user_id = %s"
    # Each one of no campaign is noted, and two are forgotten for it.
    for n, expected in enumerate((4, 3, 3)):
        ann.analytics.receive([report("complained", f"old-{n}", campaign_id=None)])
        assert db.execute(left, [owner]).fetchone() == (expected,)


@pytest.mark.parametrize(
    ("kind", "reason", "why"),
    [("bounced", "hard", "hard_bounce"), ("complained", None, "complaint")],
)
def test_one_hard_bounce_or_complaint_suppresses(
    ann: CampaignClient, report: Report, kind: str, reason: str | None, why: str
) -> None:
    done = ann.analytics.receive([report(kind, reason=reason)])
    assert (done.suppressed, suppressed(ann)) == (1, why)
    contact = ann.contacts.find(ANN)
    assert contact is not None
    assert contact.suppressed_at is not None
    assert (contact.unsubscribed_at == THEN) == (kind == "complained")
    assert ann.segments.size(everyone()).reachable == 1


def test_the_fifth_soft_bounce_suppresses(ann: CampaignClient, report: Report) -> None:
    for n in range(4):
        ann.analytics.receive([soft(report, n)])
    ann.analytics.receive([soft(report, n) for n in range(4)])
    assert suppressed(ann) is None
    ann.analytics.receive([soft(report, 4)])
    assert suppressed(ann) == "soft_bounces"


def test_a_delivery_between_ends_the_row(ann: CampaignClient, report: Report) -> None:
    delivered = report("delivered", at=THEN + timedelta(minutes=4))
    ann.analytics.receive([*(soft(report, n) for n in range(4)), delivered])
    ann.analytics.receive([soft(report, n) for n in range(5, 9)])
    assert suppressed(ann) is None
    ann.analytics.receive([soft(report, 9)])
    assert suppressed(ann) == "soft_bounces"


def test_the_order_of_arrival_does_not_matter(ann: CampaignClient, report: Report) -> None:
    ann.analytics.receive([report("delivered", at=THEN + timedelta(hours=1))])
    ann.analytics.receive([soft(report, n) for n in range(9)])
    assert suppressed(ann) is None


def test_what_is_wrong_with_a_message_never_counts(ann: CampaignClient, report: Report) -> None:
    ann.analytics.receive([report("bounced", str(n), reason="content") for n in range(9)])
    assert suppressed(ann) is None


def test_a_repeat_does_not_undo_what_a_person_has_lifted(
    ann: CampaignClient, report: Report
) -> None:
    for campaign in ({}, {"campaign_id": None}):
        bounce = report("bounced", f"{len(campaign)}", reason="hard", **campaign)
        ann.analytics.receive([bounce])
        ann.suppressions.lift(ANN)
        assert ann.analytics.receive([bounce]).suppressed == 0
        assert suppressed(ann) is None


def test_without_a_campaign_what_concerns_a_person_is_heeded(
    ann: CampaignClient, report: Report
) -> None:
    reports = [report(kind, kind, campaign_id=None) for kind in ("opened", "clicked", "delivered")]
    assert ann.analytics.receive(reports).unmatched == 3
    done = ann.analytics.receive([report("unsubscribed", campaign_id=None)])
    assert (done.inserted, done.unsubscribed) == (1, 1)
    contact = ann.contacts.find(ANN)
    assert contact is not None
    assert contact.unsubscribed_at == THEN


@pytest.mark.parametrize("kind", ["unsubscribed", "complained"])
def test_who_is_no_contact_does_not_become_one_unseen(
    ann: CampaignClient, report: Report, kind: str
) -> None:
    ann.analytics.receive([report(kind, campaign_id=None, address="New <new@example.com>")])
    ann.analytics.receive([report(kind, address="NEW@example.com")])
    ann.contacts.upsert([{"email": "new@example.com"}])
    contact = ann.contacts.find("new@example.com")
    assert contact is not None
    assert not contact.is_subscribed


def test_the_key_finds_contact_and_campaign(ann: CampaignClient, spring: Campaign) -> None:
    contact = ann.contacts.find(ANN)
    assert contact is not None
    ann.contacts.update(contact.id, email="moved@example.com")
    payload = payloads.postmark("Open", Metadata={"campaign_key": f"{spring.id}/{contact.id}"})
    assert ann.analytics.receive(payload).inserted == 1
    assert ann.analytics.summary(spring.id).reach == 1


def test_events_of_a_contact_who_is_gone_still_count(ann: CampaignClient, spring: Campaign) -> None:
    contact = ann.contacts.find(ANN)
    assert contact is not None
    ann.contacts.delete(contact.id)
    payload = payloads.sendgrid("open", campaign_key=f"{spring.id}/{contact.id}")
    assert ann.analytics.receive([payload]).inserted == 1
    assert ann.analytics.summary(spring.id).impressions == 1


def test_one_token_of_mailgun_stands_for_one_report(ann: CampaignClient, spring: Campaign) -> None:
    """Its signature covers no event: with a second campaign the same token is no second one."""
    other = ann.campaigns.create("Summer", message="Hi", rules=everyone())
    for campaign in (spring, other):
        data = payloads.mailgun("opened", **{"user-variables": {"campaign_id": str(campaign.id)}})
        ann.analytics.receive({"signature": {"token": "t" * 50}, "event-data": data})
    assert ann.analytics.summary(spring.id).impressions == 1
    assert ann.analytics.summary(other.id).impressions == 0


def test_nothing_of_anothers_is_touched(
    ann: CampaignClient, ben: CampaignClient, spring: Campaign
) -> None:
    ben.contacts.upsert([{"email": ANN}])
    contact = ann.contacts.find(ANN)
    assert contact is not None
    forged = payloads.postmark("Open", Metadata={"campaign_key": f"{spring.id}/{contact.id}"})
    assert ben.analytics.receive(forged).unmatched == 1
    ben.analytics.receive(payloads.ses("Complaint"))
    assert contact == ann.contacts.find(ANN)
    assert ann.analytics.summary(spring.id).impressions == 0
    with pytest.raises(NotFound):
        ben.analytics.receive(forged, campaign_id=spring.id)


def test_what_is_neither_report_nor_payload_is_refused(ann: CampaignClient) -> None:
    for wrong in (7, "x", b"\xff", None):
        with pytest.raises(InvalidInput):
            ann.analytics.receive(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="provider"):
        ann.analytics.receive([], provider="pigeon")  # type: ignore[arg-type]


def test_payloads_as_providers_post_them(ann: CampaignClient, spring: Campaign) -> None:
    """Without a key: the campaign is named by the caller, the contact told by the address."""
    click = {"timestamp": "2026-11-20T10:00:00.000Z", "link": "https://shop.example/x"}
    mail = {"messageId": "m", "destination": [ANN], "tags": {"campaign": ["spring"]}}
    message = json.dumps({"eventType": "Click", "mail": mail, "click": click})
    named = {"campaign_id": str(spring.id)}
    at = {"email": ANN, "timestamp": 1_795_168_800, "sg_message_id": "m-1"}
    found: list[Any] = [
        {"Type": "Notification", "MessageId": "1", "Message": message},
        [
            {**at, **named, "event": "open", "sg_event_id": "e1", "sg_machine_open": True},
            {**at, **named, "event": "click", "sg_event_id": "e2", "url": "https://shop.example"},
            {**at, "event": "unsubscribe", "email": "cy@example.com"},
        ],
        {"RecordType": "Open", "MessageID": "m-1", "Recipient": ANN, "Metadata": named},
        {
            "notificationType": "Complaint",
            "complaint": {"complainedRecipients": [{"emailAddress": "cy@example.com"}]},
            "mail": {"messageId": "m"},
        },
    ]
    for payload in found * 2:
        assert ann.analytics.receive(payload, campaign_id=spring.id).unmatched == 0
    totals = ann.analytics.summary(spring.id)
    assert (totals.impressions, totals.clicks, totals.reach) == (2, 2, 1)
    assert (totals.unsubscribed, totals.complained) == (1, 1)
    gone = [contact.email for contact in ann.contacts.iterate() if not contact.is_subscribed]
    assert gone == ["cy@example.com"]


# Against a model, and many at once -------------------------------------------------------

KINDS = ("delivered", "opened", "clicked", "complained", "unsubscribed", "bounced")


@pytest.fixture(scope="module")
def olga(stack: LocalSupabase) -> Iterator[CampaignClient]:
    with client_of(stack) as client:
        yield sign_up(client, "olga")


def test_repetitions_of_thousands_equal_a_model(olga: CampaignClient) -> None:
    campaign = olga.campaigns.create("Model", message="Hi", rules=everyone())
    olga.contacts.upsert([{"email": f"m{n}@example.com"} for n in range(500)])
    kinds = ("delivered", "opened", "clicked")
    reports = [
        DeliveryEvent(
            id=f"test/{n}",
            kind=kinds[n % 3],  # type: ignore[arg-type] # of a table
            campaign_id=campaign.id,
            address=f"m{n % 500}@example.com",
            at=THEN + timedelta(hours=n % 100),
        )
        for n in range(1_500)
    ]
    session = olga.auth.session
    assert session is not None
    token = session.access_token.get_secret_value()
    url, key = olga._connection.settings.url, olga._connection.settings.key

    def send(turn: int) -> None:
        with CampaignClient(url, key, access_token=token) as client:
            client.analytics.receive(reports[turn * 400 :] + reports, batch_size=500)

    threads = [threading.Thread(target=send, args=(turn,)) for turn in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    totals = olga.analytics.summary(campaign.id)
    assert (totals.delivered, totals.impressions, totals.clicks) == (500, 500, 500)
    assert olga.analytics.reconcile(campaign.id).differences == ()


Step = tuple[str, int]


def of_model(steps: list[Step]) -> bool:
    """Whether anything among these, in this order of time, suppresses the address."""
    row = 0
    for kind, _ in steps:
        if kind in ("hard", "complained"):
            return True
        row = row + 1 if kind == "soft" else 0 if kind == "delivered" else row
        if row == 5:
            return True
    return False


@settings(max_examples=25)
@given(
    st.lists(
        st.sampled_from(["soft", "soft", "soft", "soft", "delivered", "content", "hard", "opened"]),
        min_size=4,
        max_size=14,
    ),
    st.integers(1, 5),
)
def test_what_suppresses_equals_a_model(olga: CampaignClient, kinds: list[str], size: int) -> None:
    campaign = olga.campaigns.create("Model", message="Hi", rules=everyone())
    email = f"s-{campaign.id}@example.com"
    olga.contacts.upsert([{"email": email}])
    reports = [
        DeliveryEvent(
            id=f"test/{n}",
            kind="bounced" if kind in ("soft", "hard", "content") else kind,  # type: ignore[arg-type]
            reason=kind,
            campaign_id=campaign.id,
            address=email,
            at=THEN + timedelta(minutes=n),
        )
        for n, kind in enumerate(kinds)
    ]
    olga.analytics.receive(reports, batch_size=size)
    contact = olga.contacts.find(email)
    assert contact is not None
    assert (contact.suppressed_at is not None) == of_model([(kind, 0) for kind in kinds])


def test_no_address_is_kept_of_soft_bounces(olga: CampaignClient, db: psycopg.Connection) -> None:
    payload = payloads.sendgrid("bounce", type="blocked", email="tell.nobody@example.com")
    olga.analytics.receive([payload])
    for (row,) in db.execute("select b::text from campaign_private.soft_bounces as b"):
        assert "nobody" not in row
        assert b"nobody".hex() not in row
