"""The wire on real sockets: servers that hang up, drip, send halves or aren't there."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from campaign_sdk import (
    AsyncCampaignClient,
    CampaignClient,
    CampaignError,
    ProtocolError,
    TimedOut,
    Unavailable,
)
from clients import Mode
from wire import KEY, session

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Server:
    """Answers each request with the same bytes, then hangs up or says nothing more."""

    def __init__(self, answer: bytes, *, silent: bool) -> None:
        self.answer = answer
        self.silent = silent
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.requests.append(_request(connection))
                connection.sendall(self.answer)
                if self.silent:
                    self.over.wait(10)


def _request(connection: socket.socket) -> bytes:
    """Read one request whole: what is left unread would turn hanging up into a reset."""
    with connection.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().splitlines()
            if line.startswith(b"content-length")
        )
        return head + stream.read(length)


@contextmanager
def serving(answer: bytes, *, silent: bool = False) -> Iterator[Server]:
    server = Server(answer, silent=silent)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        # Closing alone doesn't wake a thread that waits for a connection.
        server.socket.shutdown(socket.SHUT_RDWR)
        server.socket.close()
        thread.join()


def lift(mode: Mode, url: str, timeout: float) -> object:
    """Lift a suppression, a write that carries a key; return it, or raise."""
    if mode == "sync":
        with CampaignClient(url, KEY, timeout=timeout) as client:
            client._connection.keeper.keep(session())
            return client.suppressions.lift("x@example.com")

    async def main() -> object:
        async with AsyncCampaignClient(url, KEY, timeout=timeout) as client:
            client._connection.keeper.keep(session())
            return await client.suppressions.lift("x@example.com")

    return asyncio.run(main())


def test_nobody_listens(mode: Mode) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(Unavailable, match="nothing answers") as caught:
        lift(mode, url, 10)
    assert caught.value.maybe_applied is False


@pytest.mark.parametrize(
    "answer",
    [b"", HEAD, HEAD + b"Content-Length: 100\r\n\r\n[{", b"SSH-2.0-OpenSSH_9.2\r\n"],
    ids=["nothing", "half a head", "half a body", "another protocol"],
)
def test_the_server_hangs_up(mode: Mode, answer: bytes) -> None:
    with serving(answer) as server, pytest.raises(Unavailable) as caught:
        lift(mode, server.url, 10)
    assert caught.value.maybe_applied is True
    assert not isinstance(caught.value, TimedOut)
    assert len(server.requests) == 4


@pytest.mark.parametrize("answer", [b"", HEAD, HEAD + b"Content-Length: 9\r\n\r\n["])
def test_the_server_falls_silent(mode: Mode, answer: bytes) -> None:
    with serving(answer, silent=True) as server, pytest.raises(TimedOut) as caught:
        lift(mode, server.url, 0.1)
    assert caught.value.maybe_applied is True
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (HEAD, b'[{"id": 1'),
        (HEAD + b"Content-Encoding: gzip\r\n", b"[]"),
        (HEAD.replace(b"application/json", b"text/html"), b"<h1>Welcome</h1>"),
    ],
    ids=["cut json", "no gzip", "html"],
)
def test_the_answer_makes_no_sense(mode: Mode, head: bytes, body: bytes) -> None:
    answer = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with serving(answer) as server, pytest.raises(ProtocolError):
        lift(mode, server.url, 10)


def test_a_redirect_doesnt_take_the_key_along(mode: Mode) -> None:
    with serving(b"") as elsewhere:
        answer = f"HTTP/1.1 307 x\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n"
        with serving(answer.encode()) as server, pytest.raises(CampaignError):
            lift(mode, server.url, 10)
        assert KEY.encode() in server.requests[0]
        assert elsewhere.requests == []
