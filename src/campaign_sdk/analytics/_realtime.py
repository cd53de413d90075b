"""Hearing of changes through Supabase Realtime.

A small client of its own for one table: supabase-py's gives up after five attempts in a
task that nobody awaits, logs each as an error, and reports a channel as subscribed before
the server has begun to send changes.

The protocol is Phoenix channels 1.0: JSON messages with topic, event, payload and ref.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode, urlsplit

from campaign_sdk._core.exchange import jittered
from campaign_sdk._core.hosts import await_for, look_up
from campaign_sdk._core.proxy import proxy_for

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

# Seconds between two signs of life; Realtime drops a socket after a minute without.
HEARTBEAT = 15.0
# Looks that nobody rang for: they renew the session, and find what no event tells of.
RECHECK = 20.0
# Seconds for the connection to come about and to end, and the longest wait between two.
OPENING, CLOSING, LONGEST_WAIT = 10.0, 2.0, 30.0

_SHORTEST_WAIT = 0.5
# What ends a channel, and in what the server speaks for itself.
_ENDS = ("phx_close", "phx_error")
_WORDS = ("phx_reply", "system")


class _Broken(Exception):
    """The connection can't be used any more: make a new one."""


class RealtimeBell:
    """Rings when the counters of a campaign have changed, or may have without being heard.

    Args:
        url: where Realtime is, up to `/realtime/v1`.
        key: the project's public key.
        token: tells the access token of now, whose policies decide what is heard.
        campaign_id: whose counters.
        interval: seconds between two rings at least; and at most, while nothing is heard.
    """

    def __init__(
        self,
        url: str,
        key: str,
        token: Callable[[], str | None],
        campaign_id: str,
        interval: float,
    ) -> None:
        self._address = f"{url}/websocket?{urlencode({'apikey': key, 'vsn': '1.0.0'})}"
        self._key = key
        self._token = token
        self._topic = f"realtime:campaign_analytics:{campaign_id}"
        self._filter = f"campaign_id=eq.{campaign_id}"
        self._interval = interval
        self._rung = asyncio.Event()
        self._last = time.monotonic()
        self._socket: ClientConnection | None = None
        self._told: str | None = None
        self._is_listening = False
        self._is_private = True
        self._beat: str | None = None
        self._refs = count(1)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._stay_connected())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def wait(self) -> None:
        """Wait for a ring; without a connection, for the interval."""
        if self._task.done():
            # It ends by a bug only, and a bug must stay visible.
            self._task.result()
        await self._tell_token()
        longest = max(RECHECK, self._interval) if self._is_listening else self._interval
        with suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await self._rung.wait()
        await asyncio.sleep(self._last + self._interval - time.monotonic())
        self._rung.clear()
        self._last = time.monotonic()

    async def _stay_connected(self) -> None:
        from websockets.exceptions import WebSocketException

        connect, proxy = _straight(), proxy_for(self._address)
        wait = _SHORTEST_WAIT
        while True:
            with suppress(OSError, TimeoutError, WebSocketException, _Broken):
                await _find(proxy or self._address)
                async with connect(
                    self._address,
                    open_timeout=OPENING,
                    close_timeout=CLOSING,
                    proxy=proxy,
                ) as socket:
                    await self._listen(socket)
            if self._is_listening:
                wait = _SHORTEST_WAIT
            self._socket, self._is_listening = None, False
            self._rung.set()
            await asyncio.sleep(jittered(wait))
            wait = min(2 * wait, LONGEST_WAIT)

    async def _listen(self, socket: ClientConnection) -> None:
        self._socket, self._beat = socket, None
        await self._join()
        next_beat = time.monotonic() + HEARTBEAT
        while True:
            # By the clock, however much is heard: the server wants to hear something too.
            if (left := next_beat - time.monotonic()) <= 0:
                await self._keep_alive()
                next_beat = time.monotonic() + HEARTBEAT
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    self._hear(_parsed(await socket.recv()))

    async def _join(self) -> None:
        change = {
            "event": "*",
            "schema": "public",
            "table": "campaign_analytics",
            "filter": self._filter,
        }
        config = {
            "broadcast": {"ack": False, "self": False},
            "presence": {"key": "", "enabled": False},
            "postgres_changes": [change],
            "private": self._is_private,
        }
        self._told = self._token() or self._key
        payload = {"config": config, "access_token": self._told}
        await self._send(self._topic, "phx_join", payload)

    async def _keep_alive(self) -> None:
        if self._beat is not None:
            raise _Broken("the last sign of life got no answer")
        self._beat = await self._send("phoenix", "heartbeat", {})
        await self._tell_token()

    async def _tell_token(self) -> None:
        """Pass a renewed token on: with the old one the server stops when that ends."""
        token = self._token() or self._key
        if self._socket is None or token == self._told:
            return
        self._told = token
        from websockets.exceptions import ConnectionClosed

        with suppress(ConnectionClosed):
            await self._send(self._topic, "access_token", {"access_token": token})

    async def _send(self, topic: str, event: str, payload: dict[str, Any]) -> str:
        ref = str(next(self._refs))
        message = {"topic": topic, "event": event, "payload": payload, "ref": ref}
        if self._socket is not None:
            await self._socket.send(json.dumps({**message, "join_ref": "1"}))
        return ref

    def _hear(self, message: dict[str, Any]) -> None:
        payload = message["payload"]
        if message["topic"] == "phoenix":
            self._beat = None if message.get("ref") == self._beat else self._beat
        elif message["topic"] != self._topic:
            return
        elif message["event"] in _ENDS or (
            # A broadcast is whatever somebody else writes, the word "error" included.
            message["event"] in _WORDS and payload.get("status") == "error"
        ):
            # A project without our policy refuses private channels, one may refuse public ones:
            # the next try is of the other kind.
            self._is_private ^= not self._is_listening
            raise _Broken(message["event"])
        elif message["event"] == "postgres_changes":
            self._rung.set()
        elif message["event"] == "system" and payload.get("extension") == "postgres_changes":
            # Only now are changes sent: what came before is found by looking.
            self._is_listening = True
            self._rung.set()


async def _find(url: str) -> None:
    """Look the host of an address up, by a thread for which no event loop waits before it ends."""
    parts = urlsplit(url)
    try:
        await await_for(look_up(parts.hostname or "", parts.port or 443), OPENING)
    except ValueError as error:
        raise OSError("no host can have this name") from error


def _straight() -> Any:
    """Return what connects, and follows no redirect: that would take key and token along."""
    from websockets import connect

    class Straight(connect):
        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    return Straight


def _parsed(text: str | bytes) -> dict[str, Any]:
    try:
        message = json.loads(text)
        known = {"topic": str, "event": str, "payload": dict}
        if all(isinstance(message[name], kind) for name, kind in known.items()):
            parsed: dict[str, Any] = message
            return parsed
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise _Broken("not a message of Phoenix channels")
