"""Who is drawn into which arm: the same in SQL and in Python, and by nothing but chance."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from scipy import stats

from campaign_sdk import (
    CampaignClient,
    Conflict,
    InvalidInput,
    NotFound,
    NotReady,
    Variant,
    everyone,
)
from campaign_sdk.campaigns import bucket
from campaign_sdk.senders import Message, Receipt
from clients import Mode

BUCKETS = 10_000
SHORT, STORY = Variant("short", message="A"), Variant("story", message="B", weight=2)


def arm_of(
    number: int, variants: Sequence[Variant], hold_out: float = 0, test_share: float | None = None
) -> str | None:
    """Return the variant of a bucket as it is meant; "" held out, `None` who waits.

    The first buckets are held out; of the rest, the test's share is cut by the weights.
    """
    held = _parts(hold_out)
    tested = held + (BUCKETS - held) * _parts(1 if test_share is None else test_share) // BUCKETS
    if number < held:
        return ""
    whole, shares = sum(variant.weight for variant in variants), 0
    for variant in variants:
        shares += variant.weight
        if number < held + (tested - held) * shares // whole:
            return variant.name
    return None


def _parts(share: float) -> int:
    return int(Decimal(str(share)) * BUCKETS)


def people(client: CampaignClient, number: int) -> None:
    client.contacts.upsert([{"email": f"p{each}@example.com"} for each in range(number)])


class Post:
    """A vendor that takes everything, in the mode of the client."""

    def __init__(self) -> None:
        self.taken: list[Message] = []

    def sender(self, mode: Mode) -> Any:
        async def later(messages: Sequence[Message]) -> list[Receipt]:
            return self(messages)

        return self if mode == "sync" else later

    def __call__(self, messages: Sequence[Message]) -> list[Receipt]:
        self.taken.extend(messages)
        return [Receipt.sent(message.key) for message in messages]

    batch_size = 500

    def texts(self) -> Counter[tuple[str | None, str]]:
        return Counter((message.variant, message.text) for message in self.taken)


def test_a_bucket_is_the_hash_modulo_ten_thousand() -> None:
    campaign, contact = uuid.UUID(int=1), uuid.UUID(int=2)
    assert bucket(campaign, contact) == bucket(str(campaign).upper(), str(contact))
    assert bucket(campaign, contact) != bucket(contact, campaign)
    assert 0 <= bucket(campaign, contact) < BUCKETS
    with pytest.raises(InvalidInput):
        bucket("nobody", contact)


def test_sql_and_python_draw_alike(db: psycopg.Connection) -> None:
    campaign = uuid.uuid4()
    query = """
        select id, campaign_private.bucket(%s, id) from (
          select gen_random_uuid() as id from generate_series(1, 20000)
        ) as drawn
    """
    rows = db.execute(query, [campaign]).fetchall()
    assert [number for _, number in rows] == [bucket(campaign, one) for one, _ in rows]
    counts = Counter(number // 500 for _, number in rows)
    assert stats.chisquare([counts[part] for part in range(20)]).pvalue > 1e-6


def test_arms_have_their_weights_in_each_of_many_campaigns() -> None:
    contacts = [uuid.UUID(int=number) for number in range(6_000)]
    for number in range(20):
        campaign = uuid.UUID(int=10**9 + number)
        arms = Counter(arm_of(bucket(campaign, one), [SHORT, STORY], 0.1) for one in contacts)
        meant = {"": 0.1, "short": 0.3, "story": 0.6}
        observed = [arms[name] for name in meant]
        expected = [share * len(contacts) for share in meant.values()]
        assert stats.chisquare(observed, expected).pvalue > 0.001


def test_two_campaigns_draw_independently() -> None:
    contacts = [uuid.UUID(int=number) for number in range(20_000)]
    one, two = uuid.UUID(int=1), uuid.UUID(int=2)
    table = [[0, 0], [0, 0]]
    for contact in contacts:
        table[bucket(one, contact) < 5_000][bucket(two, contact) < 5_000] += 1
    assert stats.chi2_contingency(table).pvalue > 1e-6


@pytest.mark.parametrize(
    ("hold_out", "test_share"), [(0.0, None), (0.05, None), (0.1234, 0.2), (0.5, 0.01)]
)
def test_the_shares_are_what_was_asked_for(hold_out: float, test_share: float | None) -> None:
    arms = Counter(
        arm_of(number, [SHORT, STORY], hold_out, test_share) for number in range(BUCKETS)
    )
    tested = (1 - hold_out) * (test_share or 1) * BUCKETS
    assert arms[""] == pytest.approx(hold_out * BUCKETS)
    assert arms["short"] == pytest.approx(tested / 3, abs=1)
    assert arms["story"] == pytest.approx(tested * 2 / 3, abs=1)
    assert sum(arms.values()) == BUCKETS


def frozen(db: psycopg.Connection, campaign: uuid.UUID) -> dict[uuid.UUID, tuple[str | None, bool]]:
    query = """
        select unnest(contact_ids), variant, held_out from public.campaign_batches
        where campaign_id = %s
    """
    rows = db.execute(query, [campaign]).fetchall()
    return {contact: (name, held) for contact, name, held in rows}


def test_the_freeze_draws_as_python_does_in_whatever_chunks(
    ann: CampaignClient, db: psycopg.Connection
) -> None:
    people(ann, 2_500)
    given: dict[str, Any] = {"variants": [SHORT, STORY], "hold_out": 0.1, "test_share": 0.4}
    campaign = ann.campaigns.create("T", subject="S", rules=everyone(), **given)
    db.execute("alter role authenticated set campaign_sdk.freeze_chunk = '700'")
    try:
        ann.campaigns.launch(campaign.id)
    finally:
        db.execute("alter role authenticated reset campaign_sdk.freeze_chunk")
    query = "select count(*) from public.campaign_batches where campaign_id = %s"
    assert db.execute(query, [campaign.id]).fetchall()[0][0] > 4 * 3
    members = frozen(db, campaign.id)
    assert len(members) == 2_500
    for contact, (variant, held_out) in members.items():
        meant = arm_of(bucket(campaign.id, contact), [SHORT, STORY], 0.1, 0.4)
        assert ("" if held_out else variant) == meant
    status = ann.deliveries.status(campaign.id)
    assert status.held_out == sum(held for _, held in members.values())


def test_test_then_rest(ann: CampaignClient, mode: Mode) -> None:
    people(ann, 1_200)
    given: dict[str, Any] = {"variants": [SHORT, STORY], "hold_out": 0.1, "test_share": 0.5}
    campaign = ann.campaigns.create("T", subject="S", rules=everyone(), **given)
    ann.campaigns.launch(campaign.id)
    post = Post()
    first = ann.deliveries.send(campaign.id, post.sender(mode))
    tested = post.texts()
    assert set(tested) == {("short", "A"), ("story", "B")}
    assert first.sent == sum(tested.values()) < 700
    assert first.pending > 400
    ann.campaigns.tick()
    assert ann.campaigns.get(campaign.id).status == "active"
    with pytest.raises(InvalidInput, match="variant"):
        ann.campaigns.promote(campaign.id, "none such")
    assert ann.campaigns.promote(campaign.id, "story").promoted == "story"
    assert ann.campaigns.promote(campaign.id, "story").promoted == "story"
    with pytest.raises(Conflict, match="once"):
        ann.campaigns.promote(campaign.id, "short")
    second = ann.deliveries.send(campaign.id, post.sender(mode))
    assert (second.sent, second.pending) == (first.pending, 0)
    assert post.texts()["short", "A"] == tested["short", "A"]
    assert (
        len({message.key for message in post.taken})
        == len(post.taken)
        == 1_200 - held(ann, campaign.id)
    )
    arms = {arm.variant: arm for arm in ann.analytics.experiment(campaign.id).arms}
    assert (arms["short"].sent, arms["story"].sent) == (tested["short", "A"], tested["story", "B"])


def test_an_arm_that_nobody_was_drawn_into_is_shown(ann: CampaignClient) -> None:
    campaign = ann.campaigns.create(
        "T", rules=everyone(), variants=[SHORT, STORY], hold_out=0.2, test_share=0.5
    )
    draft = ann.analytics.experiment(campaign.id)
    ann.campaigns.launch(campaign.id)
    launched = ann.analytics.experiment(campaign.id)
    for found in (draft, launched):
        assert [(arm.variant, arm.held_out, arm.weight, arm.members) for arm in found.arms] == [
            ("short", False, 1, 0),
            ("story", False, 2, 0),
            (None, True, 1, 0),
        ]
        assert (found.winner, found.sample_ratio, found.lift) == (None, 1.0, None)
    alone = ann.campaigns.create("U", message="M", rules=everyone())
    assert [arm.members for arm in ann.analytics.experiment(alone.id).arms] == [0]


def held(client: CampaignClient, campaign: uuid.UUID) -> int:
    return client.deliveries.status(campaign).held_out


def test_people_are_counted_once_and_machines_never(ann: CampaignClient, mode: Mode) -> None:
    people(ann, 400)
    campaign = ann.campaigns.create(
        "T", subject="S", rules=everyone(), variants=[SHORT, STORY], hold_out=0.2
    )
    ann.campaigns.launch(campaign.id)
    post = Post()
    ann.deliveries.send(campaign.id, post.sender(mode))
    clicked = [message.contact.id for message in post.taken if message.variant == "short"][:7]
    reached = {message.contact.id for message in post.taken}
    out = [each.id for each in ann.contacts.iterate() if each.id not in reached][:3]
    event = {"campaign_id": campaign.id, "occurred_at": datetime.now(UTC)}
    events: list[dict[str, Any]] = [
        {**event, "event_id": f"{contact}/{turn}", "type": "click", "contact_id": contact}
        for contact in clicked
        for turn in range(3)
    ]
    events += [
        {
            **event,
            "event_id": f"m/{contact}",
            "type": "click",
            "contact_id": contact,
            "actor": "machine",
        }
        for contact in reached
    ]
    events += [
        {**event, "event_id": f"c/{contact}", "type": "conversion", "contact_id": contact}
        for contact in [*clicked[:2], *out]
    ]
    ann.analytics.ingest(events)
    found = ann.analytics.experiment(campaign.id, "click_rate")
    assert {arm.variant: arm.successes for arm in found.arms if not arm.held_out} == {
        "short": 7,
        "story": 0,
    }
    assert found.lift is not None
    assert found.lift.treated == (2, len(reached))
    assert found.lift.held_out == (3, 400 - len(reached))


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"variants": [SHORT]}, "variants"),
        ({"variants": [SHORT, SHORT]}, "variants[1].name"),
        ({"variants": [SHORT, Variant("", message="B")]}, "variants[1].name"),
        ({"variants": [SHORT, Variant("b", message="B", weight=0)]}, "variants[1].weight"),
        ({"variants": [SHORT, Variant("b", message="{{")]}, "variants[1].message"),
        ({"variants": [SHORT, {"name": "b"}]}, "variants[1]"),
        ({"hold_out": 0.6}, "hold_out"),
        ({"hold_out": 0.00001}, "hold_out"),
        ({"test_share": 0.5}, "test_share"),
        ({"test_share": 1, "variants": [SHORT, STORY]}, "test_share"),
    ],
)
def test_what_makes_no_sense_is_refused(
    given: dict[str, Any], path: str, ann: CampaignClient
) -> None:
    with pytest.raises(InvalidInput) as raised:
        ann.campaigns.create("T", message="M", rules=everyone(), **given)
    assert raised.value.path == path


def test_the_launch_freezes_the_arms(ann: CampaignClient, ben: CampaignClient) -> None:
    people(ann, 10)
    campaign = ann.campaigns.create(
        "T", subject="S", rules=everyone(), variants=[SHORT, STORY], test_share=0.5
    )
    copy = ann.campaigns.duplicate(campaign.id)
    assert (copy.variants, copy.test_share) == ((SHORT, STORY), 0.5)
    with pytest.raises(Conflict):
        ann.campaigns.promote(campaign.id, "short")
    ann.campaigns.launch(campaign.id)
    with pytest.raises(NotFound):
        ben.campaigns.promote(campaign.id, "short")
    with pytest.raises(NotFound):
        ben.analytics.experiment(campaign.id)
    with pytest.raises(InvalidInput):
        ann.analytics.experiment(campaign.id, "luck")


def test_every_variant_needs_a_message(ann: CampaignClient) -> None:
    people(ann, 1)
    silent = [SHORT, Variant("b", subject="Only a subject")]
    campaign = ann.campaigns.create("T", subject="S", rules=everyone(), variants=silent)
    with pytest.raises(NotReady):
        ann.campaigns.launch(campaign.id)


@pytest.mark.parametrize("mode", ["sync"])
@pytest.mark.parametrize(
    "change",
    [
        "variants = '[]'",
        """variants = '[{"name": "a", "weight": 1}]'""",
        """variants = '[{"name": "a", "weight": 1}, {"name": "a", "weight": 1}]'""",
        """variants = '[{"name": "a", "weight": 1}, {"name": "b", "weight": 1.5}]'""",
        """variants = '[{"name": "a", "weight": 1}, {"name": "b", "weight": 1, "x": 1}]'""",
        "hold_out = 0.51",
        "hold_out = -0.1",
        "test_share = 0.5, variants = null",
        "test_share = 1",
    ],
)
def test_the_table_refuses_what_python_would(
    change: str, ann: CampaignClient, db: psycopg.Connection
) -> None:
    campaign = ann.campaigns.create("T", message="M", variants=[SHORT, STORY])
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute(f"update public.campaigns set {change} where id = %s".encode(), [campaign.id])
