"""A Realtime server on loopback that speaks the real protocol: Phoenix channels 1.0.

It answers a join with the ids of the changes asked for, says later that it is subscribed,
answers heartbeats, and sends a change only to a socket whose token would let its user
read the row. A test tells it what the database did, and cuts sockets.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from supabase_auth.helpers import decode_jwt
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

PATIENCE = 10.0


@dataclass
class Socket:
    """One client."""

    connection: ServerConnection
    topic: str = ""
    token: str = ""
    filter: str = ""
    is_private: bool = False
    tokens: list[str] = field(default_factory=list)

    @property
    def user(self) -> str:
        """Whose token it is."""
        return str(decode_jwt(self.token)["payload"].get("sub"))

    async def send(self, event: str, payload: dict[str, Any], **more: Any) -> None:
        message = {"event": event, "payload": payload, "topic": self.topic, "ref": None, **more}
        await self.connection.send(json.dumps(message))

    async def reply(self, message: dict[str, Any], status: str, response: dict[str, Any]) -> None:
        payload = {"status": status, "response": response}
        await self.send("phx_reply", payload, ref=message["ref"], topic=message["topic"])

    def cut(self) -> None:
        """Drop the connection without a word."""
        self.connection.transport.abort()


class Realtime:
    """The server; `sockets` holds who has joined, in the order of their coming."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.url = ""
        self.sockets: list[Socket] = []
        self.joins = self.heartbeats = self.goodbyes = self.refused = 0
        self.is_deaf = False
        self.rejects = 0
        self.kinds: set[bool] = {True, False}
        self._news = asyncio.Condition()
        self._may_subscribe = asyncio.Event()
        self._may_subscribe.set()

    def hold_subscriptions(self) -> None:
        """Accept joins, and don't begin to send changes yet."""
        self._may_subscribe.clear()

    def release_subscriptions(self) -> None:
        """Begin."""
        self._may_subscribe.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something has happened."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(condition)

    async def changed(self, row: dict[str, Any], *, readers: set[str]) -> int:
        """Tell of a change in campaign_analytics whoever may read the row; return how many."""
        reached = 0
        for socket in list(self.sockets):
            if socket.filter == f"campaign_id=eq.{row['campaign_id']}" and socket.user in readers:
                await socket.send("postgres_changes", _change(row))
                reached += 1
        return reached

    def cut(self) -> None:
        """Drop every connection."""
        gone, self.sockets = self.sockets, []
        for socket in gone:
            socket.cut()

    async def answer(self, connection: ServerConnection) -> None:
        query = parse_qs(urlsplit(connection.request.path if connection.request else "").query)
        if query.get("apikey") != [self.key] or query.get("vsn") != ["1.0.0"]:
            self.refused += 1
            return
        socket = Socket(connection)
        try:
            async for text in connection:
                await self._hear(socket, json.loads(text))
                await self._tell()
            self.goodbyes += 1
        except ConnectionClosed:
            pass
        finally:
            if socket in self.sockets:
                self.sockets.remove(socket)
            await self._tell()

    async def _hear(self, socket: Socket, message: dict[str, Any]) -> None:
        event, payload = message["event"], message["payload"]
        if event == "heartbeat" and message["topic"] == "phoenix":
            self.heartbeats += 1
            if not self.is_deaf:
                await socket.reply(message, "ok", {})
        elif event == "phx_join":
            await self._join(socket, message)
        elif event == "access_token":
            socket.token = payload["access_token"]
            socket.tokens.append(socket.token)
        elif event == "phx_leave":
            await socket.reply(message, "ok", {})

    async def _join(self, socket: Socket, message: dict[str, Any]) -> None:
        payload = message["payload"]
        self.joins += 1
        if self.rejects:
            self.rejects -= 1
            await socket.reply(message, "error", {"reason": "Too many joins"})
            return
        socket.is_private = payload["config"]["private"]
        if socket.is_private not in self.kinds:
            await socket.reply(message, "error", {"reason": "Unauthorized: no such channel"})
            return
        wanted = payload["config"]["postgres_changes"]
        socket.topic, socket.token = message["topic"], payload["access_token"]
        socket.filter = wanted[0].get("filter", "")
        await socket.reply(
            message, "ok", {"postgres_changes": [{"id": 7, **one} for one in wanted]}
        )
        said = {
            "channel": socket.topic.removeprefix("realtime:"),
            "extension": "postgres_changes",
            "message": "Subscribed to PostgreSQL",
            "status": "ok",
        }
        await self._tell()
        await self._may_subscribe.wait()
        self.sockets.append(socket)
        await socket.send("system", said)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


def _change(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": {
            "schema": "public",
            "table": "campaign_analytics",
            "commit_timestamp": datetime.now(UTC).isoformat(),
            "type": "UPDATE",
            "columns": [{"name": name, "type": "text"} for name in row],
            "record": row,
            "old_record": {"id": row["campaign_id"]},
            "errors": None,
        },
        "ids": [7],
    }


@asynccontextmanager
async def realtime(key: str) -> AsyncIterator[Realtime]:
    """Run a server."""
    server = Realtime(key)
    listening: Server
    async with serve(server.answer, "127.0.0.1", 0, close_timeout=1) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        server.url = f"ws://127.0.0.1:{port}/realtime/v1"
        yield server
