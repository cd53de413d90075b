"""A raw socket between a client and the real stack, which does to one request what it is told.

Standard library only. A fault is a function of a `Visit`: the request that came, the way to the
real stack, and the client's socket. What no fault is set for is carried through as it is.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_RESET = struct.pack("ii", 1, 0)


@dataclass
class Visit:
    """One request, and what can be done to it."""

    request: bytes
    _client: socket.socket
    _upstream: tuple[str, int]
    over: threading.Event

    def say(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._client.sendall(data)

    def crumbs(self, data: bytes, every: float) -> None:
        """Send bytes one by one, until somebody hangs up."""
        for index in range(len(data)):
            self.say(data[index : index + 1])
            if self.over.wait(every):
                return

    def carry(self) -> bytes:
        """Have the real stack carry it out; return its whole answer."""
        with socket.create_connection(self._upstream, timeout=20) as there:
            there.sendall(_closing(self.request))
            return b"".join(iter(lambda: there.recv(65536), b""))

    def reset(self) -> None:
        """End the connection as a crash does."""
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def hang(self, seconds: float = 20) -> None:
        """Say nothing for as long as the test lasts."""
        self.over.wait(seconds)


Fault = Callable[[Visit], None]


def through(visit: Visit) -> None:
    """No fault at all."""
    visit.say(visit.carry())


@dataclass
class _Armed:
    fault: Fault
    path: str
    unread: bool
    skip: int
    seen: list[bytes] = field(default_factory=list)


class Proxy:
    """Stands at `url`, in front of the stack at the URL it is given.

    Attributes:
        url: where clients go.
        arrived: the requests that a fault met, since it was set.
    """

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self._over = threading.Event()
        self._armed: _Armed | None = None
        self._listen(0)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def _listen(self, port: int) -> None:
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self._thread = threading.Thread(target=self._serve, args=[self._socket], daemon=True)
        self._thread.start()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=[client], daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        armed = self._armed
        with client, suppress(OSError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if armed and armed.unread:
                armed.seen.append(b"")
                armed.fault(Visit(b"", client, self._upstream, self._over))
                return
            request = _request(client)
            fault = self._meets(request, armed)
            if request:
                fault(Visit(request, client, self._upstream, self._over))

    def _meets(self, request: bytes, armed: _Armed | None) -> Fault:
        if armed is None or armed.path.encode() not in request.partition(b"\r\n")[0]:
            return through
        armed.seen.append(request)
        return through if len(armed.seen) <= armed.skip else armed.fault

    @contextmanager
    def doing(
        self, fault: Fault, path: str = "", *, unread: bool = False, skip: int = 0
    ) -> Iterator[list[bytes]]:
        """Do something to each request whose first line has `path`; yield those that came."""
        self._over = threading.Event()
        self._armed = armed = _Armed(fault, path, unread, skip)
        try:
            yield armed.seen
        finally:
            self._armed = None
            self._over.set()

    @contextmanager
    def away(self) -> Iterator[list[bytes]]:
        """Have nobody listen."""
        self._close()
        try:
            yield []
        finally:
            self._listen(self.port)

    def _close(self) -> None:
        # Closing alone doesn't wake a thread that waits for a connection.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._close()


def _request(client: socket.socket) -> bytes:
    """Read one request whole: what is left unread would turn hanging up into a reset."""
    with client.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        lines = head.lower().splitlines()
        length = next((int(x.split(b":")[1]) for x in lines if x.startswith(b"content-length")), 0)
        if any(x.startswith(b"transfer-encoding") for x in lines):
            return head + b"\r\n" + _chunks(stream.readline, stream.read)
        return head and head + b"\r\n" + stream.read(length)


def _chunks(readline: Callable[[], bytes], read: Callable[[int], bytes]) -> bytes:
    found = b""
    while size := int((line := readline()).split(b";")[0] or b"0", 16):
        found += line + read(size + 2)
    return found + b"0\r\n" + readline()


def _closing(request: bytes) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close", b"", body])
