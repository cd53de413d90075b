"""Connections to the language model that end at a deadline or a size."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpcore2
import httpx2

from campaign_sdk._core.body import BoundedBody
from campaign_sdk._core.deadline import bounded, set_deadline
from campaign_sdk._core.proxy import proxy_for

_BEGAN = "campaign_sdk.began"


class _Body(BoundedBody, httpx2.SyncByteStream, httpx2.AsyncByteStream):
    most = 8 * 1024 * 1024  # many times what the longest answer takes

    def late(self) -> Exception:
        return httpx2.ReadTimeout("the answer takes too long")

    def large(self) -> Exception:
        return httpx2.ReadError("the answer is too large")


class _Decoder:
    """What comes out of a compressed body counts: up to a thousand times what comes in."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._size = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        return self._counted(self._inner.decode(data))

    def flush(self) -> Iterator[bytes]:
        return self._counted(self._inner.flush())

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._size += len(piece)
            if self._size > _Body.most:
                raise httpx2.ReadError("the answer is too large")
            yield piece


def open_http(transport: Any, url: str, *, is_async: bool) -> Any:
    """Open the client that openai is to use.

    With the key in hand it follows no redirect, and no proxy but the one that was chosen.
    """
    make: Any = httpx2.AsyncClient if is_async else httpx2.Client
    transport = transport or _straight(url, is_async=is_async)
    begin, bound = (_awaited(_begin), _awaited(_bound)) if is_async else (_begin, _bound)
    hooks = {"request": [begin], "response": [bound]}
    return make(transport=bounded(transport, httpcore2), event_hooks=hooks, follow_redirects=False)


def _straight(url: str, *, is_async: bool) -> Any:
    make: Any = httpx2.AsyncHTTPTransport if is_async else httpx2.HTTPTransport
    return make(verify=_tls(), proxy=proxy_for(url))


@cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def _awaited(hook: Callable[[Any], None]) -> Callable[[Any], Any]:
    async def call(subject: Any) -> None:
        hook(subject)

    return call


def _begin(request: httpx2.Request) -> None:
    request.extensions[_BEGAN] = now = time.monotonic()
    set_deadline(now + request.extensions["timeout"]["pool"])


def _bound(response: Any) -> None:
    timeouts = response.request.extensions["timeout"]
    ends = response.request.extensions[_BEGAN] + timeouts["pool"]
    response.stream = _Body(response.stream, ends)
    response._decoder = _Decoder(response._get_content_decoder())
    timeouts["read"] = max(ends - time.monotonic(), 0.001)
