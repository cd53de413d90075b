"""The token in each request: current when it is sent, renewed once, never left out."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from campaign_sdk import (
    AsyncCampaignClient,
    CampaignClient,
    CampaignError,
    NotAuthenticated,
    Unavailable,
)
from clients import Mode
from wire import ACCESS, KEY, REFRESH, URL, Both, Clock, session

SECOND = "second-access-token"


class Project:
    """A project whose tokens can end, and an auth server that can fail."""

    def __init__(self, good: str = ACCESS) -> None:
        self.good = good
        self.refreshed: list[str] = []
        self.served: list[str] = []
        self.renew: Callable[[], httpx.Response] = self.renewed
        # Set to make the answers wait until so many requests have come in with an old token.
        self.crowd: threading.Barrier | None = None

    def renewed(self) -> httpx.Response:
        self.good = SECOND
        return httpx.Response(200, json=session(SECOND, "second").model_dump(mode="json"))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/v1/token":
            self.refreshed.append(json.loads(request.content)["refresh_token"])
            return self.renew()
        token = request.headers["Authorization"].removeprefix("Bearer ")
        if token != self.good:
            if self.crowd is not None:
                self.crowd.wait(10)
            return httpx.Response(401, json={"code": "PGRST303", "message": "JWT expired"})
        self.served.append(token)
        return httpx.Response(200, json=[])


def refusals() -> list[httpx.Response]:
    return [
        httpx.Response(400, json={"error_code": "refresh_token_not_found", "msg": "no"}),
        httpx.Response(401, json={"msg": "no"}),
        httpx.Response(403, json={"msg": "no"}),
    ]


def failures() -> list[httpx.Response]:
    return [
        httpx.Response(500, json={"msg": "no"}),
        httpx.Response(502),
        httpx.Response(429),
        httpx.Response(200, html="<h1>Welcome</h1>"),
        httpx.Response(200, json={"half": "a session"}),
        httpx.Response(200, content=b'{"acc', headers={"Content-Type": "application/json"}),
    ]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.replace_clocks(monkeypatch)
    return clock


def test_the_token_is_put_in_when_the_request_is_sent(mode: Mode) -> None:
    project = Project()
    both = Both(mode, project, signed_in=session("old"))
    query = both.client.supabase.from_("contacts").select("*")
    both.keeper.keep(session(ACCESS))
    both.result(query.execute())
    assert project.served == [ACCESS]
    assert project.refreshed == []


def test_a_refused_token_is_renewed_once_and_the_request_replayed(mode: Mode) -> None:
    project = Project(good="another")
    both = Both(mode, project, signed_in=session())
    assert both.send("POST").status_code == 200
    assert both.get().status_code == 200
    assert project.refreshed == [REFRESH]
    assert project.served == [SECOND, SECOND]


def test_a_token_refused_again_is_no_loop(mode: Mode) -> None:
    project = Project(good="nobody's")
    project.renew = lambda: httpx.Response(200, json=session(SECOND).model_dump(mode="json"))
    both = Both(mode, project, signed_in=session())
    with pytest.raises(NotAuthenticated):
        both.result(both.client.segments.list())
    assert len(project.refreshed) == 1


def test_the_token_is_renewed_before_it_ends(mode: Mode, clock: Clock) -> None:
    project = Project()
    both = Both(mode, project, signed_in=session(expires_in=3600))
    both.get()
    assert project.served == [ACCESS]
    clock.now += 3600 - 10
    both.get()
    both.get()
    assert project.refreshed == [REFRESH]
    assert project.served == [ACCESS, SECOND, SECOND]


@pytest.mark.parametrize("refusal", refusals(), ids=lambda r: str(r.status_code))
@pytest.mark.parametrize("anonymous", [False, True])
def test_an_ended_session_is_never_anonymous(
    mode: Mode, refusal: httpx.Response, anonymous: bool
) -> None:
    project = Project(good=KEY)
    project.renew = lambda: refusal
    both = Both(mode, project, signed_in=session(), anonymous=anonymous)
    for _ in range(2):
        with pytest.raises(NotAuthenticated, match="session has ended"):
            both.get()
    assert len(project.refreshed) == 1
    assert project.served == []


@pytest.mark.parametrize("failure", failures(), ids=lambda r: f"{r.status_code} {r.content[:4]!r}")
def test_a_session_outlives_a_failing_auth_server(
    mode: Mode, clock: Clock, failure: httpx.Response
) -> None:
    project = Project(good="another")
    project.renew = lambda: failure
    both = Both(mode, project, signed_in=session())
    with pytest.raises(CampaignError) as caught:
        both.get()
    assert not isinstance(caught.value, NotAuthenticated)
    assert project.served == []
    assert clock.pauses == clock.pauses[:3]
    project.renew = project.renewed
    assert both.get().status_code == 200
    assert project.served == [SECOND]


def test_nobody_is_anonymous_unless_asked_for(mode: Mode) -> None:
    project = Project(good=KEY)
    with pytest.raises(NotAuthenticated, match="sign in first"):
        Both(mode, project).get()
    with pytest.raises(NotAuthenticated, match="sign in first"):
        Both(mode, project).get(headers={"Authorization": ""})
    assert project.served == []
    assert Both(mode, project, anonymous=True).get().status_code == 200
    assert project.served == [KEY]


def test_eight_threads_renew_once() -> None:
    project = Project(good="another")
    project.crowd = threading.Barrier(8)
    with CampaignClient(URL, KEY, transport=httpx.MockTransport(project)) as client:
        client._connection.keeper.keep(session())
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda _: client.segments.list(), range(8))) == [[]] * 8
    assert project.refreshed == [REFRESH]
    assert project.served == [SECOND] * 8


async def test_eight_tasks_renew_once() -> None:
    project = Project(good="another")
    arrived = asyncio.Barrier(8)

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") == f"Bearer {ACCESS}":
            await arrived.wait()
        return project(request)

    async with AsyncCampaignClient(URL, KEY, transport=httpx.MockTransport(answer)) as client:
        client._connection.keeper.keep(session())
        assert await asyncio.gather(*(client.segments.list() for _ in range(8))) == [[]] * 8
    assert project.refreshed == [REFRESH]
    assert project.served == [SECOND] * 8


async def test_a_cancelled_renewal_gives_its_turn_back() -> None:
    project = Project(good="another")
    waiting = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/v1/token" and not waiting.is_set():
            waiting.set()
            await asyncio.Event().wait()
        return project(request)

    async with AsyncCampaignClient(URL, KEY, transport=httpx.MockTransport(answer)) as client:
        client._connection.keeper.keep(session())
        task = asyncio.ensure_future(client.segments.list())
        await waiting.wait()
        task.cancel()
        # The exception, and with it every frame on its way, is alive while the lock is tried.
        [error] = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(error, asyncio.CancelledError)
        assert not client._connection.keeper.lock.locked()
        assert await client.segments.list() == []


def test_an_interrupted_renewal_gives_its_turn_back() -> None:
    project = Project(good="another")

    def interrupted() -> httpx.Response:
        raise KeyboardInterrupt

    project.renew = interrupted
    with CampaignClient(URL, KEY, transport=httpx.MockTransport(project)) as client:
        client._connection.keeper.keep(session())
        with pytest.raises(KeyboardInterrupt) as caught:
            client.segments.list()
        project.renew = project.renewed
        assert client.segments.list() == []
        assert caught.value is not None


def test_waiting_for_somebody_elses_renewal_has_a_deadline(mode: Mode) -> None:
    project = Project(good="another")
    both = Both(mode, project, signed_in=session(), timeout=0.01)
    held: Any = both.keeper.lock.acquire()
    both.result(held)
    with pytest.raises(Unavailable):
        both.get()
    assert project.refreshed == []
