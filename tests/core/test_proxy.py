"""The proxy that a user chooses: all goes through it but what is for this machine."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from campaign_sdk import (
    AsyncCampaignClient,
    CampaignClient,
    CampaignError,
    ConfigurationError,
    Unavailable,
)
from campaign_sdk._core.proxy import PROXY, proxy_for
from campaign_sdk.analytics._realtime import RealtimeBell
from campaign_sdk.doctor._probe import Probe
from campaign_sdk.doctor._project import check_realtime
from campaign_sdk.drafting._http import open_http
from campaign_sdk.senders import Message, Resend
from campaign_sdk.webhooks._sns import fetched

HOST = "https://project.example"
MESSAGE = Message("k", "b@example.com", "x")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yield what a proxy is asked for; it refuses all."""
    heads: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        monkeypatch.setenv(PROXY, f"http://asha:opensesame@127.0.0.1:{door.getsockname()[1]}")
        threading.Thread(target=_refuse, args=(door, heads), daemon=True).start()
        yield heads
        door.shutdown(socket.SHUT_RDWR)


def _refuse(door: socket.socket, heads: list[str]) -> None:
    with suppress(OSError):
        while True:
            line, _ = door.accept()
            with line, line.makefile("rb") as text:
                heads.append("".join(iter(lambda: text.readline().decode().rstrip("\r\n"), "")))
                line.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")


def count_contacts() -> None:
    with CampaignClient(HOST, "key", access_token="token") as client:
        client.contacts.count()


async def _count() -> None:
    async with AsyncCampaignClient(HOST, "key", access_token="token") as client:
        await client.contacts.count()


async def _ring() -> None:
    async with RealtimeBell("wss://project.example", "key", lambda: None, "1", 0.01) as bell:
        await bell.wait()
        await asyncio.sleep(0.2)


DOORS: dict[str, Callable[[], Any]] = {
    "client": count_contacts,
    "asynchronous": lambda: asyncio.run(_count()),
    "realtime": lambda: asyncio.run(_ring()),
    "model": lambda: open_http(None, HOST, is_async=False).get(HOST),
    "vendor": lambda: Resend("re_x", "a@example.com", url=HOST)(
        [Message("k", "b@example.com", "x")]
    ),
    "certificate": lambda: fetched(f"{HOST}/cert.pem"),
    "doctor": lambda: Probe(HOST, "key", None).get("/rest/v1/"),
    "socket": lambda: check_realtime(HOST, "key"),
}


@pytest.mark.parametrize("door", DOORS)
def test_all_that_leaves_goes_through_it(asked: list[str], door: str) -> None:
    with suppress(Exception):
        DOORS[door]()
    assert asked
    given = base64.b64encode(b"asha:opensesame").decode()
    for head in asked:
        assert head.startswith("CONNECT project.example:443 HTTP/1.1")
        assert given in head
        # Keys and tokens travel inside of TLS only.
        assert "key" not in head.lower()
        assert "token" not in head.lower()


def test_its_refusal_is_told_and_a_write_isnt_in_doubt(asked: list[str]) -> None:
    with (
        CampaignClient(HOST, "key", access_token="token") as client,
        pytest.raises(Unavailable) as raised,
    ):
        client.contacts.upsert([{"email": "ann@example.com"}])
    assert asked
    assert not raised.value.maybe_applied
    assert "opensesame" not in str(raised.value)


def test_this_machine_is_reached_without(asked: list[str]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with CampaignClient(url, "key", access_token="t") as client, pytest.raises(CampaignError):
            client.contacts.count()
    assert asked == []


@pytest.mark.parametrize(
    "address",
    ["proxy", "socks5://proxy:1", "http://", "http://u:secret@h/x", "http://h:0", "http://h:x"],
)
def test_what_cant_be_one_is_refused_when_the_client_is_made(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(PROXY, address)
    with pytest.raises(ConfigurationError, match="CAMPAIGN_PROXY must look like") as raised:
        CampaignClient(HOST, "key")
    assert "secret" not in str(raised.value)
    assert proxy_for("http://127.0.0.1:1") is None
