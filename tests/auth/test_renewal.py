"""A session on a real auth server: renewed once, kept through its failures, never dropped."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from auth.clocks import Clocks
from auth.conftest import LIFETIME
from auth.tap import Tap, failing, renews
from campaign_sdk import (
    AsyncCampaignClient,
    AuthUnavailable,
    CampaignClient,
    RateLimited,
)
from campaign_sdk._core import exchange
from campaign_sdk.local import LocalSupabase
from campaign_sdk.stores import FileStore, MemoryStore
from clients import Mode, client_of, sign_up

HOUR = 3600

FAILURES = [
    httpx.Response(502, html="<h1>Bad Gateway</h1>"),
    httpx.Response(500, json={"msg": "no"}),
    httpx.Response(429, json={"msg": "no"}, headers={"Retry-After": "7"}),
    httpx.Response(200, html="<h1>Welcome to our Wi-Fi</h1>"),
    httpx.Response(200, json={"half": "a session"}),
    httpx.Response(200, content=b'{"access_tok', headers={"Content-Type": "application/json"}),
    httpx.Response(200, content=b"{}", headers={"Content-Type": "a/json"}),
    # A firewall or a captive portal, not the auth server.
    httpx.Response(403, html="<h1>Blocked</h1>"),
    httpx.Response(404, json={"message": "no Route matched with those values"}),
    httpx.ConnectError("nobody listens"),
    httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    httpx.ReadTimeout("silence"),
]


def name(failure: Any) -> str:
    if isinstance(failure, Exception):
        return type(failure).__name__
    return f"{failure.status_code} {failure.text[:5]}"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(exchange, "random", SimpleNamespace(uniform=lambda *_: 0.001))


def test_eight_threads_at_expiry_renew_once(stack: LocalSupabase, clocks: Clocks) -> None:
    tap = Tap()
    with CampaignClient(stack.url, stack.anon_key, transport=tap) as client:
        sign_up(client, "threads")
        clocks.pass_by(HOUR)
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda _: client.contacts.count(), range(8))) == [0] * 8
    assert tap.renewals == 1
    assert len(set(tap.tokens)) == 1


async def test_eight_tasks_at_expiry_renew_once(stack: LocalSupabase, clocks: Clocks) -> None:
    tap = Tap()
    async with AsyncCampaignClient(stack.url, stack.anon_key, transport=tap) as client:
        await client.auth.sign_up(f"tasks-{time.time_ns()}@example.com", "correct horse")
        clocks.pass_by(HOUR)
        assert await asyncio.gather(*(client.contacts.count() for _ in range(8))) == [0] * 8
    assert tap.renewals == 1
    assert len(set(tap.tokens)) == 1


def test_clients_that_share_a_store_renew_once(
    stack: LocalSupabase, clocks: Clocks, tmp_path: Any
) -> None:
    for store in (MemoryStore(), FileStore(stack.url, tmp_path)):
        taps = [Tap(), Tap()]
        with (
            CampaignClient(stack.url, stack.anon_key, transport=taps[0], store=store) as one,
            CampaignClient(stack.url, stack.anon_key, transport=taps[1], store=store) as two,
        ):
            sign_up(one, "shared")
            assert two.contacts.count() == 0
            clocks.pass_by(HOUR)
            with ThreadPoolExecutor(8) as pool:
                jobs = [pool.submit(each.contacts.count) for each in (one, two) * 4]
                assert [job.result() for job in jobs] == [0] * 8
        assert taps[0].renewals + taps[1].renewals == 1


@pytest.mark.parametrize("noticed_by", ["client", "server"])
def test_a_token_that_ends_in_the_middle_of_ten_pages(
    brief: LocalSupabase, mode: Mode, clocks: Clocks, noticed_by: str
) -> None:
    tap = Tap()
    with client_of(brief, mode, transport=tap) as client:
        sign_up(client, "pages")
        client.contacts.upsert([{"email": f"{i}@example.com"} for i in range(20)])
        client.auth.refresh()
        renewals = tap.renewals
        if noticed_by == "server":
            clocks.pass_by(-HOUR)
        seen = []
        for contact in client.contacts.iterate(page_size=2):
            seen.append(contact.email)
            if len(seen) == 9:
                time.sleep(LIFETIME + 1)
        assert sorted(seen) == sorted({f"{i}@example.com" for i in range(20)})
    assert tap.renewals > renewals
    # Two, and more where the pages take longer than a token lasts.
    assert len(set(tap.tokens[-11:])) >= 2


@pytest.mark.parametrize("failure", FAILURES, ids=name)
@pytest.mark.parametrize("at_start", [False, True], ids=["later", "at start"])
def test_a_failing_auth_server_costs_no_session(
    stack: LocalSupabase, mode: Mode, clocks: Clocks, failure: Any, at_start: bool, tmp_path: Any
) -> None:
    tap = Tap()
    options: dict[str, Any] = {"transport": tap, "store": FileStore(stack.url, tmp_path)}
    with client_of(stack, mode, **options) as client:
        sign_up(client, "patient")
        stored = options["store"].load()
    clocks.pass_by(2 * HOUR)
    if not at_start:
        clocks.pass_by(-2 * HOUR)
    with client_of(stack, mode, timeout=5, **(options | {"transport": (tap := Tap())})) as client:
        clocks.pass_by(0 if at_start else 2 * HOUR)
        tap.answer = failing(failure)
        is_limit = getattr(failure, "status_code", None) == 429
        for _ in range(2):
            with pytest.raises(RateLimited if is_limit else AuthUnavailable) as caught:
                client.contacts.count()
            assert getattr(caught.value, "retry_after", 7) == 7
        assert tap.tokens == []
        assert options["store"].load() == stored
        assert client.auth.user is not None
        tap.answer = Tap().answer
        assert client.contacts.count() == 0


@pytest.mark.parametrize("failure", FAILURES, ids=name)
def test_an_early_renewal_that_fails_fails_nothing(
    stack: LocalSupabase, mode: Mode, clocks: Clocks, failure: Any
) -> None:
    tap = Tap()
    with client_of(stack, mode, transport=tap, timeout=5) as client:
        sign_up(client, "early")
        clocks.pass_by(HOUR - 20)
        tap.answer = failing(failure)
        assert client.contacts.count() == 0
        tried = tap.renewals
        assert tried > 0
        # Not every request tries again.
        assert client.contacts.count() == 0
        assert tap.renewals == tried
        tap.answer = Tap().answer
        clocks.pass_by(10)
        assert client.contacts.count() == 0
        assert tap.renewals == tried + 1


def test_an_auth_server_that_hangs_leaves_time_for_the_request(
    stack: LocalSupabase, clocks: Clocks
) -> None:
    asked: list[float] = []

    def hang(request: httpx.Request) -> httpx.Response | None:
        if renews(request):
            asked.append(request.extensions["timeout"]["read"])
            raise httpx.ReadTimeout("silence")
        return None

    tap = Tap(hang)
    with CampaignClient(stack.url, stack.anon_key, transport=tap, timeout=60) as client:
        sign_up(client, "hanging")
        clocks.pass_by(HOUR - 20)
        assert client.contacts.count() == 0
    assert max(asked) <= 5
