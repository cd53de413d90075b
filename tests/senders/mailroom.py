"""SMTP servers: aiosmtpd as it is, and one that follows a script."""

from __future__ import annotations

import asyncio
import socket
import socketserver
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

USER, PASSWORD = "shop", "pä:ss@wörd/ℵ"


class Mailroom:
    """Takes mail and keeps it; refuses some, by what the address begins with."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.connections = 0

    # aiosmtpd finds these by their names, and looks at how many arguments they take.
    async def handle_EHLO(  # noqa: N802
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address.startswith("nobody"):
            return f"550 5.1.1 <{address}>: no such user here"
        if address.startswith("later"):
            return "450 4.2.0 greylisted, come back"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 looks like spam"
        if envelope.rcpt_tos[0].startswith("full"):
            return "452 4.2.2 mailbox full"
        self.envelopes.append(envelope)
        return f"250 2.0.0 Ok: queued as Q{len(self.envelopes):07}"

    @property
    def mails(self) -> list[EmailMessage]:
        """What came in, as a mailbox reads it."""
        contents = [envelope.content for envelope in self.envelopes]
        parsed = [message_from_bytes(content, policy=default) for content in contents if content]  # type: ignore[arg-type]  # bytes, by `decode_data=False`
        return [mail for mail in parsed if isinstance(mail, EmailMessage)]


def _knows(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextmanager
def serving(room: Mailroom, **options: Any) -> Iterator[int]:
    """Run aiosmtpd in a thread; yield its port. `ssl` is for TLS from the first byte."""
    tls = options.pop("ssl", None)
    if options.pop("login", False):
        options |= {"authenticator": _knows, "auth_required": True, "auth_require_tls": False}
    loop = asyncio.new_event_loop()

    def connection() -> SMTP:
        with warnings.catch_warnings():
            # A login without TLS isn't for the world; here nobody listens.
            warnings.simplefilter("ignore")
            return SMTP(room, enable_SMTPUTF8=True, loop=loop, hostname="mailroom", **options)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    starting = loop.create_server(connection, "127.0.0.1", 0, ssl=tls)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    mine = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not mine]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


Script = Callable[["Talk"], None]


class Talk(socketserver.StreamRequestHandler):
    """One connection of a scripted server."""

    def handle(self) -> None:
        self.server.script(self)  # type: ignore[attr-defined]

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self) -> str:
        return self.rfile.readline().decode()

    def welcome(self) -> None:
        self.say("220 scripted")
        assert self.hear().startswith("ehlo")
        self.say("250 scripted")

    def answer(self, *answers: str) -> None:
        """Answer one command after the other."""
        for answer in answers:
            if not self.hear():
                return
            self.say(answer)

    def content(self) -> bytes:
        """Take what follows DATA, up to the mark of the end."""
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)


@contextmanager
def scripted(*scripts: Script) -> Iterator[int]:
    """Run a server whose nth connection follows the nth script (and the last, from then on)."""
    left: list[Script] = list(scripts)

    def follow(talk: Talk) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(talk)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        server.script = follow  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        # Also after a failure: a server that nobody shuts down keeps the tests from ending.
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def nobody() -> Iterator[int]:
    """Hold a port on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def parts(mail: EmailMessage) -> Sequence[tuple[str, str]]:
    """Return kind and content of each part."""
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    return [
        (part.get_content_type(), part.get_content().replace("\r\n", "\n"))
        for part in leaves
        if isinstance(part, EmailMessage)
    ]
