"""A worker in a process of its own, which sends a campaign until nothing is left of it.

python worker.py '{"url", "key", "token", "campaign", "vendor", "mode", "lease", ...}'
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import Sequence
from typing import Any

import httpx

from campaign_sdk import AsyncCampaignClient, CampaignClient, NotActive, Unavailable
from campaign_sdk.senders import Message, Receipt

ORDERS: dict[str, Any] = {}


def _body(messages: Sequence[Message]) -> dict[str, Any]:
    return {"messages": [{"key": message.key} for message in messages]}


def _receipts(messages: Sequence[Message], answer: httpx.Response) -> list[Receipt]:
    ids = answer.raise_for_status().json()["ids"]
    return [Receipt.sent(each.key, name) for each, name in zip(messages, ids, strict=True)]


class Post:
    """Hands messages over to the vendor, and waits for it as long as it takes."""

    def __init__(self) -> None:
        self.batch_size: int = ORDERS["size"]
        self.honours_keys: bool = ORDERS["honours_keys"]
        self._http = httpx.Client(timeout=30)

    def __call__(self, messages: Sequence[Message]) -> list[Receipt]:
        answer = self._http.post(f"{ORDERS['vendor']}/messages", json=_body(messages))
        return _receipts(messages, answer)


class AtOnce:
    """A vendor in this process that answers at once, and notes how much memory there is."""

    honours_keys = False

    def __init__(self) -> None:
        self.batch_size: int = ORDERS["size"]
        self._taken = 0
        self._before = 0

    def __call__(self, messages: Sequence[Message]) -> list[Receipt]:
        self._taken += len(messages)
        if not self._before and self._taken >= 2_000:
            self._before = memory()
        return [Receipt.sent(each.key, each.key[-12:]) for each in messages]

    def report(self) -> str:
        more = memory() - self._before if self._before else 0
        return json.dumps({"taken": self._taken, "more": more})


def memory() -> int:
    """Return the most memory that this process has had, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class AsyncPost:
    """The same as a coroutine function."""

    def __init__(self) -> None:
        self.batch_size: int = ORDERS["size"]
        self.honours_keys: bool = ORDERS["honours_keys"]
        self._http = httpx.AsyncClient(timeout=30)

    async def __call__(self, messages: Sequence[Message]) -> list[Receipt]:
        answer = await self._http.post(f"{ORDERS['vendor']}/messages", json=_body(messages))
        return _receipts(messages, answer)


def _options() -> dict[str, Any]:
    return {name: ORDERS[name] for name in ("lease", "rate", "unknown")}


def work() -> None:
    with CampaignClient(ORDERS["url"], ORDERS["key"], access_token=ORDERS["token"]) as client:
        post = Post() if ORDERS["vendor"] else AtOnce()
        while True:
            try:
                client.deliveries.send(ORDERS["campaign"], post, **_options())
                break
            except (httpx.HTTPError, Unavailable):
                continue
            except NotActive:
                # The others have done it all, and the tick has completed it.
                break
    if isinstance(post, AtOnce):
        sys.stdout.write(f"{post.report()}\n")


async def awork() -> None:
    client = AsyncCampaignClient(ORDERS["url"], ORDERS["key"], access_token=ORDERS["token"])
    async with client:
        while True:
            try:
                await client.deliveries.send(ORDERS["campaign"], AsyncPost(), **_options())
                return
            except (httpx.HTTPError, Unavailable):
                continue
            except NotActive:
                # The others have done it all, and the tick has completed it.
                return


if __name__ == "__main__":
    ORDERS.update(json.loads(sys.argv[1]))
    if ORDERS["mode"] == "sync":
        work()
    else:
        asyncio.run(awork())
