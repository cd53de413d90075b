"""The wire: what is sent again, what is refused, and what an error may claim."""

from __future__ import annotations

import gzip
import traceback
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_sdk import CampaignError, ProtocolError, RateLimited, TimedOut, Unavailable
from campaign_sdk._core import exchange, transport
from clients import Mode
from wire import KEY, URL, Both, Clock, answers, session

GOOD = httpx.Response(200, json=[])
BUSY = [502, 503, 504, 520, 530]
KINDS = ["read", "keyed", "write"]
# Nothing reached the server for the first three.
NEVER_SENT = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
LOST = [httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.CloseError]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.replace_clocks(monkeypatch)
    return clock


class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body without an end, in chunks of one byte."""

    def __init__(self, between: Callable[[], None]) -> None:
        self.between = between
        self.sent = 0

    def answer(self, _: httpx.Request) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        return httpx.Response(200, headers=headers, stream=self)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.between()
            self.sent += 1
            yield b" "

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


def sent(both: Both, kind: str) -> httpx.Response:
    return both.get() if kind == "read" else both.send("POST", kind=kind)


@pytest.mark.parametrize("status", BUSY)
@pytest.mark.parametrize("kind", ["read", "keyed"])
def test_a_gateway_that_recovers_is_asked_again(
    mode: Mode, clock: Clock, status: int, kind: str
) -> None:
    handler, seen = answers(httpx.Response(status), GOOD)
    both = Both(mode, handler, signed_in=session())
    assert sent(both, kind).status_code == 200
    assert len(seen) == 2
    assert len(clock.pauses) == 1


@pytest.mark.parametrize("status", [*BUSY, 429])
@pytest.mark.parametrize("kind", KINDS)
def test_retries_are_bounded(mode: Mode, clock: Clock, status: int, kind: str) -> None:
    handler, seen = answers(httpx.Response(status))
    both = Both(mode, handler, signed_in=session())
    with pytest.raises((Unavailable, RateLimited)) as caught:
        sent(both, kind)
    # A write may have been carried out, unless the server says that it wasn't (429).
    once = kind == "write" and status != 429
    assert len(seen) == (1 if once else 4)
    assert caught.value.code == str(status)
    if isinstance(caught.value, Unavailable):
        assert caught.value.maybe_applied is (kind != "read")
    assert clock.now - 1_000 < 30


@pytest.mark.parametrize("error", [*NEVER_SENT, *LOST, httpx.ReadTimeout, httpx.WriteTimeout])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("clock")
def test_lost_connections(mode: Mode, error: type[httpx.TransportError], kind: str) -> None:
    handler, seen = answers(error("lost"))
    both = Both(mode, handler, signed_in=session())
    with pytest.raises(Unavailable) as caught:
        sent(both, kind)
    is_timeout = issubclass(error, httpx.TimeoutException)
    assert isinstance(caught.value, TimedOut) is is_timeout
    assert caught.value.maybe_applied is (kind != "read" and error not in NEVER_SENT)
    once = is_timeout or (kind == "write" and error not in NEVER_SENT)
    assert len(seen) == (1 if once else 4)


@pytest.mark.parametrize("code", ["CMP04", "P0001", "22023", "odd", "23505"])
def test_no_refusal_quotes_key_or_token(mode: Mode, code: str) -> None:
    def quote(request: httpx.Request) -> httpx.Response:
        said = " ".join((request.headers["apikey"], request.headers["authorization"]))
        return httpx.Response(400, json={"code": code, "message": said, "details": said})

    both = Both(mode, quote, signed_in=session())
    with pytest.raises(CampaignError) as caught:
        both.result(both.client.campaigns.pause("00000000-0000-4000-8000-000000000000"))
    told = "".join(traceback.format_exception(caught.value)) + str(vars(caught.value))
    assert not [secret for secret in (KEY, session().access_token) if secret in told]


LAST = [
    httpx.ConnectError("gone"),
    httpx.Response(429, headers={"retry-after": "3600"}),
    httpx.Response(503, json={}),
]


@pytest.mark.parametrize("last", LAST, ids=repr)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("clock")
def test_a_doubt_stays_whatever_comes_after_it(mode: Mode, last: Any, kind: str) -> None:
    handler, _ = answers(httpx.ReadError("lost"), *[last] * 3)
    with pytest.raises((Unavailable, RateLimited)) as caught:
        sent(Both(mode, handler, signed_in=session()), kind)
    assert getattr(caught.value, "maybe_applied", False) is (kind != "read")
    # Where nothing was lost before, it is as it was said last.
    handler, _ = answers(*[last] * 4)
    with pytest.raises((Unavailable, RateLimited)) as caught:
        sent(Both(mode, handler, signed_in=session()), kind)
    is_lost = kind != "read" and isinstance(last, httpx.Response) and last.status_code == 503
    assert getattr(caught.value, "maybe_applied", False) is is_lost


def test_a_write_is_never_sent_twice(mode: Mode, clock: Clock) -> None:
    handler, seen = answers(httpx.ReadError("lost"), GOOD)
    with pytest.raises(Unavailable):
        Both(mode, handler, signed_in=session()).send("POST")
    assert len(seen) == 1
    assert clock.pauses == []


def test_the_mark_of_a_replayable_request_stays_here(mode: Mode) -> None:
    handler, seen = answers(GOOD)
    Both(mode, handler, signed_in=session()).send("POST", kind="keyed")
    assert exchange.REPLAYABLE not in seen[0].headers


def test_only_marked_functions_are_replayable(mode: Mode) -> None:
    # The builders share their headers: a mark must not stick to the next request.
    handler, seen = answers(httpx.Response(503, json={}))
    both = Both(mode, handler, signed_in=session(), timeout=0.4)
    for kind, tries in (("keyed", 4), ("write", 1)):
        seen.clear()
        request = both.client.contacts._rpc("f", {}, kind=kind)
        with pytest.raises(Unavailable):
            both.result(request.execute())
        assert len(seen) == tries


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds(mode: Mode, clock: Clock, status: int) -> None:
    handler, _ = answers(httpx.Response(status, headers={"Retry-After": "7"}), GOOD)
    assert Both(mode, handler, signed_in=session()).get().status_code == 200
    assert clock.pauses == [7.0]


def test_retry_after_as_a_date(mode: Mode, clock: Clock) -> None:
    then = datetime.fromtimestamp(clock.time(), UTC) + timedelta(seconds=11)
    handler, _ = answers(
        httpx.Response(429, headers={"Retry-After": format_datetime(then, usegmt=True)}), GOOD
    )
    assert Both(mode, handler, signed_in=session()).get().status_code == 200
    assert clock.pauses == [11.0]


def test_retry_after_beyond_the_deadline_is_told_at_once(mode: Mode, clock: Clock) -> None:
    handler, seen = answers(httpx.Response(429, headers={"Retry-After": "3600"}))
    with pytest.raises(RateLimited) as caught:
        Both(mode, handler, signed_in=session()).get()
    assert caught.value.retry_after == 3600
    assert len(seen) == 1
    assert clock.pauses == []


@given(
    value=st.text(st.characters(min_codepoint=32, max_codepoint=126))
    | st.from_regex(r"[A-Z][a-z]{2}, \d+ .*")
)
def test_a_strange_retry_after_is_no_crash(value: str) -> None:
    seconds = exchange.retry_after(value)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, html="<h1>Welcome to our Wi-Fi</h1>"),
        httpx.Response(200, text="ok"),
        httpx.Response(200, content=b"[]"),
        httpx.Response(200, headers={"Content-Type": "application/json"}),
        httpx.Response(302, headers={"Location": "http://elsewhere.test/"}),
        httpx.Response(307, headers={"Location": "http://elsewhere.test/"}),
    ],
    ids=["html", "text", "untyped", "empty", "302", "307"],
)
@pytest.mark.parametrize("path", ["/rest/v1/contacts", "/auth/v1/user"])
def test_a_success_that_is_no_answer(mode: Mode, response: httpx.Response, path: str) -> None:
    handler, seen = answers(response)
    with pytest.raises(ProtocolError):
        Both(mode, handler, signed_in=session()).get(path)
    # The key goes to nobody but the project.
    assert [request.url.host for request in seen] == ["project.test"]


def test_answers_without_a_body(mode: Mode) -> None:
    handler, _ = answers(httpx.Response(204))
    assert Both(mode, handler, signed_in=session()).send("DELETE").status_code == 204
    handler, _ = answers(httpx.Response(200, headers={"Content-Range": "*/7"}))
    assert Both(mode, handler, signed_in=session()).send("HEAD").status_code == 200
    handler, _ = answers(httpx.Response(200, json={}, headers={"Content-Type": "a/b+json; c=d"}))
    assert Both(mode, handler, signed_in=session()).get().json() == {}


@pytest.mark.parametrize("body", [b'[{"id": 1}, {"i', b'"text"', b"{}", b"null", b"7", b"[" * 9999])
def test_an_answer_that_is_no_list_of_rows(mode: Mode, body: bytes) -> None:
    handler, _ = answers(
        httpx.Response(200, content=body, headers={"Content-Type": "application/json"})
    )
    both = Both(mode, handler, signed_in=session())
    operations: list[Callable[[], Any]] = [
        lambda: both.client.segments.list(),
        lambda: both.client.contacts.find("a@example.com"),
        lambda: both.client.campaigns.get("00000000-0000-4000-8000-000000000000"),
    ]
    for operation in operations:
        with pytest.raises(ProtocolError) as caught:
            both.result(operation())
        assert not isinstance(caught.value.__cause__, ValueError)


def test_the_answer_has_a_size_limit(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport._Body, "most", 1_000)
    chunks = Chunks(lambda: None)
    both = Both(mode, chunks.answer, signed_in=session())
    with pytest.raises(ProtocolError, match="too large"):
        both.get()
    assert chunks.sent == 1_001


def test_a_body_that_drips_ends_at_the_deadline(mode: Mode, clock: Clock) -> None:
    chunks = Chunks(lambda: clock.sleep(1))
    both = Both(mode, chunks.answer, signed_in=session(), timeout=5)
    with pytest.raises(TimedOut) as caught:
        both.get()
    assert chunks.sent == 6
    assert caught.value.maybe_applied is False


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_without_json_is_a_gateways(mode: Mode, kind: str) -> None:
    handler, seen = answers(httpx.Response(500, html="<h1>Sorry</h1>"))
    with pytest.raises(Unavailable) as caught:
        sent(Both(mode, handler, signed_in=session()), kind)
    assert caught.value.maybe_applied is (kind != "read")
    assert len(seen) == 1


def test_the_public_key_goes_with_every_request(mode: Mode) -> None:
    handler, seen = answers(httpx.Response(200, json=[]))
    both = Both(mode, handler, signed_in=session())
    both.result(both.client.segments.list())
    assert seen[0].headers["apikey"] == KEY
    assert str(seen[0].url).startswith(f"{URL}/rest/v1/audience_segments?")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_of_a_compressed_answer_counts_what_comes_out(
    mode: Mode, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport._Body, "most", 10_000)
    pack = gzip.compress if encoding == "gzip" else zlib.compress
    headers = {"content-type": "application/json", "content-encoding": encoding}

    def served(text: bytes) -> Both:
        packed = pack(text)
        assert len(packed) < 1_000
        return Both(
            mode,
            lambda _: httpx.Response(200, headers=headers, stream=Raw(packed)),
            signed_in=session(),
        )

    assert served(b'["' + b"x" * 9_000 + b'"]').get().json() == ["x" * 9_000]
    with pytest.raises(ProtocolError, match="too large"):
        served(b'["' + b"x" * 100_000 + b'"]').get()


class Raw(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body as it comes from the socket."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content
