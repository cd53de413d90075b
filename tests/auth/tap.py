"""A transport that lets a test see what goes over the wire, and answer in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

Answer = Callable[[httpx.Request], httpx.Response | None]


def nothing(request: httpx.Request) -> httpx.Response | None:  # noqa: ARG001
    """Leave the answer to the server."""
    return None


def renews(request: httpx.Request) -> bool:
    """Whether a request spends a refresh token."""
    return "grant_type=refresh_token" in str(request.url)


class Tap(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Beneath either client, in front of a real server.

    Attributes:
        seen: the requests so far.
        answer: answers in the server's place, or returns `None`.
    """

    def __init__(self, answer: Answer = nothing) -> None:
        self.seen: list[httpx.Request] = []
        self.answer = answer
        self._wire = httpx.HTTPTransport()
        self._awire = httpx.AsyncHTTPTransport()

    @property
    def renewals(self) -> int:
        return sum(renews(request) for request in self.seen)

    @property
    def tokens(self) -> list[str]:
        """Who asked for data, in order."""
        data = [request for request in self.seen if "/rest/v1" in request.url.path]
        return [request.headers["Authorization"].removeprefix("Bearer ") for request in data]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return self.answer(request) or self._wire.handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = await asyncio.to_thread(self.answer, request)
        return answer or await self._awire.handle_async_request(request)

    def close(self) -> None:
        self._wire.close()

    async def aclose(self) -> None:
        await self._awire.aclose()


def failing(answer: Any) -> Answer:
    """Answer renewals, and nothing else, with a failure: a response or an exception."""

    def fail(request: httpx.Request) -> httpx.Response | None:
        if not renews(request):
            return None
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return fail
