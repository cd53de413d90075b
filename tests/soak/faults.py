"""Wires that fail at random: before the server hears of a request, or after it has done it."""

from __future__ import annotations

import random

import httpx

_AT_MOST = 2


class _Faults:
    """What goes wrong, by a die.

    Attributes:
        odds: how likely each request meets a fault.
        met: how many did.
    """

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.odds = 0.0
        self.met = 0
        self._in_a_row = 0

    def _meets(self, request: httpx.Request) -> str:
        unlucky = self._dice.random() < self.odds and "/rest/v1" in request.url.path
        # A client that has failed at each of its tries says so, rightly: not the subject here.
        if not unlucky or self._in_a_row == _AT_MOST:
            self._in_a_row = 0
            return ""
        self._in_a_row += 1
        self.met += 1
        return self._dice.choice(["no way", "busy", "lost", "gateway", "cut"])

    @staticmethod
    def before(fault: str, request: httpx.Request) -> httpx.Response | None:
        """Fail without the server, if it is such a fault."""
        if fault == "no way":
            raise httpx.ConnectError("on purpose", request=request)
        return httpx.Response(503, content=b"<h1>Busy</h1>") if fault == "busy" else None

    @staticmethod
    def after(fault: str, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        """Fail though the server has done it, if it is such a fault."""
        if fault == "lost":
            raise httpx.ReadError("on purpose", request=request)
        if fault == "cut":
            raise httpx.RemoteProtocolError("on purpose", request=request)
        return httpx.Response(504, content=b"<h1>Late</h1>") if fault == "gateway" else response


class Faulty(_Faults, httpx.BaseTransport):
    def __init__(self, dice: random.Random) -> None:
        super().__init__(dice)
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fault = self._meets(request)
        refused = self.before(fault, request)
        if refused is not None:
            return refused
        response = self._inner.handle_request(request)
        response.read()
        return self.after(fault, request, response)

    def close(self) -> None:
        self._inner.close()


class AsyncFaulty(_Faults, httpx.AsyncBaseTransport):
    def __init__(self, dice: random.Random) -> None:
        super().__init__(dice)
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fault = self._meets(request)
        refused = self.before(fault, request)
        if refused is not None:
            return refused
        response = await self._inner.handle_async_request(request)
        await response.aread()
        return self.after(fault, request, response)

    async def aclose(self) -> None:
        await self._inner.aclose()
