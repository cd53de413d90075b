"""Faults of a client's own: what it is made with, where it is used, and what adds up."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from campaign_sdk import (
    AsyncCampaignClient,
    CampaignClient,
    CampaignError,
    ConfigurationError,
    DraftingOptions,
    InvalidInput,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    TimedOut,
    Unavailable,
    field,
)
from campaign_sdk._core import connection, exchange
from campaign_sdk._core.body import BoundedBody
from campaign_sdk._core.cancelling import Steady
from campaign_sdk._core.errors import AuthUnavailable
from campaign_sdk.analytics import _watch
from campaign_sdk.analytics._realtime import RealtimeBell
from campaign_sdk.doctor._probe import Probe
from campaign_sdk.doctor._project import check_realtime
from campaign_sdk.drafting._http import open_http
from campaign_sdk.local import LocalSupabase
from campaign_sdk.senders import Message, Resend
from clients import Mode, client_of
from wire import KEY, URL, Both, session

from .faults import status
from .proxy import Proxy

NONSENSE: tuple[Any, ...] = (None, math.nan, math.inf, -math.inf, "5", 0, -1, True, b"5", 10**400)


@pytest.mark.parametrize("timeout", NONSENSE, ids=repr)
@pytest.mark.parametrize("make", [CampaignClient, AsyncCampaignClient])
def test_a_timeout_is_refused_when_the_client_is_made(make: Any, timeout: Any) -> None:
    with pytest.raises(InvalidInput, match="timeout"):
        make(
            URL, KEY, timeout=timeout, transport=httpx.MockTransport(lambda _: httpx.Response(500))
        )


@pytest.mark.parametrize("seconds", [*NONSENSE[1:8]], ids=repr)
def test_seconds_of_drafting_are_refused_likewise(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="seconds"):
        DraftingOptions(seconds=seconds)


def test_a_closed_client_says_so(mode: Mode) -> None:
    both = Both(mode, lambda _: httpx.Response(200, json=[]), signed_in=session())
    both.result(both.client.close() if mode == "sync" else both.client.aclose())
    with pytest.raises(ConfigurationError, match="client is closed"):
        both.result(both.client.contacts.find("ann@example.com"))
    with pytest.raises(ConfigurationError, match="client is closed"):
        both.result(both.client.auth.sign_in_with_password("ann@example.com", "x"))


def test_the_language_model_is_closed_though_the_connections_cant_be(mode: Mode) -> None:
    both = Both(mode, lambda _: httpx.Response(200, json=[]), signed_in=session())
    closed: list[str] = []

    def broken() -> None:
        raise OSError("the network is gone")

    async def abroken() -> None:
        broken()

    async def anoted() -> None:
        closed.append("writer")

    noted = SimpleNamespace(close=lambda: closed.append("writer"), aclose=anoted)
    http = both.client._connection.http
    vars(both.client)["_writer"] = noted
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, *(("close", broken) if mode == "sync" else ("aclose", abroken)))
        with pytest.raises(OSError, match="the network is gone"):
            both.result(both.client.close() if mode == "sync" else both.client.aclose())
    assert closed == ["writer"]
    both.result(http.close() if mode == "sync" else http.aclose())


def test_a_second_event_loop_is_told(stack: LocalSupabase) -> None:
    client = AsyncCampaignClient(stack.url, stack.anon_key, anonymous=True)

    async def use() -> Any:
        return await client.auth.sign_up(f"loop-{time.time_ns()}@example.com", "xxxxxxx1")

    with asyncio.Runner() as first, asyncio.Runner() as second:
        first.run(use())
        with pytest.raises(ConfigurationError, match="another event loop"):
            second.run(use())
        # There it can't be closed either, and isn't broken.
        second.run(client.aclose())
        wire: Any = client._connection.wire
        first.run(wire.aclose())


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    return path


def slowly(path: Path, text: str, turned: threading.Event, stopped: list[str]) -> threading.Thread:
    """Write a text into a pipe, each line when there has been a turn since the one before."""

    def write() -> None:
        with path.open("w") as stream:
            for line in text.splitlines(keepends=True):
                turned.clear()
                stream.write(line)
                stream.flush()
                if not turned.wait(20):
                    stopped.append(line)
                    break

    thread = threading.Thread(target=write)
    thread.start()
    return thread


@pytest.mark.parametrize("what", ["contacts", "events"])
def test_a_slow_file_doesnt_stop_the_event_loop(
    stack: LocalSupabase, pipe: Path, what: str
) -> None:
    turned, stopped = threading.Event(), list[str]()

    async def main() -> None:
        async def turn() -> None:
            while True:
                await asyncio.sleep(0.01)
                turned.set()

        async with AsyncCampaignClient(stack.url, stack.anon_key, anonymous=True) as client:
            await client.auth.sign_up(f"slow-{time.time_ns()}@example.com", "xxxxxxx1")
            turning = asyncio.create_task(turn())
            lines = "".join(f"a{n}@example.com\n" for n in range(8))
            text = "email\n" + lines if what == "contacts" else lines.replace("@", "")
            writing = slowly(pipe, text, turned, stopped)
            if what == "contacts":
                await client.contacts.import_csv(pipe)
            else:
                with contextlib.suppress(InvalidInput):
                    await client.analytics.ingest_file(pipe)
            await asyncio.to_thread(writing.join)
            turning.cancel()

    asyncio.run(main())
    assert stopped == []


@pytest.mark.parametrize("what", ["contacts", "events"])
def test_a_slow_iterable_doesnt_stop_the_event_loop(what: str) -> None:
    class Lost(ValueError):
        """What the iterable raises: its own, not an answer's."""

    async def main() -> None:
        loop, turned = asyncio.get_running_loop(), threading.Event()

        def rows() -> Iterator[Any]:
            # Only a loop that goes on comes to this.
            loop.call_soon_threadsafe(turned.set)
            assert turned.wait(10)
            yield {"email": "ann@example.com"}
            raise Lost

        both = Both("async", lambda _: httpx.Response(200, json={}), signed_in=session())
        async with both.client as client:
            take = client.contacts.upsert if what == "contacts" else client.analytics.ingest
            with pytest.raises(Lost):
                await take(rows())

    asyncio.run(main())


def test_a_cancelled_request_gives_its_connection_back() -> None:
    """Where httpcore lets other tasks run it isn't cancelled, but where it waits."""
    seen: list[str] = []

    class Stream:
        async def aclose(self) -> None:
            await asyncio.sleep(0)
            await asyncio.sleep(0.01)
            with contextlib.suppress(ZeroDivisionError):
                await refused()
            seen.append("given back")

    async def refused() -> None:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_exception, ZeroDivisionError())
        await future

    async def connect(waits: bool) -> str:
        await asyncio.sleep(0)
        seen.append("noted")
        if waits:
            await asyncio.get_running_loop().create_future()
        return "connected"

    async def fail() -> None:
        await refused()

    async def use(waits: bool) -> None:
        assert await Steady(connect(waits)) == "connected"
        seen.append("connected")
        await asyncio.sleep(0)
        seen.append("used")

    async def cancelled(work: Coroutine[Any, Any, None]) -> list[str]:
        seen.clear()
        task = asyncio.create_task(work)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return list(seen)

    async def main() -> None:
        assert await cancelled(BoundedBody(Stream(), math.inf).aclose()) == ["given back"]
        assert await cancelled(use(waits=True)) == ["noted"]
        assert await cancelled(use(waits=False)) == ["noted", "connected"]
        with pytest.raises(ZeroDivisionError):
            await Steady(fail())
        # Whoever counts cancellations counts this one once.
        seen.clear()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await use(waits=False)
        assert seen == ["noted", "connected"]
        await asyncio.sleep(0)

    asyncio.run(main())


def test_waiting_for_a_connection_has_a_deadline(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limits in ("_LIMITS", "_ASYNC_LIMITS"):
        monkeypatch.setattr(connection, limits, httpx.Limits(max_connections=0))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"

        class There:
            anon_key = KEY

        There.url = url  # type: ignore[attr-defined]  # stands for a stack
        began = time.monotonic()
        there: Any = There
        with client_of(there, mode, timeout=0.2) as client:
            client._connection.keeper.keep(session())
            with pytest.raises(TimedOut) as caught:
                client.segments.create("x", field("a") == 1)
    assert time.monotonic() - began < 10
    assert caught.value.maybe_applied is False


class Host:
    """What the clients of a host see."""

    anon_key = KEY

    def __init__(self, url: str) -> None:
        self.url = url


def ask(mode: Mode, url: str, timeout: float) -> Any:
    there: Any = Host(url)
    with client_of(there, mode, timeout=timeout) as client:
        client._connection.keeper.keep(session())
        return client.campaigns.pause(IDS[0])


def test_a_name_that_is_never_found_has_a_deadline(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
    began = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        ask(mode, "https://slow.example.com", 0.2)
    # Nor does an event loop that ends wait for it.
    assert time.monotonic() - began < 5
    assert caught.value.maybe_applied is False
    over.set()


@pytest.mark.parametrize("name", [f"https://{'a' * 64}.com", "https://no.invalid"])
def test_a_name_that_no_host_has(mode: Mode, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    found = socket.getaddrinfo

    def find(host: str, *rest: Any, **options: Any) -> Any:
        if host == "no.invalid":
            raise socket.gaierror(-2, "Name or service not known")
        return found(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", find)
    monkeypatch.setattr(exchange, "_BACKOFF", 0.0)
    with pytest.raises(Unavailable) as caught:
        ask(mode, name, 5)
    assert caught.value.maybe_applied is False


def test_an_address_that_leads_nowhere_isnt_the_last(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def find(host: str, port: int, *rest: Any, **options: Any) -> Any:
        hosts = ("127.0.0.9", "127.0.0.1") if host == "localhost" else (host,)
        return [found for each in hosts for found in real(each, port, *rest, **options)]

    with Proxy("http://127.0.0.1:9") as proxy, proxy.doing(status(403)) as arrived:
        monkeypatch.setattr(socket, "getaddrinfo", find)
        with pytest.raises(PermissionDenied):
            ask(mode, f"http://localhost:{proxy.port}", 5)
    assert len(arrived) == 1


def test_no_proxy_of_the_environment_is_asked(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        Proxy("http://127.0.0.1:9") as elsewhere,
        Proxy("http://127.0.0.1:9") as here,
        elsewhere.doing(status(403)) as astray,
        here.doing(status(403)) as arrived,
    ):
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "ws_proxy"):
            monkeypatch.setenv(name, elsewhere.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(PermissionDenied):
            ask(mode, here.url, 5)
        with pytest.raises(CampaignError):
            Resend("re_x", "a@example.com", url=here.url)([Message("k", "b@example.com", "x")])
        Probe(here.url, KEY, None).get("/rest/v1/")
        check_realtime(here.url, KEY)
        model = open_http(None, here.url, is_async=False)
        assert model.get(here.url, timeout=5).status_code == 403
    assert (len(arrived), astray) == (5, [])


ROW = {"email": "a@b.c", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
IDS = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(4)]


def test_pages_in_turn_end_with_an_error(mode: Mode) -> None:
    asked = 0

    def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        assert asked < 10
        return httpx.Response(200, json=[{**ROW, "id": IDS[asked % 2]}])

    both = Both(mode, answer, signed_in=session())
    seen = []
    with pytest.raises(ProtocolError, match="incomplete"):
        seen.extend(items(both, both.client.contacts.iterate()))
    assert asked == 3


def test_a_row_that_comes_twice_is_no_listing(mode: Mode) -> None:
    rows = [{**ROW, "id": IDS[n]} for n in (1, 2, 1)]
    both = Both(mode, lambda _: httpx.Response(200, json=rows), signed_in=session())
    with pytest.raises(ProtocolError, match="incomplete"):
        items(both, both.client.contacts.iterate())


def items(both: Both, found: Any) -> list[Any]:
    if both.mode == "sync":
        return list(found)

    async def gather() -> list[Any]:
        return [item async for item in found]

    return asyncio.run(gather())


def by_path(answers: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=answers[request.url.path.rpartition("/")[2]])

    return answer


def test_a_funnel_that_is_cut_is_no_funnel(mode: Mode) -> None:
    rules = (field("a") == 1) & (field("b") == 2)
    step = {"path": "$.rules[0]", "alone": 1, "cumulative": 1}
    answers = {
        "audience_size": [{"total": 3, "reachable": 3}],
        "match_contacts": [{**ROW, "id": IDS[0]}],
        "audience_funnel": [step],
        "unknown_fields": [],
    }
    both = Both(mode, by_path(answers), signed_in=session())
    with pytest.raises(ProtocolError, match=r"1 of the funnel's 2 rules.*Max rows"):
        both.result(both.client.segments.preview(rules))
    answers["audience_funnel"] = [step, step]
    both = Both(mode, by_path(answers), signed_in=session())
    shown = both.result(both.client.segments.preview(rules))
    assert ["Max rows" in warning for warning in shown.warnings] == [True]


@pytest.mark.parametrize(
    "counts",
    [
        {"created": 5},
        {"created": 1, "updated": 1},
        {},
        {"created": -1, "updated": 2},
        {"rejected": [7], "reasons": ["email: no"]},
        {"rejected": [0], "reasons": []},
    ],
    ids=str,
)
def test_sums_are_compared_with_what_was_sent(mode: Mode, counts: dict[str, Any]) -> None:
    nothing = {"created": 0, "updated": 0, "unchanged": 0, "rejected": [], "reasons": []}
    answer = httpx.Response(200, json={**nothing, **counts})
    both = Both(mode, lambda _: answer, signed_in=session())
    with pytest.raises(ProtocolError) as caught:
        both.result(both.client.contacts.upsert([{"email": "ann@example.com"}]))
    assert caught.value.maybe_applied is True


def test_a_renewal_with_somebody_elses_session_is_refused(mode: Mode) -> None:
    other = session("theirs", "theirs-too").model_copy(deep=True)
    other.user.id = IDS[1]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json=other.model_dump(mode="json"))
        return httpx.Response(200, json=[])

    both = Both(mode, answer, signed_in=session())
    with pytest.raises(AuthUnavailable, match="somebody else's"):
        both.result(both.client.auth.refresh())
    assert both.keeper.session.access_token == session().access_token


@pytest.mark.parametrize("asked", [3_600.0, 10.0**9])
def test_watch_waits_half_a_minute_at_most(monkeypatch: pytest.MonkeyPatch, asked: float) -> None:
    waited: list[float] = []

    def tired(_resource: Any, _id: str) -> Iterator[Any]:
        raise RateLimited("no", retry_after=asked)
        yield

    monkeypatch.setattr(_watch, "counters", tired)
    monkeypatch.setattr(_watch, "pause", lambda _resource, seconds: waited.append(seconds))
    steps: Any = _watch._patient(None, "x")  # type: ignore[arg-type]  # nothing is asked of it
    for _ in range(3):
        next(steps)
    assert waited == [30.0, 30.0, 30.0]


def test_realtime_follows_no_redirect() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as here,
        socket.create_server(("127.0.0.1", 0)) as elsewhere,
    ):
        target = f"ws://127.0.0.1:{elsewhere.getsockname()[1]}/"

        def redirect() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = here.accept()
                    with client:
                        client.recv(65536)
                        client.sendall(
                            f"HTTP/1.1 307 x\r\nLocation: {target}\r\n"
                            "Content-Length: 0\r\n\r\n".encode()
                        )

        thread = threading.Thread(target=redirect, daemon=True)
        thread.start()

        async def main() -> None:
            url = f"ws://127.0.0.1:{here.getsockname()[1]}/realtime/v1"
            async with RealtimeBell(url, KEY, lambda: None, IDS[0], 0.3) as bell:
                await bell.wait()

        asyncio.run(main())
        elsewhere.settimeout(0.05)
        with pytest.raises(TimeoutError):
            elsewhere.accept()
