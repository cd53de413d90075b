"""Connections to the language model that end at a deadline or a size."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2

# Many times what the longest answer takes.
_BODY_LIMIT = 8 * 1024 * 1024

_BEGAN = "campaign_sdk.began"


class _Bounded(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that ends at a deadline or a size; httpx2's timeout begins anew at each chunk."""

    def __init__(self, stream: Any, request: httpx2.Request) -> None:
        self._stream = stream
        self._ends = _ends(request)
        self._left = _BODY_LIMIT

    def _passed(self, chunk: bytes) -> bytes:
        self._left -= len(chunk)
        if time.monotonic() > self._ends:
            raise httpx2.ReadTimeout("the answer takes too long")
        if self._left < 0:
            raise httpx2.ReadError("the answer is too large")
        return chunk

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            yield self._passed(chunk)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield self._passed(chunk)

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


def open_http(transport: Any, *, is_async: bool) -> httpx2.Client | httpx2.AsyncClient:
    """Open the client that openai is to use; it follows no redirect with the key in hand."""
    if not is_async:
        hooks: dict[str, Any] = {"request": [_begin], "response": [_bound]}
        return httpx2.Client(transport=transport, event_hooks=hooks, follow_redirects=False)
    hooks = {"request": [_abegin], "response": [_abound]}
    return httpx2.AsyncClient(transport=transport, event_hooks=hooks, follow_redirects=False)


def _begin(request: httpx2.Request) -> None:
    request.extensions[_BEGAN] = time.monotonic()


def _bound(response: httpx2.Response) -> None:
    request = response.request
    response.stream = _Bounded(response.stream, request)
    timeouts = request.extensions["timeout"]
    timeouts["read"] = max(_ends(request) - time.monotonic(), 0.001)


async def _abegin(request: httpx2.Request) -> None:
    _begin(request)


async def _abound(response: httpx2.Response) -> None:
    _bound(response)


def _ends(request: httpx2.Request) -> float:
    began: float = request.extensions[_BEGAN]
    seconds: float = request.extensions["timeout"]["pool"]
    return began + seconds
