"""Faults of the language model's server: the same deadline, the same bounds."""

from __future__ import annotations

import asyncio
import gzip
import time
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from campaign_sdk import AsyncCampaignClient, CampaignClient, DraftingError, DraftingOptions
from campaign_sdk._core.errors import CampaignError
from clients import Mode
from wire import KEY, URL, session

from .faults import HEAD, body
from .proxy import Fault, Proxy, Visit

MODEL_KEY = "sk-of-the-model"
FIELDS = {"sampled": 1, "fields": []}


@pytest.fixture(scope="module")
def model() -> Iterator[Proxy]:
    """Where the model would be: every request meets a fault."""
    with Proxy("http://127.0.0.1:9") as proxy:
        yield proxy


def draft(mode: Mode, model: Proxy, seconds: float) -> Any:
    options = DraftingOptions(
        api_key=MODEL_KEY, base_url=f"{model.url}/v1", seconds=seconds, max_calls=1
    )
    database = httpx.MockTransport(lambda _: httpx.Response(200, json=FIELDS))
    if mode == "sync":
        with CampaignClient(URL, KEY, drafting=options, transport=database) as client:
            client._connection.keeper.keep(session())
            return client.drafting.messages("Come back")

    async def main() -> Any:
        async with AsyncCampaignClient(URL, KEY, drafting=options, transport=database) as client:
            client._connection.keeper.keep(session())
            return await client.drafting.messages("Come back")

    return asyncio.run(main())


def _head(visit: Visit) -> None:
    visit.crumbs(HEAD + b"X: " + b"x" * 9000, 0.02)


def _interim(visit: Visit) -> None:
    while not visit.over.wait(0.01):
        visit.say(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


def _body(visit: Visit) -> None:
    visit.say(HEAD + b"Content-Length: 9000\r\n\r\n")
    visit.crumbs(b"{" + b" " * 9000, 0.02)


@pytest.mark.parametrize("fault", [_head, _interim, _body, lambda visit: visit.hang()])
def test_a_model_in_crumbs_ends_at_the_deadline(mode: Mode, model: Proxy, fault: Fault) -> None:
    began = time.monotonic()
    with model.doing(fault), pytest.raises(DraftingError) as caught:
        draft(mode, model, 0.4)
    assert caught.value.reason == "timeout"
    # Importing openai takes its time, once.
    assert time.monotonic() - began < 30


def test_what_comes_out_of_a_compressed_draft_counts(mode: Mode, model: Proxy) -> None:
    bomb = gzip.compress(b"{" + b" " * (32 << 20) + b"}")
    with (
        model.doing(body(bomb, "Content-Encoding: gzip")),
        pytest.raises(DraftingError) as caught,
    ):
        draft(mode, model, 10)
    assert caught.value.reason == "unavailable"


def test_a_redirect_doesnt_take_the_key_along(mode: Mode, model: Proxy) -> None:
    with Proxy("http://127.0.0.1:9") as elsewhere, elsewhere.doing(body(b"{}")) as arrived:
        there = body(b"", f"Location: {elsewhere.url}/v1/responses", status="307 Moved")
        with model.doing(there), pytest.raises(CampaignError) as caught:
            draft(mode, model, 5)
    assert arrived == []
    assert MODEL_KEY not in f"{caught.value!r}{caught.value.__cause__!r}"


NONSENSE = {
    "a refusal in another encoding": body(
        b'{"a": 1}', status="409 Conflict", type_="application/json; charset=utf-16"
    ),
    "an unknown encoding": body(b"x", status="400 No", type_="text/plain; charset=nonsense"),
    "events that aren't UTF-8": body(b"data: \xff\n\n", type_="text/event-stream"),
    "events of another form": body(b"data: []\n\ndata: 1\n\n", type_="text/event-stream"),
    "an event that quotes the key": body(
        f'event: error\ndata: {{"error": {{"message": "{MODEL_KEY}"}}}}\n\n'.encode(),
        type_="text/event-stream",
    ),
    "a refusal that quotes the key": body(
        f'{{"error": {{"message": "{MODEL_KEY}", "code": "{MODEL_KEY}"}}}}'.encode(),
        status="400 No",
    ),
}


@pytest.mark.parametrize("fault", NONSENSE.values(), ids=NONSENSE)
def test_no_answer_of_a_model_raises_what_isnt_ours(model: Proxy, fault: Fault) -> None:
    options = DraftingOptions(api_key=MODEL_KEY, base_url=f"{model.url}/v1", max_calls=1)
    database = httpx.MockTransport(lambda _: httpx.Response(200, json=FIELDS))
    with CampaignClient(URL, KEY, drafting=options, transport=database) as client:
        client._connection.keeper.keep(session())
        for work in (client.drafting.messages, lambda brief: list(client.drafting.stream(brief))):
            with model.doing(fault), pytest.raises(DraftingError) as caught:
                work("Come back")
            told = "".join(traceback.format_exception(caught.value)) + str(vars(caught.value))
            assert MODEL_KEY not in told
