"""A wire that loses answers: the server has done what was asked, and nobody hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from campaign_sdk import CampaignClient
from campaign_sdk.local import LocalSupabase
from clients import Mode, client_of

Asked = Callable[[httpx.Request], bool]


class _Losing:
    """What both wires share: which answers are lost, and what was sent.

    Attributes:
        sent: method and path of each request.
        lose: which answers are to be lost.
        times: how many of them.
    """

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.lose: Asked = lambda _request: False
        self.times = 1

    def note(self, request: httpx.Request) -> None:
        self.sent.append(f"{request.method} {request.url.path.removeprefix('/rest/v1/')}")

    def heard(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if self.times and self.lose(request):
            self.times -= 1
            raise httpx.ReadError("the answer was lost on purpose", request=request)
        return response


class Losing(_Losing, httpx.BaseTransport):
    def __init__(self) -> None:
        super().__init__()
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.note(request)
        response = self._inner.handle_request(request)
        response.read()
        return self.heard(request, response)

    def close(self) -> None:
        self._inner.close()


class AsyncLosing(_Losing, httpx.AsyncBaseTransport):
    def __init__(self) -> None:
        super().__init__()
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.note(request)
        response = await self._inner.handle_async_request(request)
        await response.aread()
        return self.heard(request, response)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Lossy:
    """A client, and the wire that loses what it is told to."""

    def __init__(self, client: CampaignClient, wire: Losing | AsyncLosing) -> None:
        self.client = client
        self._wire = wire

    @contextmanager
    def losing(self, method: str, path: str, times: int = 1) -> Iterator[list[str]]:
        """Lose the answers to such requests; yield what is sent meanwhile."""
        self._wire.times = times
        self._wire.lose = lambda request: (
            request.method == method and request.url.path.endswith(f"/{path}")
        )
        self._wire.sent.clear()
        yield self._wire.sent
        assert self._wire.times == 0, "there was no such answer to lose"


@contextmanager
def lossy(stack: LocalSupabase, mode: Mode) -> Iterator[Lossy]:
    """A client in either mode, on a wire that loses answers."""
    wire = Losing() if mode == "sync" else AsyncLosing()
    with client_of(stack, mode, transport=wire) as client:
        yield Lossy(client, wire)
