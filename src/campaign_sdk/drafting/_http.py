"""Connections to the language model that end at a deadline or a size."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx2

from campaign_sdk._core.body import BoundedBody

_BEGAN = "campaign_sdk.began"


class _Body(BoundedBody, httpx2.SyncByteStream, httpx2.AsyncByteStream):
    most = 8 * 1024 * 1024  # many times what the longest answer takes

    def late(self) -> Exception:
        return httpx2.ReadTimeout("the answer takes too long")

    def large(self) -> Exception:
        return httpx2.ReadError("the answer is too large")


def open_http(transport: Any, *, is_async: bool) -> Any:
    """Open the client that openai is to use; it follows no redirect with the key in hand."""
    make: Any = httpx2.AsyncClient if is_async else httpx2.Client
    begin, bound = (_awaited(_begin), _awaited(_bound)) if is_async else (_begin, _bound)
    hooks = {"request": [begin], "response": [bound]}
    return make(transport=transport, event_hooks=hooks, follow_redirects=False)


def _awaited(hook: Callable[[Any], None]) -> Callable[[Any], Any]:
    async def call(subject: Any) -> None:
        hook(subject)

    return call


def _begin(request: httpx2.Request) -> None:
    request.extensions[_BEGAN] = time.monotonic()


def _bound(response: httpx2.Response) -> None:
    timeouts = response.request.extensions["timeout"]
    ends = response.request.extensions[_BEGAN] + timeouts["pool"]
    response.stream = _Body(response.stream, ends)
    timeouts["read"] = max(ends - time.monotonic(), 0.001)
