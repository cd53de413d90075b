"""Both clients on a wire that a test answers itself, with a clock that nobody waits for."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from supabase_auth.types import Session, User

from campaign_sdk import AsyncCampaignClient, CampaignClient
from campaign_sdk._core import body, exchange, transport
from campaign_sdk._core import session as sessions
from clients import Mode

Handler = Callable[[httpx.Request], httpx.Response]

URL = "http://project.test"
KEY = "sb_publishable_test"
ACCESS, REFRESH = "first-access-token", "first-refresh-token"


class Clock:
    """Time that passes only when the wire waits."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_700_000_000 + self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)

    def replace_clocks(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(exchange, "time", self)
        patch.setattr(transport, "time", self)
        patch.setattr(body, "time", self)
        patch.setattr(sessions, "time", self)
        sleeping = {**vars(asyncio), "sleep": self.asleep}
        patch.setattr(transport, "asyncio", SimpleNamespace(**sleeping))


# Whoever is signed in stays who they are when the session is renewed.
SOMEBODY = str(uuid.uuid4())


def session(access: str = ACCESS, refresh: str = REFRESH, *, expires_in: int = 3600) -> Session:
    now = datetime.now(UTC)
    user = User(id=SOMEBODY, app_metadata={}, user_metadata={}, aud="authenticated", created_at=now)
    return Session(
        access_token=access,
        refresh_token=refresh,
        expires_in=expires_in,
        token_type="bearer",
        user=user,
    )


class Both:
    """One of the two clients, driven in the same way."""

    def __init__(
        self,
        mode: Mode,
        handler: Handler,
        *,
        timeout: float = 30,
        signed_in: Session | None = None,
        anonymous: bool = False,
    ) -> None:
        self.mode = mode
        transport = httpx.MockTransport(handler)
        self.client: Any
        if mode == "sync":
            self.client = CampaignClient(
                URL, KEY, timeout=timeout, anonymous=anonymous, transport=transport
            )
        else:
            self.client = AsyncCampaignClient(
                URL, KEY, timeout=timeout, anonymous=anonymous, transport=transport
            )
        self.keeper = self.client._connection.keeper
        if signed_in is not None:
            self.keeper.keep(signed_in)

    def get(self, path: str = "/rest/v1/contacts", **options: Any) -> httpx.Response:
        return self.send("GET", path, **options)

    def send(
        self,
        method: str,
        path: str = "/rest/v1/contacts",
        *,
        kind: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send one raw request over the client's wire."""
        sent = {"Authorization": f"Bearer {KEY}", **(headers or {})}
        if kind is not None:
            sent[exchange.REPLAYABLE] = kind
        response: httpx.Response = self.result(
            self.client._connection.http.request(method, URL + path, headers=sent)
        )
        return response

    def result(self, answer: Any) -> Any:
        """Return what an operation returned, awaiting it if it is to be awaited."""
        return asyncio.run(_awaited(answer)) if self.mode == "async" else answer


async def _awaited(answer: Awaitable[Any]) -> Any:
    return await answer


def answers(*responses: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """Answer with these, one after the other, the last one for good; also note the requests."""
    left = list(responses)
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return handle, seen
