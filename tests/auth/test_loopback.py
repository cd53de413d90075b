"""The one-shot listener: it takes one answer, from one address, and nothing else."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from campaign_sdk import ConfigurationError, InvalidInput, NotAuthenticated, TimedOut
from campaign_sdk.auth._loopback import Loopback, pasted_code

CODE = "6f1c2ad9-7f0d-4a3b-9a55-0d0c5f4d9a11"


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as listening:
        yield listening


def test_the_address_is_loopback_with_a_nonce(loopback: Loopback) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/callback/[\w-]{32}", loopback.url)
    with Loopback() as another:
        assert another.url.rpartition("/")[2] != loopback.url.rpartition("/")[2]


def test_a_code_arrives(loopback: Loopback) -> None:
    page = httpx.get(loopback.url, params={"code": CODE})
    assert page.status_code == 200
    assert "You can close this window" in page.text
    assert CODE not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert loopback.wait(0) == CODE


@pytest.mark.parametrize(
    ("error", "reason"), [("access_denied", "declined"), ("server_error", "provider refused")]
)
def test_a_refusal_arrives(loopback: Loopback, error: str, reason: str) -> None:
    page = httpx.get(loopback.url, params={"error": error, "error_description": "<b>x</b>"})
    assert "Not signed in" in page.text
    assert "<b>" not in page.text
    with pytest.raises(NotAuthenticated, match=reason) as caught:
        loopback.wait(0)
    assert caught.value.code == error


def test_the_providers_reason_is_told_without_an_address(loopback: Loopback) -> None:
    said = "Signups not allowed\n\x1b[31m for ann@example.com " + "x" * 300
    httpx.get(loopback.url, params={"error": "server_error", "error_description": said})
    with pytest.raises(NotAuthenticated) as caught:
        loopback.wait(0)
    assert "refused the sign-in: Signups not allowed [31m for … xxx" in caught.value.message
    assert "ann@" not in caught.value.message
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 300
    assert "redirect URLs" in (caught.value.hint or "")


def test_the_second_request_is_too_late(loopback: Loopback) -> None:
    httpx.get(loopback.url, params={"code": CODE})
    assert httpx.get(loopback.url, params={"code": "another-code-of-somebody"}).status_code == 410
    assert httpx.get(loopback.url, params={"error": "access_denied"}).status_code == 410
    assert loopback.wait(0) == CODE


def test_of_many_at_once_one_is_first(loopback: Loopback) -> None:
    statuses: list[int] = []

    def bring(number: int) -> None:
        answer = httpx.get(loopback.url, params={"code": f"{CODE}-{number}"})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=bring, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, *[410] * 7]


def test_strangers_are_turned_away(loopback: Loopback) -> None:
    root = loopback.url.rpartition("/callback")[0]
    for path in ("/", "/favicon.ico", "/callback/", "/callback/wrong", "/callback/%C3%A9"):
        assert httpx.get(f"{root}{path}", params={"code": CODE}).status_code == 404
    for host in ("evil.example", "localhost", "127.0.0.1", f"evil.example:{root[-5:]}"):
        answer = httpx.get(loopback.url, params={"code": CODE}, headers={"Host": host})
        assert answer.status_code == 404
    assert httpx.get(loopback.url).status_code == 400
    assert httpx.post(loopback.url, params={"code": CODE}).status_code == 501
    with pytest.raises(TimedOut):
        loopback.wait(0)


@pytest.mark.parametrize("line", [b"GET /\xe9 HTTP/1.1", b"GET //[::1 HTTP/1.1", b"\x16\x03", b""])
def test_garbage_is_no_noise(
    loopback: Loopback, line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    host, port = loopback.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(line + b"\r\nHost: x\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1_000):
            pass
    assert httpx.get(loopback.url, params={"code": CODE}).status_code == 200
    assert capfd.readouterr() == ("", "")


def test_a_connection_in_reserve_holds_nobody_up(loopback: Loopback) -> None:
    host, port = loopback.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port))):
        httpx.get(loopback.url, params={"code": CODE})
        assert loopback.wait(0) == CODE
        loopback.close()


def test_a_port_in_use(loopback: Loopback) -> None:
    port = int(loopback.url.split("/")[2].partition(":")[2])
    with pytest.raises(ConfigurationError, match=f"port {port} is in use"):
        Loopback(port)
    with pytest.raises(ConfigurationError, match="port 99999 can't be listened on"):
        Loopback(99_999)


def test_nothing_listens_afterwards() -> None:
    with Loopback() as loopback:
        thread = loopback._thread
    assert not thread.is_alive()
    with pytest.raises(httpx.ConnectError):
        httpx.get(loopback.url)
    with pytest.raises(NotAuthenticated, match="cancelled"):
        loopback.wait(0)


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        f"  {CODE}\n",
        f"http://127.0.0.1:4711/callback/x?code={CODE}",
        f"127.0.0.1:4711/callback/x?code={CODE}",
        f"http://127.0.0.1:4711/callback/x?a=b&code={CODE}#",
    ],
)
def test_a_code_can_be_pasted(text: str) -> None:
    assert pasted_code(text) == CODE


@pytest.mark.parametrize("text", ["", "   ", "huh", "what is that", "http://127.0.0.1/x?y=z"])
def test_garbage_cant_be_pasted(text: str) -> None:
    with pytest.raises(InvalidInput):
        pasted_code(text)


def test_what_is_pasted_counts_once_it_is_right(
    loopback: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    pasted = iter(["huh", "what is that", f"{loopback.url}?code={CODE}"])
    loopback.listen_to(lambda: next(pasted))
    assert loopback.wait(10) == CODE
    assert capsys.readouterr().err.count("paste the code") == 2


def test_a_refusal_can_be_pasted(loopback: Loopback) -> None:
    loopback.listen_to(lambda: f"{loopback.url}?error=access_denied")
    with pytest.raises(NotAuthenticated, match="declined"):
        loopback.wait(10)


def test_nobody_is_there_to_paste(loopback: Loopback) -> None:
    asked = threading.Event()

    def ask() -> str:
        asked.set()
        raise EOFError

    loopback.listen_to(ask)
    assert asked.wait(10)
    httpx.get(loopback.url, params={"code": CODE})
    assert loopback.wait(0) == CODE


def test_asking_fails(loopback: Loopback) -> None:
    def ask() -> str:
        raise RuntimeError("no terminal")

    loopback.listen_to(ask)
    with pytest.raises(RuntimeError, match="no terminal"):
        loopback.wait(10)
