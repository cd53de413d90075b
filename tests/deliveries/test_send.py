"""Sending as the client does it: once each, whatever the sender does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest

from campaign_sdk import (
    Campaign,
    CampaignClient,
    InvalidInput,
    NotActive,
    NotFound,
    NotReady,
    Unavailable,
    everyone,
    field,
)
from campaign_sdk.deliveries import _absence, _sending
from campaign_sdk.deliveries._claims import claim_batch
from campaign_sdk.deliveries._letters import with_preheader
from campaign_sdk.senders import LoginRefused, Message, NotSent, Receipt

Behaviour = Callable[[Sequence[Message]], Any]


class Vendor:
    """A vendor that remembers what it was given."""

    def __init__(self, behaviour: Behaviour | None = None, size: int = 4, keys: bool = False):
        self.batch_size = size
        self.honours_keys = keys
        self.calls: list[list[Message]] = []
        self._behaviour = behaviour or taken

    def __call__(self, messages: Sequence[Message]) -> Any:
        self.calls.append(list(messages))
        return self._behaviour(messages)

    @property
    def given(self) -> Counter[str]:
        return Counter(message.to for call in self.calls for message in call)


def taken(messages: Sequence[Message]) -> list[Receipt]:
    return [Receipt.sent(message.key, f"id-{message.key}") for message in messages]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sending, "_backoff", lambda *_: 0.01)


def launched(client: CampaignClient, count: int = 10, **columns: Any) -> Campaign:
    client.contacts.upsert(
        [{"email": f"u{n}@example.com", "attributes": {"n": n}} for n in range(count)]
    )
    content = {"message": "No {{ n }}", "subject": "For {{ n }}", **columns}
    campaign = client.campaigns.create("Spring", rules=everyone(), **content)
    return client.campaigns.launch(campaign.id)


def reasons(client: CampaignClient, campaign: Campaign, outcome: Any) -> Counter[str | None]:
    return Counter(it.reason for it in client.deliveries.iterate(campaign.id, outcome=outcome))


def test_each_member_gets_one_message(ann: CampaignClient) -> None:
    campaign = launched(
        ann, html="<body class='x'><p>{{ n }}</p>", preheader="Only <{{ n }}>", message="No {{ n }}"
    )
    vendor = Vendor()
    seen: list[Any] = []
    report = ann.deliveries.send(campaign.id, vendor, progress=seen.append)
    assert (report.sent, report.failed, report.skipped, report.unknown) == (10, 0, 0, 0)
    assert report.pending == 0
    assert set(vendor.given.values()) == {1}
    assert [len(call) for call in vendor.calls] == [4, 4, 2]
    assert [it.sent for it in seen] == [4, 8, 10]
    assert [it.pending for it in seen] == [6, 2, 0]
    message = next(m for call in vendor.calls for m in call if m.to == "u7@example.com")
    assert (message.subject, message.text) == ("For 7", "No 7")
    assert message.html is not None
    assert message.html.startswith("<body class='x'><div style=")
    assert "Only &lt;7&gt;</div><p>7</p>" in message.html
    delivery = next(iter(ann.deliveries.iterate(campaign.id)))
    assert delivery.outcome == "sent"
    assert delivery.provider_id == f"id-{delivery.key}"
    assert ann.deliveries.status(campaign.id).done


def test_a_second_send_adds_nobody(ann: CampaignClient) -> None:
    campaign = launched(ann)
    assert ann.deliveries.send(campaign.id, Vendor(size=1), stop=lambda: True).pending == 10
    vendor = Vendor(size=1)
    first = ann.deliveries.send(campaign.id, vendor, stop=lambda: len(vendor.calls) == 3)
    assert first.sent == 3
    assert first.pending == 10 - first.sent
    second = ann.deliveries.send(campaign.id, vendor)
    assert (second.sent, second.pending) == (10 - first.sent, 0)
    assert set(vendor.given.values()) == {1}


def test_what_the_vendor_refuses_is_failed(ann: CampaignClient) -> None:
    campaign = launched(ann)

    def refusing(messages: Sequence[Message]) -> list[Receipt]:
        return [
            Receipt.failed(m.key, "no such user") if m.to < "u5" else Receipt.sent(m.key)
            for m in messages
        ]

    report = ann.deliveries.send(campaign.id, Vendor(refusing))
    assert (report.sent, report.failed) == (5, 5)
    assert reasons(ann, campaign, "failed") == {"no such user": 5}


def test_what_is_refused_for_now_is_tried_again(ann: CampaignClient) -> None:
    campaign = launched(ann)
    tries: Counter[str] = Counter()

    def busy(messages: Sequence[Message]) -> list[Receipt]:
        tries.update(m.to for m in messages)
        return [
            Receipt.failed(m.key, "busy", retry=True)
            if tries[m.to] < 3 or m.to == "u0@example.com"
            else Receipt.sent(m.key)
            for m in messages
        ]

    report = ann.deliveries.send(campaign.id, Vendor(busy))
    assert (report.sent, report.failed) == (9, 1)
    assert tries.pop("u0@example.com") == _sending.TRIES
    assert set(tries.values()) == {3}
    assert reasons(ann, campaign, "failed") == {"busy": 1}


def test_whoever_unsubscribes_between_two_tries_gets_nothing(
    ann: CampaignClient, db: psycopg.Connection
) -> None:
    campaign = launched(ann)

    def busy(messages: Sequence[Message]) -> list[Receipt]:
        ids = [m.contact.id for m in messages]
        db.execute("update contacts set unsubscribed_at = now() where id = any (%s)", [ids])
        return [Receipt.failed(m.key, "busy", retry=True) for m in messages]

    vendor = Vendor(busy)
    report = ann.deliveries.send(campaign.id, vendor)
    assert (report.skipped, report.pending) == (10, 0)
    assert set(vendor.given.values()) == {1}


def test_the_preheader_is_the_first_of_the_body() -> None:
    # Small letters of these are two characters each.
    head = f"<html><title>{'İ' * 40}</title><style>p > b {{}}</style>"
    hidden = with_preheader("", "Hi")
    for body in ("<body>", "<BODY class='x'>", "<body\n id=b>"):
        assert with_preheader(f"{head}{body}<p>One</p>", "Hi") == f"{head}{body}{hidden}<p>One</p>"
    assert with_preheader("<p>One</p>", "Hi") == f"{hidden}<p>One</p>"


def test_nothing_left_spends_no_tries(ann: CampaignClient) -> None:
    campaign = launched(ann)
    calls = [0]

    def away(messages: Sequence[Message]) -> list[Receipt]:
        calls[0] += 1
        if calls[0] <= 2 * _sending.TRIES:
            raise NotSent("the vendor is away", retry_after=0.01)
        return taken(messages)

    seen: list[str | None] = []
    report = ann.deliveries.send(
        campaign.id, Vendor(away), progress=lambda now: seen.append(now.waiting)
    )
    assert (report.sent, report.failed, report.unknown) == (10, 0, 0)
    assert (seen[0], seen[-1], report.waiting) == ("the vendor is away", None, None)


def test_a_vendor_that_stays_away_ends_it_and_all_wait_again(
    ann: CampaignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_absence, "PATIENCE", 0.05)
    campaign = launched(ann)

    def away(_: Sequence[Message]) -> list[Receipt]:
        raise NotSent("the vendor is away", retry_after=0.03)

    with pytest.raises(NotSent, match="away"):
        ann.deliveries.send(campaign.id, Vendor(away))
    assert ann.deliveries.status(campaign.id).pending == 10
    assert ann.deliveries.send(campaign.id, Vendor()).sent == 10


def test_a_refused_login_ends_it_at_once(ann: CampaignClient) -> None:
    campaign = launched(ann)

    def refused(_: Sequence[Message]) -> list[Receipt]:
        raise LoginRefused("wrong password")

    vendor = Vendor(refused)
    with pytest.raises(LoginRefused):
        ann.deliveries.send(campaign.id, vendor)
    assert len(vendor.calls) == 1
    assert ann.deliveries.status(campaign.id).pending == 10


def test_what_a_sender_leaves_out_or_raises_on_is_in_doubt(ann: CampaignClient) -> None:
    campaign = launched(ann)
    calls = [0]

    def shaky(messages: Sequence[Message]) -> list[Receipt]:
        calls[0] += 1
        if calls[0] == 1:
            raise TimeoutError("secret@example.com")
        return taken(messages)[:-1]

    report = ann.deliveries.send(campaign.id, Vendor(shaky))
    assert (report.sent, report.unknown) == (4, 6)
    assert reasons(ann, campaign, "unknown") == {
        "the sender raised TimeoutError": 4,
        "the sender didn't say what became of it": 2,
    }
    again = ann.deliveries.send(campaign.id, Vendor())
    assert (again.sent, again.pending) == (0, 0)
    assert ann.deliveries.resolve(campaign.id, unknown="failed").resolved == 6
    assert ann.deliveries.status(campaign.id).failed == 6


def test_what_became_of_a_batch_does_not_hang_on_the_next(
    ann: CampaignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = launched(ann, 6)
    claims: list[Any] = []

    def fails_after_one(*args: Any, **given: Any) -> Any:
        claims.append(given["done"])
        if len(claims) == 2:
            raise Unavailable("cut off", maybe_applied=True)
        return (yield from claim_batch(*args, **given))

    monkeypatch.setattr(_sending, "claim_batch", fails_after_one)
    with pytest.raises(Unavailable):
        ann.deliveries.send(campaign.id, Vendor(size=4))
    # The last part of the first batch was to be told of with the second claim.
    assert claims[0] is None
    assert len(claims[1].outcomes) == 2
    status = ann.deliveries.status(campaign.id)
    assert (status.sent, status.in_flight, status.unknown) == (6, 0, 0)


def test_a_stop_between_two_batches(ann: CampaignClient) -> None:
    campaign = launched(ann, 4)
    # Asked before the first claim, after the part, and before the second claim.
    answers = iter([False, False])
    report = ann.deliveries.send(campaign.id, Vendor(size=4), stop=lambda: next(answers, True))
    assert report.sent == 4
    status = ann.deliveries.status(campaign.id)
    assert (status.sent, status.in_flight) == (4, 0)


def test_a_persons_decision_to_try_again(ann: CampaignClient) -> None:
    campaign = launched(ann)

    def failing(_: Sequence[Message]) -> list[Receipt]:
        raise TimeoutError

    assert ann.deliveries.send(campaign.id, Vendor(failing)).unknown == 10
    resolution = ann.deliveries.resolve(campaign.id, unknown="retry")
    assert (resolution.resolved, resolution.busy) == (10, 0)
    status = ann.deliveries.status(campaign.id)
    assert (status.pending, status.unknown) == (10, 0)
    assert ann.deliveries.send(campaign.id, Vendor()).sent == 10


def test_the_policy_of_trying_again_needs_a_vendor_that_takes_keys(ann: CampaignClient) -> None:
    campaign = launched(ann)
    with pytest.raises(InvalidInput, match=r"^unknown: .*twice"):
        ann.deliveries.send(campaign.id, Vendor(), unknown="retry")
    accepted: set[str] = set()
    calls = [0]

    def cutting(messages: Sequence[Message]) -> list[Receipt]:
        calls[0] += 1
        accepted.update(m.key for m in messages)
        if calls[0] % 3:
            raise ConnectionError
        return taken(messages)

    report = ann.deliveries.send(campaign.id, Vendor(cutting, keys=True), unknown="retry")
    assert (report.sent, report.unknown, report.pending) == (10, 0, 0)
    assert len(accepted) == 10


def test_a_vendor_that_never_answers_is_given_up(ann: CampaignClient) -> None:
    campaign = launched(ann, 2)

    def failing(_: Sequence[Message]) -> list[Receipt]:
        raise ConnectionError

    report = ann.deliveries.send(campaign.id, Vendor(failing, keys=True, size=2), unknown="retry")
    assert (report.sent, report.unknown) == (0, 2)


def test_errors_without_end_end_it(ann: CampaignClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sending, "MOST_ERRORS", 3)
    campaign = launched(ann)

    def broken(_: Sequence[Message]) -> list[Receipt]:
        raise ZeroDivisionError

    vendor = Vendor(broken, size=1)
    with pytest.raises(ZeroDivisionError):
        ann.deliveries.send(campaign.id, vendor)
    assert len(vendor.calls) == 3
    status = ann.deliveries.status(campaign.id)
    assert (status.unknown, status.pending) == (3, 7)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _: None, "must return a sequence"),
        (lambda _: [{"key": "x"}], "must return a sequence"),
        (lambda _: [], "a Receipt for each"),
        (lambda messages: [*taken(messages), Receipt.sent("x/y")], "a key that it wasn't given"),
        (lambda messages: taken(messages) * 2, "a key that it wasn't given, or twice"),
    ],
)
def test_an_answer_that_is_none_is_noted_and_refused(
    ann: CampaignClient, answer: Behaviour, reason: str
) -> None:
    campaign = launched(ann)
    with pytest.raises(InvalidInput, match=f"^sender: .*{reason}"):
        ann.deliveries.send(campaign.id, Vendor(answer))
    status = ann.deliveries.status(campaign.id)
    assert (status.pending, status.sent + status.unknown) == (6, 4)


def test_a_contact_without_a_message_stops_nobody(ann: CampaignClient) -> None:
    campaign = launched(ann, 11)
    lacks = ann.contacts.find("u5@example.com")
    assert lacks is not None
    ann.contacts.update(lacks.id, attributes={"n": None})
    report = ann.deliveries.send(campaign.id, Vendor())
    assert (report.sent, report.failed) == (10, 1)
    [reason] = reasons(ann, campaign, "failed")
    assert reason is not None
    assert reason.startswith("rendering subject: line 1, column 5: `{{ n }}`")
    assert "u5" not in reason


def test_whoever_may_not_be_written_to_any_more_is_skipped(ann: CampaignClient) -> None:
    campaign = launched(ann, 6)
    people = {it.email[:2]: it.id for it in ann.contacts.iterate()}
    ann.contacts.unsubscribe(people["u0"])
    ann.contacts.delete(people["u1"])
    ann.suppressions.add(["u2@example.com"])
    vendor = Vendor()
    report = ann.deliveries.send(campaign.id, vendor)
    assert (report.sent, report.skipped) == (3, 3)
    assert reasons(ann, campaign, "skipped") == {"unsubscribed": 1, "deleted": 1, "suppressed": 1}
    assert set(vendor.given) == {f"u{n}@example.com" for n in (3, 4, 5)}
    assert ann.campaigns.get(campaign.id).audience_size == 6


def test_a_channel_by_phone(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "p@example.com", "phone": "+49 1", "attributes": {"n": 1}}])
    campaign = launched(ann, 1, channel="sms", subject=None)
    vendor = Vendor()
    report = ann.deliveries.send(campaign.id, vendor)
    assert (report.sent, report.skipped) == (1, 1)
    assert vendor.given == {"+49 1": 1}
    assert vendor.calls[0][0].subject is None
    assert reasons(ann, campaign, "skipped") == {"no phone": 1}


def test_a_campaign_that_is_not_being_sent(ann: CampaignClient, ben: CampaignClient) -> None:
    draft = ann.campaigns.create("x", message="Hi", subject="Hi", rules=everyone())
    with pytest.raises(NotActive, match="draft"):
        ann.deliveries.send(draft.id, Vendor())
    with pytest.raises(NotActive):
        ann.deliveries.status(draft.id)
    campaign = launched(ann)
    for move, status in (("pause", "paused"), ("complete", "completed"), ("archive", "archived")):
        getattr(ann.campaigns, move)(campaign.id)
        with pytest.raises(NotActive) as caught:
            ann.deliveries.send(campaign.id, Vendor())
        assert caught.value.details == status
    for call in (
        lambda: ben.deliveries.send(campaign.id, Vendor()),
        lambda: ben.deliveries.status(campaign.id),
        lambda: list(ben.deliveries.iterate(campaign.id)),
        lambda: ben.deliveries.resolve(campaign.id, unknown="failed"),
    ):
        with pytest.raises(NotFound):
            call()


def test_an_email_needs_a_subject(ann: CampaignClient) -> None:
    campaign = launched(ann, subject=None)
    vendor = Vendor()
    with pytest.raises(NotReady, match="subject"):
        ann.deliveries.send(campaign.id, vendor)
    assert vendor.calls == []
    ann.campaigns.pause(campaign.id)
    ann.campaigns.update(campaign.id, subject="Hi")
    ann.campaigns.resume(campaign.id)
    assert ann.deliveries.send(campaign.id, vendor).sent == 10


@pytest.mark.parametrize(
    ("options", "path"),
    [
        *(({"rate": rate}, "rate") for rate in (0, -1, "fast", float("nan"), True)),
        *(({"lease": lease}, "lease") for lease in (0, 4000, None, float("inf"))),
        ({"unknown": "forget"}, "unknown"),
    ],
    ids=repr,
)
def test_options_that_make_no_sense(ann: CampaignClient, options: Any, path: str) -> None:
    campaign = launched(ann)
    with pytest.raises(InvalidInput) as caught:
        ann.deliveries.send(campaign.id, Vendor(), **options)
    assert caught.value.path == path


def test_a_sender_that_cannot_be_called(ann: CampaignClient) -> None:
    campaign = launched(ann)
    for wrong in (None, "smtp://x", 7):
        with pytest.raises(InvalidInput, match=r"^sender: "):
            ann.deliveries.send(campaign.id, wrong)  # type: ignore[arg-type]


def test_receipts_in_any_order_and_again(ann: CampaignClient, ben: CampaignClient) -> None:
    campaign = launched(ann)

    def cut(_: Sequence[Message]) -> list[Receipt]:
        raise ConnectionError

    ann.deliveries.send(campaign.id, Vendor(cut, size=10))
    doubts = list(ann.deliveries.iterate(campaign.id, outcome="unknown"))
    receipts = [{"key": it.key, "type": "delivered"} for it in doubts[:4]]
    receipts += [{"key": it.key, "type": "bounced", "reason": "full"} for it in doubts[3:5]]
    assert ben.deliveries.receive(receipts).unmatched == 6
    first = ann.deliveries.receive(receipts)
    assert (first.changed + first.repeated, first.unmatched) == (6, 0)
    for _ in range(2):
        repeated = ann.deliveries.receive(receipts[::-1])
        assert (repeated.changed, repeated.repeated) == (0, 6)
    status = ann.deliveries.status(campaign.id)
    assert (status.sent, status.unknown) == (5, 5)
    assert reasons(ann, campaign, "sent") == {None: 3, "bounced: full": 2}
    assert ann.deliveries.resolve(campaign.id, unknown="retry").resolved == 5


@pytest.mark.parametrize(
    "receipt",
    [{}, {"type": "opened", "key": "x"}, {"type": "delivered"}, {"type": "delivered", "key": "x"}],
    ids=repr,
)
def test_a_receipt_that_is_none(ann: CampaignClient, receipt: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^\$\[0\]"):
        ann.deliveries.receive([receipt])


@pytest.mark.parametrize("retry", [False, True])
def test_a_pause_ends_it_after_the_part_under_way(
    ann: CampaignClient, db: psycopg.Connection, retry: bool
) -> None:
    """Whoever was refused for now waits again: nothing was lost."""
    campaign = launched(ann)

    def pausing(messages: Sequence[Message]) -> list[Receipt]:
        db.execute("update campaigns set status = 'paused' where id = %s", [campaign.id])
        if retry:
            return [Receipt.failed(m.key, "busy", retry=True) for m in messages]
        return taken(messages)

    vendor = Vendor(pausing)
    report = ann.deliveries.send(campaign.id, vendor)
    assert len(vendor.calls) == 1
    assert (report.sent, report.pending) == ((0, 10) if retry else (4, 6))
    assert ann.campaigns.resume(campaign.id).status == "active"
    assert ann.deliveries.send(campaign.id, Vendor()).sent == report.pending


def test_rules_and_segments_may_change_after_the_launch(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": f"o{n}@example.com", "attributes": {"n": n}} for n in range(5)])
    segment = ann.segments.create("few", field("n") < 3)
    campaign = ann.campaigns.create("x", message="Hi", subject="Hi", segment_id=segment.id)
    ann.campaigns.launch(campaign.id)
    ann.segments.update(segment.id, rules=everyone())
    for contact in list(ann.contacts.iterate()):
        ann.contacts.update(contact.id, attributes={"n": 9})
    ann.contacts.upsert([{"email": "new@example.com", "attributes": {"n": 1}}])
    vendor = Vendor()
    assert ann.deliveries.send(campaign.id, vendor).sent == 3
    assert set(vendor.given) == {f"o{n}@example.com" for n in range(3)}
    assert sorted(it.email for it in ann.campaigns.audience(campaign.id)) == sorted(vendor.given)
