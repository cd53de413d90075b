"""What can go wrong between a client and its project, and what we promise then.

`docs/reliability.md` is made from these tables; `test_wire.py` does all of them to all of the
operations, in both modes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from campaign_sdk import (
    CampaignError,
    ConfigurationError,
    NotAuthenticated,
    ProtocolError,
    RateLimited,
    TimedOut,
    Unavailable,
)
from campaign_sdk._core.operation import Kind

from .proxy import Fault, Visit

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
KEY_ECHO = b'{"message": "Invalid API key: '
# Clients have this many seconds, and a case this many more for all that isn't waiting.
SHORT, GRACE = 0.25, 5.0
LARGEST = 256 * 1024

Rows = Literal["none", "once"]


@dataclass(frozen=True)
class Case:
    """One fault.

    Attributes:
        name: what happens.
        do: does it.
        raises: what a user gets.
        requests: how often it is sent, by the kind of the operation.
        applied: whether the real stack carries it out behind the fault.
        sent: whether the request reaches somebody, so that a write may be in doubt.
        timeout: of the client; short where the fault is that nothing ends.
        unread: whether it hits before the request is read.
    """

    name: str
    do: Fault
    raises: type[CampaignError]
    requests: Callable[[Kind], int] = lambda _kind: 1
    applied: bool = False
    sent: bool = True
    timeout: float = 8.0
    unread: bool = False

    def raises_for(self, path: str) -> type[CampaignError]:
        """Return what a user gets of a request to a path."""
        # Who is refused by the auth server without a reason isn't signed in.
        is_auth = path.startswith("/auth/")
        return NotAuthenticated if is_auth and self.do is _echo else self.raises


def says(answer: bytes) -> Fault:
    """Answer with these bytes, whatever was asked."""

    def fault(visit: Visit) -> None:
        visit.say(answer)

    return fault


def body(content: bytes, *headers: str, status: str = "200 OK", type_: str = "json") -> Fault:
    """Answer with a body."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: application/{type_}" if "/" not in type_ else f"Content-Type: {type_}",
        f"Content-Length: {len(content)}",
        # Or the next request may be written to a connection that is just being closed.
        "Connection: close",
        *headers,
    ]
    return says("\r\n".join(lines).encode() + b"\r\n\r\n" + content)


def status(code: int, *headers: str) -> Fault:
    """Answer as a gateway does: HTML with a status."""
    return body(b"<h1>Oops</h1>", *headers, status=f"{code} x", type_="text/html")


def _reset(visit: Visit) -> None:
    visit.reset()


def _applied_reset(visit: Visit) -> None:
    visit.carry()
    visit.reset()


def _applied_silence(visit: Visit) -> None:
    visit.carry()
    visit.hang()


def _applied_half(visit: Visit) -> None:
    head, _, content = visit.carry().partition(b"\r\n\r\n")
    visit.say(head + b"\r\n\r\n" + content[: len(content) // 2])
    visit.reset()


def _silence(visit: Visit) -> None:
    visit.hang()


def _crumbs_of_head(visit: Visit) -> None:
    visit.crumbs(HEAD + b"X: " + b"x" * 4000, 0.02)


def _crumbs_of_body(visit: Visit) -> None:
    visit.say(HEAD + b"Content-Length: 4000\r\n\r\n")
    visit.crumbs(b"[" + b" " * 4000, 0.02)


def _crumbs_of_chunks(visit: Visit) -> None:
    visit.say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    visit.crumbs(b"1\r\n[\r\n" + b"1\r\n \r\n" * 1000, 0.02)


def _interim(visit: Visit) -> None:
    while not visit.over.wait(0.01):
        visit.say(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


def _stall(visit: Visit) -> None:
    visit.say(HEAD + b"Content-Length: 400\r\n\r\n[")
    visit.hang()


def _half_head(visit: Visit) -> None:
    visit.say(HEAD)
    visit.hang()


def _redirect(code: int, host: str = "{elsewhere}") -> Fault:
    def fault(visit: Visit) -> None:
        # To where the test listens: nothing may arrive there.
        target = f"http://{host.format(elsewhere=ELSEWHERE[0])}/rest/v1/contacts"
        visit.say(f"HTTP/1.1 {code} x\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

    return fault


def _echo(visit: Visit) -> None:
    """Refuse the key, and quote it with the token: as some gateways do."""
    lines = visit.request.decode(errors="replace").splitlines()
    quoted = [line for line in lines if line.lower().startswith(("apikey", "authorization"))]
    said = {"message": f"no: {' '.join(quoted)}", "hint": " ".join(quoted), "code": None}
    body(json.dumps(said).encode(), status="403 Forbidden")(visit)


ELSEWHERE = ["127.0.0.1:9"]
BOMB = gzip.compress(b"[" + b" " * (8 * LARGEST) + b"]")


def again(kind: Kind) -> int:
    """A read, and a write that carries a key, are sent again three times."""
    return 1 if kind == "write" else 4


LOST = tuple(
    Case(name, do, Unavailable, again, **options)
    for name, do, options in (
        ("the connection is reset before the request", _reset, {"unread": True}),
        ("the connection is reset after the request", _reset, {}),
        ("the server hangs up without a word", says(b""), {}),
        ("the server hangs up in the head", says(HEAD), {}),
        ("the server hangs up in the body", says(HEAD + b"Content-Length: 100\r\n\r\n[{"), {}),
        (
            "the server hangs up in a chunk",
            says(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[{"),
            {},
        ),
        ("the chunks are garbage", says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n["), {}),
        ("another protocol answers", says(b"SSH-2.0-OpenSSH_9.2\r\n"), {}),
        ("it is carried out, and the connection reset", _applied_reset, {"applied": True}),
        ("it is carried out, and half of the answer comes", _applied_half, {"applied": True}),
        ("a gateway answers 502", status(502), {}),
        ("a gateway answers 503", status(503), {}),
        ("a gateway answers 504", status(504), {}),
        ("a gateway answers 520", status(520), {}),
    )
)

SLOW = tuple(
    Case(name, do, TimedOut, timeout=SHORT, applied=applied)
    for name, do, applied in (
        ("silence", _silence, False),
        ("it is carried out, then silence", _applied_silence, True),
        ("half a head, then silence", _half_head, False),
        ("half a body, then silence", _stall, False),
        ("the head comes in crumbs", _crumbs_of_head, False),
        ("the body comes in crumbs", _crumbs_of_body, False),
        ("the chunks come in crumbs", _crumbs_of_chunks, False),
        ("one interim answer (1xx) after the other", _interim, False),
    )
)

LIES = tuple(
    Case(name, do, ProtocolError)
    for name, do in (
        ("200 with HTML", body(b"<h1>Welcome</h1>", type_="text/html")),
        ("200 with HTML that calls itself JSON", body(b"<h1>Welcome</h1>")),
        ("200 with JSON that calls itself text", body(b"[]", type_="text/plain")),
        ("200 without a body", body(b"")),
        ("201 without a body", body(b"", status="201 Created")),
        ("204", says(b"HTTP/1.1 204 No Content\r\n\r\n")),
        ("205", says(b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")),
        ("JSON that is cut", body(b'[{"id": 1')),
        ("JSON that isn't UTF-8", body(b'[{"id": "\xff"}]')),
        ("JSON with NaN", body(b'[{"id": NaN}]')),
        ("JSON with a number of 5,000 digits", body(b"[" + b"9" * 5000 + b"]")),
        ("JSON nested 100,000 deep", body(b"[" * 100_000 + b"]" * 100_000)),
        ("JSON of another form: null", body(b"null")),
        ("JSON of another form: a text", body(b'"x"')),
        ("JSON of another form: a number", body(b"7")),
        ("JSON of another form: [null]", body(b"[null]")),
        ("JSON of another form: [[]]", body(b"[[]]")),
        ("JSON of another form: [{}]", body(b"[{}]")),
        ("compressed, and it isn't", body(b"[]", "Content-Encoding: gzip")),
        ("compressed, and a bomb", body(BOMB, "Content-Encoding: gzip")),
        ("larger than any answer", body(b"[" + b" " * (2 * LARGEST) + b"]")),
        *(
            (f"a redirect ({code}) to another host", _redirect(code))
            for code in (301, 302, 307, 308)
        ),
    )
)

REFUSALS = (
    Case("429, and wait for an hour", status(429, "Retry-After: 3600"), RateLimited),
    Case("503, and wait for an hour", status(503, "Retry-After: 3600"), Unavailable),
    Case("403 that quotes key and token", _echo, ProtocolError),
    Case(
        "401: the gateway doesn't know the key, and quotes it",
        body(
            b'{"message": "Invalid API key", "hint": "sb_publishable_x"}',
            status="401 Unauthorized",
        ),
        ConfigurationError,
        # The session may have been what it meant: it is renewed once.
        lambda _kind: 2,
    ),
)

CASES = (*LOST, *SLOW, *LIES, *REFUSALS)
