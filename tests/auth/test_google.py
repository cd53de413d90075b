"""Signing in with Google from end to end: the browser's part is played by plain HTTP."""

from __future__ import annotations

import asyncio
import threading
import webbrowser
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from campaign_sdk import (
    AsyncCampaignClient,
    CampaignClient,
    ConfigurationError,
    InvalidInput,
    NotAuthenticated,
    TimedOut,
)
from campaign_sdk.auth import OAuthRequest
from campaign_sdk.local import LocalSupabase
from campaign_sdk.stores import FileStore
from clients import Mode, client_of
from local.google import EMAIL, Google

Browser = Callable[[str], bool]


def walk(url: str) -> httpx.Response:
    """Follow the redirects to our page, as a browser does."""
    return httpx.get(url, follow_redirects=True)


def last_address(url: str) -> str:
    """Return where a browser ends that can't reach the page."""
    while not url.startswith("http://127.0.0.1:9/"):
        url = httpx.get(url).headers["location"]
    return url


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A browser that goes through with it at once, and its addresses."""
    addresses: list[str] = []
    threads: list[threading.Thread] = []

    def browse(url: str) -> bool:
        addresses.append(url)
        threads.append(threading.Thread(target=walk, args=(url,)))
        threads[-1].start()
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    yield addresses
    for thread in threads:
        thread.join()


@pytest.fixture
def client(stack: LocalSupabase, mode: Mode) -> Iterator[CampaignClient]:
    with client_of(stack, mode) as nobody:
        yield nobody


def test_one_line_signs_in(client: CampaignClient, opened: list[str]) -> None:
    user = client.auth.sign_in_with_google(open_browser=True)
    assert user.email == EMAIL
    assert user.full_name == "Gina"
    assert "code_challenge_method=s256" in opened[0]
    assert client.auth.user == user
    assert client.auth.profile() == user
    # Row level security sees them, and nobody else sees theirs.
    segment = client.segments.create(
        f"Gina's {opened[0][-8:]}",
        {"combinator": "and", "rules": [{"field": "orders", "operator": ">", "value": 1}]},
    )
    assert segment.id in {each.id for each in client.segments.list()}


def test_others_dont_see_it(client: CampaignClient, ann: CampaignClient, opened: list[str]) -> None:
    client.auth.sign_in_with_oauth("google", scopes="openid email", open_browser=True)
    client.contacts.upsert([{"email": "seen@example.com"}])
    assert client.contacts.find("seen@example.com") is not None
    assert ann.contacts.find("seen@example.com") is None
    assert "scopes=openid+email" in opened[0]


def test_the_address_is_shown_without_a_browser(
    client: CampaignClient,
    stack: LocalSupabase,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    monkeypatch.setattr(webbrowser, "open", lambda _: pytest.fail("no browser over SSH"))
    with pytest.raises(TimedOut):
        client.auth.sign_in_with_google(timeout=0)
    assert f"{stack.url}/auth/v1/authorize?" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{code}", "{address}"])
def test_pasting(client: CampaignClient, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[str] = []
    attempts = iter(["huh", "what is that"])

    def ask() -> str:
        garbage = next(attempts, None)
        if garbage is not None:
            return garbage
        # The person's browser is on another machine, where nobody listens.
        url = httpx.URL(shown[0]).copy_set_param("redirect_to", "http://127.0.0.1:9/callback/x")
        address = last_address(str(url))
        return text.format(address=address, code=httpx.URL(address).params["code"])

    user = client.auth.sign_in_with_google(open_browser=False, show=shown.append, ask=ask)
    assert user.email == EMAIL
    assert len(shown) == 1
    assert capsys.readouterr().err.count("paste the code") == 2


def test_the_person_declines(
    client: CampaignClient, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Google, "consents", False)
    with pytest.raises(NotAuthenticated, match="declined"):
        client.auth.sign_in_with_google(open_browser=True)
    assert len(opened) == 1
    assert client.auth.user is None


def test_strangers_cant_bring_a_code(client: CampaignClient) -> None:
    def stranger(url: str) -> None:
        address = httpx.URL(httpx.URL(url).params["redirect_to"])
        answers = [
            httpx.get(address.copy_with(path="/callback/wrong"), params={"code": "x" * 36}),
            httpx.get(address, params={"code": "x" * 36}, headers={"Host": "evil.example"}),
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert walk(url).status_code == 200
        assert httpx.get(address, params={"code": "x" * 36}).status_code == 410

    assert client.auth.sign_in_with_google(open_browser=False, show=stranger).email == EMAIL


def test_a_code_that_isnt_good(client: CampaignClient) -> None:
    def forge(url: str) -> None:
        httpx.get(httpx.URL(url).params["redirect_to"], params={"code": "x" * 36})

    with pytest.raises(NotAuthenticated, match="begin the sign-in anew"):
        client.auth.sign_in_with_google(open_browser=False, show=forge)


def test_a_port_in_use(client: CampaignClient, stack: LocalSupabase) -> None:
    port = httpx.URL(stack.url).port
    with pytest.raises(ConfigurationError, match=f"port {port} is in use"):
        client.auth.sign_in_with_google(port=port or 0, open_browser=False)


async def test_cancelling(stack: LocalSupabase) -> None:
    shown = asyncio.Event()
    threads = set(threading.enumerate())
    loop = asyncio.get_running_loop()
    async with AsyncCampaignClient(stack.url, stack.anon_key) as client:
        task = asyncio.ensure_future(
            client.auth.sign_in_with_google(
                open_browser=False, show=lambda _: loop.call_soon_threadsafe(shown.set)
            )
        )
        await shown.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await loop.shutdown_default_executor()
    assert set(threading.enumerate()) <= threads


def test_interrupting(stack: LocalSupabase) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    threads = set(threading.enumerate())
    with CampaignClient(stack.url, stack.anon_key) as client, pytest.raises(KeyboardInterrupt):
        client.auth.sign_in_with_google(open_browser=False, show=interrupt)
    assert set(threading.enumerate()) <= threads


def test_a_web_application(client: CampaignClient, stack: LocalSupabase, mode: Mode) -> None:
    back = "http://127.0.0.1:9/welcome"
    requests: list[OAuthRequest] = [client.auth.oauth_url("google", back) for _ in range(2)]
    assert "verifier" not in requests[0].url
    codes = [httpx.URL(last_address(request.url)).params["code"] for request in requests]
    with pytest.raises(NotAuthenticated, match="another sign-in"):
        client.auth.exchange_code(codes[0], requests[1].verifier)
    with client_of(stack, mode) as theirs:
        assert theirs.auth.exchange_code(codes[1], requests[1].verifier).email == EMAIL
        with pytest.raises(NotAuthenticated):
            theirs.auth.exchange_code(codes[1], requests[1].verifier.get_secret_value())
        # Using a code again doesn't end the session that it has brought.
        assert theirs.auth.profile().email == EMAIL
    assert client.auth.user is None


@pytest.mark.parametrize("provider", ["", "  ", None])
def test_no_provider(client: CampaignClient, provider: Any) -> None:
    with pytest.raises(InvalidInput):
        client.auth.oauth_url(provider, "http://127.0.0.1:9/")


@pytest.mark.parametrize("asked_for", [False, True])
def test_googles_own_tokens(
    stack: LocalSupabase, mode: Mode, opened: list[str], tmp_path: Any, asked_for: bool
) -> None:
    store = FileStore(stack.url, tmp_path)
    with client_of(stack, mode, store=store, keep_provider_tokens=asked_for) as client:
        client.auth.sign_in_with_google(open_browser=True)
        stored = store.path.read_text()
        assert ('"provider_token": "a"' in stored) is asked_for
        assert ('"provider_token": null' in stored) is not asked_for
        # They come once only, with the sign-in.
        client.auth.refresh()
        assert ('"provider_token": "a"' in store.path.read_text()) is asked_for
    assert len(opened) == 1
