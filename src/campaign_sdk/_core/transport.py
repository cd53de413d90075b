"""The wire: carries out what an exchange decides, in either mode."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from contextlib import closing
from typing import Any, TypeVar

import httpx

from campaign_sdk._core.body import BoundedBody
from campaign_sdk._core.cancelling import Steady
from campaign_sdk._core.deadline import deadline
from campaign_sdk._core.errors import ConfigurationError, ProtocolError
from campaign_sdk._core.exchange import Exchange, Turn

T = TypeVar("T")


class _Body(BoundedBody, httpx.SyncByteStream, httpx.AsyncByteStream):
    most = 256 * 1024 * 1024

    def late(self) -> Exception:
        return httpx.ReadTimeout("the answer takes too long")

    def large(self) -> Exception:
        return ProtocolError("the server's answer is too large")


class _Content:
    """What comes out of a body: of a compressed one, up to a thousand times what comes in."""

    # Of what was sent, these described the form.
    _FORM = (b"content-encoding", b"content-length", b"transfer-encoding")

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > _Body.most:
            raise ProtocolError("the server's answer is too large")
        self._chunks.append(chunk)

    def of(self, response: httpx.Response) -> httpx.Response:
        """Return the answer with its content read."""
        headers = [pair for pair in response.headers.raw if pair[0].lower() not in self._FORM]
        return httpx.Response(
            response.status_code,
            headers=headers,
            content=b"".join(self._chunks),
            extensions=response.extensions,
        )


class _Addresses:
    """Addresses as they were read once: a client asks few, again and again."""

    _MOST = 256

    def __init__(self) -> None:
        self._known: dict[Any, httpx.URL] = {}

    def request(
        self, client: httpx.Client | httpx.AsyncClient, method: str, url: str, given: dict[str, Any]
    ) -> httpx.Request | None:
        """Return the request of a builder; `None` if it isn't as plain as theirs are."""
        if given.keys() != _PLAIN or given["auth"] is not None:
            return None
        headers = _merged(client.headers.raw, given["headers"].raw)
        address = self._read(url, given["params"])
        return httpx.Request(method, address, headers=headers, content=given["content"])

    def _read(self, url: str, params: httpx.QueryParams) -> httpx.URL:
        key = (url, *params.multi_items()) if params else url
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= self._MOST:
                self._known.clear()
            known = self._known[key] = httpx.URL(url, params=params or None)
        return known


_Raw = list[tuple[bytes, bytes]]


def _merged(defaults: _Raw, given: _Raw) -> _Raw:
    """Return headers, of which those given go first."""
    names = {name.lower() for name, _ in given}
    return [pair for pair in defaults if pair[0].lower() not in names] + given


_PLAIN = {"content", "params", "headers", "auth"}


class Http(httpx.Client):
    """A client whose plain requests go to the wire at once.

    Cookies, redirects, authentication and hooks are none of a project's, and looking for
    them takes longer than all the rest of a request.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__(transport=wire, follow_redirects=False)
        self._wire = wire
        self._addresses = _Addresses()

    def request(self, method: str, url: httpx.URL | str, **given: Any) -> httpx.Response:
        """Send a request."""
        if self._wire.is_closed:
            raise _closed()
        request = self._addresses.request(self, method, str(url), given)
        if request is None:
            return super().request(method, url, **given)
        response = self._wire.handle_request(request)
        response.request = request
        return response


class AsyncHttp(httpx.AsyncClient):
    """The same for the asynchronous client."""

    def __init__(self, wire: AsyncWire) -> None:
        super().__init__(transport=wire, follow_redirects=False)
        self._wire = wire
        self._addresses = _Addresses()

    async def request(self, method: str, url: httpx.URL | str, **given: Any) -> httpx.Response:
        """Send a request."""
        if self._wire.is_closed:
            raise _closed()
        request = self._addresses.request(self, method, str(url), given)
        if request is None:
            return await super().request(method, url, **given)
        response = await self._wire.handle_async_request(request)
        response.request = request
        return response


def _closed() -> ConfigurationError:
    return ConfigurationError("this client is closed: make another one")


class Wire(httpx.BaseTransport):
    """Carries out exchanges for the synchronous client."""

    def __init__(self, inner: httpx.BaseTransport, exchange: Exchange) -> None:
        self._inner = inner
        self._exchange = exchange
        self.is_closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry out one exchange."""
        if self.is_closed:
            raise _closed()
        return self._carry_out(self._exchange(request))

    def renew(self) -> None:
        """Renew the session."""
        self._carry_out(self._exchange.renewal())

    def _carry_out(self, plan: Generator[Any, Any, T]) -> T:
        answer: Any = None
        error: Exception | None = None
        # Closed whatever happens, so that an interrupted renewal gives the lock back.
        with closing(plan) as steps:
            while True:
                try:
                    step = steps.throw(error) if error else steps.send(answer)
                except StopIteration as done:
                    result: T = done.value
                    return result
                answer, error = self._take(step)

    def _take(self, step: Any) -> tuple[Any, Exception | None]:
        try:
            return self._do(step), None
        except Exception as error:
            return None, error

    def _do(self, step: Any) -> Any:
        if isinstance(step, httpx.Request):
            return self._send(step)
        if isinstance(step, Turn):
            return self._wait(step)
        return time.sleep(step)

    def _wait(self, turn: Turn) -> None:
        if not turn.lock.acquire(timeout=turn.left):
            raise turn.missed()

    def _send(self, request: httpx.Request) -> httpx.Response:
        ends = request.extensions["ends"]
        content = _Content()
        with deadline(ends):
            response = self._inner.handle_request(request)
            response.stream = _Body(response.stream, ends)
            try:
                for chunk in response.iter_bytes():
                    content.add(chunk)
            finally:
                response.close()
        return content.of(response)

    def close(self) -> None:
        """Close the connections."""
        self.is_closed = True
        self._inner.close()


class AsyncWire(httpx.AsyncBaseTransport):
    """Carries out exchanges for the asynchronous client."""

    def __init__(self, inner: httpx.AsyncBaseTransport, exchange: Exchange) -> None:
        self._inner = inner
        self._exchange = exchange
        self._loop: asyncio.AbstractEventLoop | None = None
        self.is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry out one exchange."""
        if self.is_closed:
            raise _closed()
        return await self._carry_out(self._exchange(request))

    async def renew(self) -> None:
        """Renew the session."""
        await self._carry_out(self._exchange.renewal())

    async def _carry_out(self, plan: Generator[Any, Any, T]) -> T:
        self._stay_in_the_loop()
        answer: Any = None
        error: Exception | None = None
        # Closed whatever happens, so that an interrupted renewal gives the lock back.
        with closing(plan) as steps:
            while True:
                try:
                    step = steps.throw(error) if error else steps.send(answer)
                except StopIteration as done:
                    result: T = done.value
                    return result
                answer, error = await self._take(step)

    async def _take(self, step: Any) -> tuple[Any, Exception | None]:
        try:
            return await self._do(step), None
        except Exception as error:
            return None, error

    async def _do(self, step: Any) -> Any:
        if isinstance(step, httpx.Request):
            return await self._send(step)
        if isinstance(step, Turn):
            return await self._wait(step)
        return await asyncio.sleep(step)

    async def _wait(self, turn: Turn) -> None:
        try:
            async with asyncio.timeout(turn.left):
                await turn.lock.acquire()
        except TimeoutError:
            raise turn.missed() from None

    async def _send(self, request: httpx.Request) -> httpx.Response:
        ends = request.extensions["ends"]
        content = _Content()
        with deadline(ends):
            response = await Steady(self._inner.handle_async_request(request))
            response.stream = _Body(response.stream, ends)
            try:
                async for chunk in response.aiter_bytes():
                    content.add(chunk)
            finally:
                await response.aclose()
        return content.of(response)

    def _stay_in_the_loop(self) -> None:
        """Connections belong to the event loop that opened them.

        Raises:
            ConfigurationError: this is another one.
        """
        here = asyncio.get_running_loop()
        if not hasattr(self._inner, "_pool"):
            return
        self._loop = self._loop or here
        if self._loop is not here:
            raise ConfigurationError(
                "this client belongs to another event loop: make one in each, with `async with`"
            )

    async def aclose(self) -> None:
        """Close the connections."""
        self.is_closed = True
        if self._loop in (None, asyncio.get_running_loop()):
            await self._inner.aclose()
