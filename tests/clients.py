"""Both clients of the SDK behind one face, so that one test holds for both."""

from __future__ import annotations

import asyncio
import inspect
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar, cast

from campaign_sdk import AsyncCampaignClient, CampaignClient
from campaign_sdk._core.operation import Resource
from campaign_sdk.local import LocalSupabase

Mode = Literal["sync", "async"]
PASSWORD = "correct horse battery staple"

T = TypeVar("T")


class _Blocking:
    def __init__(self, target: Any, runner: asyncio.Runner) -> None:
        self._target = target
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if isinstance(value, Resource):
            return _Blocking(value, self._runner)
        if not inspect.ismethod(value):
            return value
        return lambda *args, **kwargs: self._settled(value(*args, **kwargs))

    def _settled(self, answer: Any) -> Any:
        if isinstance(answer, Resource):
            return _Blocking(answer, self._runner)
        if inspect.iscoroutine(answer):
            return self._runner.run(answer)
        return self._items(answer) if isinstance(answer, AsyncIterator) else answer

    def _items(self, items: AsyncIterator[T]) -> Iterator[T]:
        async def following() -> T:
            return await anext(items)

        while True:
            try:
                yield self._runner.run(following())
            except StopAsyncIteration:
                return


def blocking(client: AsyncCampaignClient, runner: asyncio.Runner) -> CampaignClient:
    """Return a client whose operations are awaited behind the scenes."""
    return cast(CampaignClient, _Blocking(client, runner))


@contextmanager
def client_of(
    stack: LocalSupabase, mode: Mode = "sync", **options: Any
) -> Iterator[CampaignClient]:
    """A client of the SDK; an asynchronous one is driven like a synchronous one."""
    if mode == "sync":
        with CampaignClient(stack.url, stack.anon_key, **options) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        awaited = AsyncCampaignClient(stack.url, stack.anon_key, **options)
        try:
            yield blocking(awaited, runner)
        finally:
            runner.run(awaited.aclose())


def sign_up(client: CampaignClient, name: str) -> CampaignClient:
    """Make an account for somebody new."""
    client.auth.sign_up(f"{name}-{uuid.uuid4().hex}@example.com", PASSWORD)
    return client
