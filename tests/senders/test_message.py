"""What a sender is given, and what it answers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from campaign_sdk import CampaignError, InvalidInput
from campaign_sdk.senders import (
    LoginRefused,
    Message,
    NotSent,
    Receipt,
    async_sender,
    batch_size,
    honours_keys,
    sync_sender,
)

MESSAGE = Message("c/1", "asha@example.com", {"email": "asha@example.com"}, None, "Hi", "text")


def post(messages: Sequence[Message]) -> Sequence[Receipt]:
    return [Receipt.sent(each.key, threading.current_thread().name) for each in messages]


async def apost(messages: Sequence[Message]) -> Sequence[Receipt]:
    return [Receipt.sent(each.key, "loop") for each in messages]


class Batched:
    batch_size = 100
    honours_keys = True

    async def __call__(self, messages: Sequence[Message]) -> Sequence[Receipt]:
        return await apost(messages)


def test_a_log_of_a_message_doesnt_say_to_whom_nor_what() -> None:
    assert repr(MESSAGE) == "Message(key='c/1', variant=None)"


def test_a_message_stays_as_it_is() -> None:
    with pytest.raises(AttributeError):
        MESSAGE.to = "ben@example.com"  # type: ignore[misc]  # what is refused


def test_receipts_say_what_became_of_it() -> None:
    assert Receipt.sent("k", "p-1") == Receipt("k", "sent", provider_id="p-1")
    assert Receipt.failed("k", "no such box") == Receipt("k", "failed", reason="no such box")
    assert Receipt.failed("k", "busy", retry=True).retry


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("", "refused without a reason"),
        ("two\r\nlines\0", "two lines"),
        ("half \ud800 a pair", "half a pair"),
        ("x" * 1_000, "x" * 300),
        (550, "550"),
    ],
)
def test_whatever_a_vendor_says_becomes_a_line(said: Any, line: str) -> None:
    assert Receipt.failed("k", said).reason == line
    if said:
        assert Receipt.sent("k", said).provider_id is not None
    else:
        assert Receipt.sent("k", said).provider_id is None


def test_nothing_left_is_an_error_of_ours() -> None:
    error = NotSent("busy", retry_after=3)
    assert isinstance(error, CampaignError)
    assert (error.retry, error.retry_after) == (True, 3)
    assert not LoginRefused("wrong password").retry


def test_a_function_is_enough() -> None:
    assert batch_size(post) == 1
    assert not honours_keys(post)
    assert sync_sender(post)([MESSAGE])[0].outcome == "sent"


def test_attributes_say_the_rest() -> None:
    assert batch_size(Batched()) == 100
    assert honours_keys(Batched())


@pytest.mark.parametrize("size", [0, -1, 1_001, "3", True, None, 2.0])
def test_a_batch_size_that_is_none_is_refused(size: Any) -> None:
    sender = Batched()
    sender.batch_size = size
    with pytest.raises(InvalidInput, match=r"sender\.batch_size: must be a number from 1 to 1,000"):
        batch_size(sender)


@pytest.mark.parametrize("sender", [apost, partial(apost), Batched()])
async def test_coroutine_functions_are_for_the_asynchronous_client(sender: Any) -> None:
    with pytest.raises(InvalidInput, match="AsyncCampaignClient"):
        sync_sender(sender)
    assert (await async_sender(sender)([MESSAGE]))[0].provider_id == "loop"


async def test_what_blocks_gets_a_thread_in_the_asynchronous_client() -> None:
    [receipt] = await async_sender(post)([MESSAGE])
    assert receipt.provider_id != threading.current_thread().name


def test_what_cant_be_called_is_no_sender() -> None:
    nobody: Any = "smtp://example.com"
    for way in (sync_sender, async_sender):
        with pytest.raises(InvalidInput, match="sender: must be callable"):
            way(nobody)
