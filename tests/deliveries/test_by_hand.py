"""Batches, parts, begin and settle, as somebody's own loop uses them; and interruptions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import psycopg
import pytest

from campaign_sdk import (
    AsyncCampaignClient,
    Campaign,
    CampaignClient,
    InvalidInput,
    LeaseLost,
    NotActive,
    everyone,
)
from campaign_sdk.deliveries import Part
from campaign_sdk.local import LocalSupabase
from campaign_sdk.senders import Message, Receipt
from clients import PASSWORD, client_of, sign_up


@pytest.fixture
def ann(stack: LocalSupabase) -> Iterator[CampaignClient]:
    with client_of(stack) as client:
        yield sign_up(client, "ann")


def launched(client: CampaignClient, count: int = 10) -> Campaign:
    client.contacts.upsert([{"email": f"u{n}@example.com"} for n in range(count)])
    campaign = client.campaigns.create("x", message="Hi", subject="Hi", rules=everyone())
    return client.campaigns.launch(campaign.id)


def taken(messages: Sequence[Message]) -> list[Receipt]:
    return [Receipt.sent(message.key) for message in messages]


def test_a_loop_of_ones_own(ann: CampaignClient) -> None:
    campaign = launched(ann)
    given: list[str] = []
    for batch in ann.deliveries.claim(campaign.id, lease=60):
        assert "example.com" not in repr(batch)
        for part in batch.parts(3):
            messages = batch.begin(part)
            status = ann.deliveries.status(campaign.id)
            assert status.in_flight == len(messages)
            given += [message.to for message in messages]
            batch.settle(taken(messages))
    assert sorted(given) == sorted(f"u{n}@example.com" for n in range(10))
    assert ann.deliveries.status(campaign.id).sent == 10


async def test_the_same_awaited(stack: LocalSupabase, ann: CampaignClient) -> None:
    campaign = launched(ann)
    assert ann.auth.session is not None
    token = ann.auth.session.access_token.get_secret_value()
    async with AsyncCampaignClient(stack.url, stack.anon_key, access_token=token) as client:
        async for batch in client.deliveries.claim(campaign.id):
            for part in batch.parts(4):
                await batch.settle(taken(await batch.begin(part)))
        assert (await client.deliveries.status(campaign.id)).sent == 10


def test_whoever_unsubscribes_after_the_claim_is_left_out(ann: CampaignClient) -> None:
    campaign = launched(ann)
    ann.contacts.unsubscribe(next(ann.contacts.iterate()).id)
    batch = next(ann.deliveries.claim(campaign.id))
    assert len(batch.contacts) == 9
    ann.contacts.unsubscribe(batch.contacts[0].id)
    [part] = batch.parts(100)
    messages = batch.begin(part)
    assert len(messages) == 8
    batch.settle(taken(messages))
    status = ann.deliveries.status(campaign.id)
    assert (status.sent, status.skipped) == (8, 2)


def test_a_lost_lease_and_a_late_answer(ann: CampaignClient, db: psycopg.Connection) -> None:
    campaign = launched(ann, 4)
    batch = next(ann.deliveries.claim(campaign.id))
    first, second = batch.parts(2)
    messages = batch.begin(first)
    query = "update campaign_batches set leased_until = now() where campaign_id = %s"
    db.execute(query, [campaign.id])
    other = next(ann.deliveries.claim(campaign.id))
    assert ann.deliveries.status(campaign.id).unknown == 2
    with pytest.raises(LeaseLost, match="claim anew"):
        batch.begin(second)
    batch.settle(taken(messages))
    assert ann.deliveries.status(campaign.id).sent == 2
    for part in other.parts(10):
        other.settle(taken(other.begin(part)))
    assert ann.deliveries.status(campaign.id).sent == 4


def test_a_pause_refuses_the_next_part(ann: CampaignClient) -> None:
    campaign = launched(ann)
    batch = next(ann.deliveries.claim(campaign.id))
    first, second, *_ = batch.parts(2)
    messages = batch.begin(first)
    ann.campaigns.pause(campaign.id)
    batch.settle(taken(messages))
    with pytest.raises(NotActive, match="paused"):
        batch.begin(second)
    batch.release()
    with pytest.raises(NotActive, match="paused"):
        next(ann.deliveries.claim(campaign.id))
    status = ann.deliveries.status(campaign.id)
    assert (status.sent, status.pending, status.in_flight) == (2, 8, 0)


def test_what_is_begun_and_released_is_in_doubt(ann: CampaignClient) -> None:
    campaign = launched(ann)
    batch = next(ann.deliveries.claim(campaign.id))
    batch.begin(next(batch.parts(3)))
    batch.release()
    status = ann.deliveries.status(campaign.id)
    assert (status.unknown, status.pending) == (3, 7)


def test_receipts_of_others_are_refused_and_the_rest_is_noted(ann: CampaignClient) -> None:
    campaign = launched(ann)
    batch = next(ann.deliveries.claim(campaign.id))
    messages = batch.begin(next(batch.parts(3)))
    with pytest.raises(InvalidInput, match=r"^receipts: "):
        batch.settle([Receipt.sent("of/another"), *taken(messages[:2])])
    status = ann.deliveries.status(campaign.id)
    assert (status.sent, status.unknown) == (2, 1)


@pytest.mark.parametrize("size", [0, -1, 1_001, "10", True])
def test_parts_have_a_size(ann: CampaignClient, size: int) -> None:
    campaign = launched(ann, 1)
    batch = next(ann.deliveries.claim(campaign.id))
    with pytest.raises(InvalidInput, match=r"^size: "):
        next(batch.parts(size))
    assert isinstance(next(batch.parts(1)), Part)


def test_ctrl_c_in_the_sender_settles_first(ann: CampaignClient) -> None:
    campaign = launched(ann)
    calls = [0]

    def interrupted(messages: Sequence[Message]) -> list[Receipt]:
        calls[0] += 1
        if calls[0] == 2:
            raise KeyboardInterrupt
        return taken(messages)

    interrupted.batch_size = 4  # type: ignore[attr-defined] # a function is enough
    with pytest.raises(KeyboardInterrupt):
        ann.deliveries.send(campaign.id, interrupted)
    status = ann.deliveries.status(campaign.id)
    assert (status.sent, status.unknown, status.pending, status.in_flight) == (4, 4, 2, 0)


async def test_so_does_the_end_of_a_task(stack: LocalSupabase) -> None:
    async with AsyncCampaignClient(stack.url, stack.anon_key) as client:
        await client.auth.sign_up(f"{id(stack)}-{id(client)}@example.com", PASSWORD)
        await client.contacts.upsert([{"email": f"u{n}@example.com"} for n in range(3)])
        campaign = await client.campaigns.create("x", message="Hi", subject="Hi", rules=everyone())
        await client.campaigns.launch(campaign.id)
        begun = asyncio.Event()

        async def endless(messages: Sequence[Message]) -> list[Receipt]:
            begun.set()
            await asyncio.sleep(60)
            return taken(messages)

        sending = asyncio.create_task(client.deliveries.send(campaign.id, endless))
        await begun.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        status = await client.deliveries.status(campaign.id)
        assert (status.unknown, status.pending, status.in_flight) == (1, 2, 0)
