"""One deadline for all that a request waits for, however often it waits.

The timeouts of httpx and of its twin httpx2 begin anew at each read: a head that comes in
crumbs, or one interim answer after the other, would never end. So the sockets below them are
told when the whole is to be over.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from inspect import iscoroutinefunction
from math import inf
from types import ModuleType
from typing import Any

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.hosts import Addresses, await_for, look_up, patiently, wait_for

# A thread, or a task, is in one request at a time.
_ends: ContextVar[float] = ContextVar("campaign_sdk.ends", default=inf)
# What is written at a time: sockets begin their timeout anew with each of these.
_PIECE = 64 * 1024
_LONGEST = 86_400


@contextmanager
def deadline(ends: float) -> Iterator[None]:
    """Have all that is waited for within the block end at a moment of the monotonic clock."""
    before = _ends.set(ends)
    try:
        yield
    finally:
        _ends.reset(before)


def set_deadline(ends: float) -> None:
    """Set it until it is set again, where there is no block that could be left."""
    _ends.set(ends)


def bounded(transport: Any, core: ModuleType) -> Any:
    """Return a transport of httpx whose sockets keep to the deadline.

    Args:
        transport: one that has a pool of connections; another one is left as it is.
        core: httpcore, or its twin: whose timeouts the transport knows.
    """
    pool = getattr(transport, "_pool", None)
    if pool is not None:
        pool._network_backend = _Backend(pool._network_backend, core)
    return transport


def check_timeout(seconds: float, name: str = "timeout") -> float:
    """Return how many seconds something may take.

    Raises:
        InvalidInput: it isn't a number of seconds, more than none and less than a day.
    """
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not 0 < seconds <= _LONGEST:
        raise InvalidInput(name, "must be a number of seconds, more than 0 and at most a day's")
    return float(seconds)


class _Bounds:
    def __init__(self, inner: Any, core: ModuleType) -> None:
        self._inner = inner
        self._core = core

    def _left(self, timeout: float | None, kind: str) -> float | None:
        """Return how long may be waited, or raise the timeout of that kind."""
        left = _ends.get() - time.monotonic()
        if left <= 0:
            raise getattr(self._core, kind)("the deadline has passed")
        shortest = min(left, inf if timeout is None else timeout)
        return None if shortest == inf else shortest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Backend(_Bounds):
    """Opens connections; in the asynchronous mode, what it returns is to be awaited."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **options: Any
    ) -> Any:
        opening = self._aopen if iscoroutinefunction(self._inner.connect_tcp) else self._open
        return opening(look_up(host, port), port, timeout, options)

    def _open(self, found: Addresses, port: int, timeout: float | None, options: Any) -> _Stream:
        with self._looking_up():
            addresses = wait_for(found, self._left(timeout, "ConnectTimeout"))
        for address, patience in patiently(addresses):
            left = self._shortest(timeout, patience)
            with self._another(patience):
                opened = self._inner.connect_tcp(address, port, timeout=left, **options)
                return _Stream(opened, self._core)
        raise AssertionError("the last address was tried")

    async def _aopen(
        self, found: Addresses, port: int, timeout: float | None, options: Any
    ) -> _AsyncStream:
        with self._looking_up():
            addresses = await await_for(found, self._left(timeout, "ConnectTimeout"))
        for address, patience in patiently(addresses):
            left = self._shortest(timeout, patience)
            with self._another(patience):
                opened = await self._inner.connect_tcp(address, port, timeout=left, **options)
                return _AsyncStream(opened, self._core)
        raise AssertionError("the last address was tried")

    def _shortest(self, timeout: float | None, patience: float | None) -> float | None:
        left = self._left(timeout, "ConnectTimeout")
        return min((each for each in (left, patience) if each is not None), default=None)

    @contextmanager
    def _looking_up(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            raise self._core.ConnectTimeout("the host's name can't be looked up in time") from None
        except (OSError, ValueError) as error:
            raise self._core.ConnectError(str(error)) from None

    @contextmanager
    def _another(self, patience: float | None) -> Iterator[None]:
        """Go on to the next address, if there is one."""
        try:
            yield
        except (self._core.ConnectError, self._core.ConnectTimeout):
            if patience is None:
                raise


class _Held(_Bounds):
    """Holds back what is written until the answer is read.

    A request's head and its body are written one after the other, and each would wake up the
    server, and whoever works for it.
    """

    def __init__(self, inner: Any, core: ModuleType) -> None:
        super().__init__(inner, core)
        self._held = b""

    def _hold(self, buffer: bytes) -> bytes:
        """Take what is written; return what is to leave now, if it has become a piece."""
        self._held += buffer
        return self._release() if len(self._held) >= _PIECE else b""

    def _release(self) -> bytes:
        held, self._held = self._held, b""
        return held


class _Stream(_Held):
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        # Who doesn't want to hear more may have said why.
        with suppress(self._core.WriteError):
            self._send(self._release(), timeout)
        found: bytes = self._inner.read(max_bytes, timeout=self._left(timeout, "ReadTimeout"))
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._send(self._hold(buffer), timeout)

    def _send(self, buffer: bytes, timeout: float | None) -> None:
        for start in range(0, len(buffer), _PIECE):
            left = self._left(timeout, "WriteTimeout")
            self._inner.write(buffer[start : start + _PIECE], timeout=left)

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        self._send(self._release(), timeout)
        left = self._left(timeout, "ConnectTimeout")
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._core)


class _AsyncStream(_Held):
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with suppress(self._core.WriteError):
            await self._send(self._release(), timeout)
        left = self._left(timeout, "ReadTimeout")
        found: bytes = await self._inner.read(max_bytes, timeout=left)
        return found

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._send(self._hold(buffer), timeout)

    async def _send(self, buffer: bytes, timeout: float | None) -> None:
        if buffer:
            await self._inner.write(buffer, timeout=self._left(timeout, "WriteTimeout"))

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _AsyncStream:
        await self._send(self._release(), timeout)
        left = self._left(timeout, "ConnectTimeout")
        inner = await self._inner.start_tls(ssl_context, server_hostname, left)
        return _AsyncStream(inner, self._core)
