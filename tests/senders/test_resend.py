"""Resend's protocol, on a real socket: what is said, and what each answer means.

Nothing here was tried against the service itself: the answers are those of its documentation.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from campaign_sdk import ConfigurationError, Unavailable
from campaign_sdk.senders import LoginRefused, Message, NotSent, Receipt, Resend, async_sender

from .mailroom import nobody

KEY = "re_topsecret_4711"
SENDER = "Shop <shop@example.com>"
Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]] | None


class Api:
    """A server that notes requests and answers from a list; the last answer stays."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[tuple[str, dict[str, str], Any]] = []

    def reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class Handler(BaseHTTPRequestHandler):
    api: Api

    def do_POST(self) -> None:  # the standard library's name
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.api.requests.append((self.path, dict(self.headers.items()), body))
        reply = self.api.reply()
        if reply is None:
            self.close_connection = True
            return
        status, content, *more = reply
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"content-length": str(len(raw)), **(more[0] if more else {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(api: Api) -> Iterator[str]:
    handler = type("Bound", (Handler,), {"api": api})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        # Also after a refusal: a server that nobody shuts down asks its closed socket for ever.
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


Post = Callable[..., list[Receipt]]


@pytest.fixture(params=["sync", "async"])
def post(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Post:
    """Hand messages over in either mode; pauses take no time."""
    asleep = asyncio.sleep
    monkeypatch.setattr("campaign_sdk.senders._resend.time.sleep", lambda _: None)
    monkeypatch.setattr("campaign_sdk.senders._resend.asyncio.sleep", lambda _: asleep(0))

    def sync_post(api: Api, messages: Sequence[Message], **more: Any) -> list[Receipt]:
        with serving(api) as url, Resend(KEY, SENDER, url=url, **more) as resend:
            return resend(messages)

    def async_post(api: Api, messages: Sequence[Message], **more: Any) -> list[Receipt]:
        async def main(url: str) -> list[Receipt]:
            async with Resend(KEY, SENDER, url=url, **more) as resend:
                return list(await async_sender(resend)(messages))

        with serving(api) as url:
            return asyncio.run(main(url))

    return sync_post if request.param == "sync" else async_post


def some(count: int) -> list[Message]:
    return [
        Message(f"c/{n}", f"{n}@example.com", subject=f"Hi {n}", text="Grüße") for n in range(count)
    ]


def ids(count: int) -> dict[str, Any]:
    return {"data": [{"id": f"id-{n}"} for n in range(count)]}


def test_a_batch_is_one_request_with_a_key(post: Post) -> None:
    api = Api((200, ids(3)))
    message = Message(
        "c/0", "0@example.com", subject="Hi", text="t", html="<p>", headers={"List-Id": "<x>"}
    )
    receipts = post(api, [message, *some(3)[1:]])
    assert receipts == [Receipt.sent(f"c/{n}", f"id-{n}") for n in range(3)]
    [(path, headers, body)] = api.requests
    assert path == "/emails/batch"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["x-batch-validation"] == "permissive"
    assert headers["Idempotency-Key"].startswith("batch/")
    assert len(headers["Idempotency-Key"]) <= 256
    assert body[0] == {
        "from": SENDER,
        "to": ["0@example.com"],
        "subject": "Hi",
        "text": "t",
        "html": "<p>",
        "headers": {"List-Id": "<x>", "X-Campaign-Key": "c/0"},
        "tags": [{"name": "campaign_key", "value": "c_0"}],
    }
    assert body[1]["text"] == "Grüße"


def test_a_single_one_has_its_own_key(post: Post) -> None:
    api = Api((200, {"id": "id-1"}))
    assert post(api, some(1), batch_size=1) == [Receipt.sent("c/0", "id-1")]
    [(path, headers, body)] = api.requests
    assert (path, headers["Idempotency-Key"], body["to"]) == ("/emails", "c/0", ["0@example.com"])


def test_the_key_of_a_batch_is_that_of_its_messages(post: Post) -> None:
    api = Api((200, ids(2)))
    for messages in (some(2), some(2), some(3)[1:], list(reversed(some(2)))):
        post(api, messages)
    keys = [headers["Idempotency-Key"] for _, headers, _ in api.requests]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_one_that_is_wrong_doesnt_stop_the_others(post: Post) -> None:
    errors = [{"index": 1, "message": "Invalid `to`: 1@example.com isn't one"}]
    receipts = post(Api((200, {**ids(2), "errors": errors})), some(3))
    assert receipts == [
        Receipt.sent("c/0", "id-0"),
        Receipt.failed("c/1", "Invalid `to`: <address> isn't one"),
        Receipt.sent("c/2", "id-1"),
    ]


def fault(name: str, message: str = "no") -> dict[str, str]:
    return {"name": name, "message": message}


@pytest.mark.parametrize(
    "unclear",
    [
        None,
        (500, fault("internal_server_error")),
        (502, b"<html>bad gateway</html>"),
        (503, b""),
        (409, fault("concurrent_idempotent_requests")),
        (200, ids(2), {"content-length": "9999"}),
    ],
)
def test_what_is_unclear_is_asked_again_with_the_same_key(post: Post, unclear: Reply) -> None:
    api = Api(unclear, unclear, (200, ids(2)))
    assert [each.outcome for each in post(api, some(2))] == ["sent", "sent"]
    assert len(api.requests) == 3
    assert len({(headers["Idempotency-Key"], json.dumps(b)) for _, headers, b in api.requests}) == 1


@pytest.mark.parametrize(
    "replies",
    [
        (None,),
        ((500, {}),),
        ((409, fault("invalid_idempotent_request")),),
        (None, (429, fault("rate_limit_exceeded"))),
        ((500, {}), (401, fault("missing_api_key"))),
        (None, (422, fault("validation_error"))),
        ((200, b"<html>"),),
        ((200, {"data": [{"id": "x"}]}),),
        ((200, {**ids(1), "errors": [{"index": 7, "message": "x"}]}),),
        ((200, {**ids(2), "errors": [{"index": 0, "message": "x"}]}),),
        ((200, [1, 2]),),
        ((200, None),),
    ],
)
def test_what_stays_unclear_is_in_doubt(post: Post, replies: tuple[Reply, ...]) -> None:
    with pytest.raises(Unavailable) as doubt:
        post(Api(*replies), some(2))
    assert doubt.value.maybe_applied


def test_a_deadline_ends_the_asking(post: Post) -> None:
    api = Api((503, {}, {"retry-after": "3600"}))
    with pytest.raises(Unavailable, match="deadline"):
        post(api, some(2))
    assert len(api.requests) == 1


def test_too_fast_is_not_sent_and_says_until_when(post: Post) -> None:
    api = Api((429, fault("rate_limit_exceeded"), {"retry-after": "7"}))
    with pytest.raises(NotSent) as busy:
        post(api, some(2))
    assert (busy.value.retry, busy.value.retry_after, len(api.requests)) == (True, 7, 1)


@pytest.mark.parametrize(
    ("status", "name", "message"),
    [
        (429, "daily_quota_exceeded", "You have reached your daily quota"),
        (403, "validation_error", "The example.com domain is not verified"),
        (422, "invalid_from_address", "Invalid `from` field"),
        (404, "not_found", "The requested endpoint does not exist"),
        (302, "", ""),
    ],
)
def test_what_would_fail_for_all_ends_the_sending(
    post: Post, status: int, name: str, message: str
) -> None:
    with pytest.raises(NotSent, match=str(status)) as refused:
        post(Api((status, fault(name, message), {"location": "http://127.0.0.1:1/"})), some(2))
    assert not refused.value.retry
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("status", "name", "message"),
    [
        (401, "missing_api_key", "Missing API key"),
        (403, "invalid_api_key", "API key is invalid"),
        (400, "validation_error", "API key is invalid"),
        (401, "restricted_api_key", "only"),
    ],
)
def test_a_refused_key_is_a_refused_login(
    post: Post, caplog: pytest.LogCaptureFixture, status: int, name: str, message: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(LoginRefused, match="API key") as refused:
        post(Api((status, fault(name, message))), some(1))
    assert "topsecret" not in f"{refused.value!r} {refused.value.__cause__} {caplog.text}"


def test_a_refused_message_is_refused_for_good(post: Post) -> None:
    [receipt] = post(Api((422, fault("validation_error", "Invalid `to`: 0@example.com"))), some(1))
    assert receipt == Receipt.failed("c/0", "422 Invalid `to`: <address>")


def test_who_isnt_there_has_taken_nothing() -> None:
    with nobody() as port, pytest.raises(NotSent, match="can't be reached"):
        Resend(KEY, SENDER, url=f"http://127.0.0.1:{port}")(some(2))


async def test_another_loop_gets_another_connection() -> None:
    api = Api((200, {"id": "x"}))
    with serving(api) as url:
        resend = Resend(KEY, SENDER, url=url)

        async def once() -> None:
            await resend.asend(some(1))
            await resend.aclose()

        await once()
        await asyncio.to_thread(asyncio.run, once())
    assert len(api.requests) == 2


def test_what_it_is_made_of() -> None:
    resend = Resend(KEY, SENDER)
    assert (resend.batch_size, resend.honours_keys) == (100, False)
    assert Resend(KEY, SENDER, batch_size=1).honours_keys
    assert repr(resend) == "<Resend https://api.resend.com>"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"api_key": ""}, "api_key"),
        ({"api_key": "re a"}, "api_key"),
        ({"api_key": "re_ü"}, "api_key"),
        ({"api_key": None}, "api_key"),
        ({"from_": None}, "from_"),
        ({"from_": "shop"}, "from_"),
        ({"batch_size": 101}, "batch_size"),
        ({"batch_size": 0}, "batch_size"),
        ({"url": "ftp://x"}, "url"),
    ],
)
def test_what_cant_work_is_refused_at_once(given: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{path}: "):
        Resend(**{"api_key": KEY, "from_": SENDER, **given})


def test_each_event_loop_has_connections_of_its_own() -> None:
    with serving(Api((200, {"data": [{"id": "1"}]}))) as url:
        resend = Resend(KEY, SENDER, url=url)
        with asyncio.Runner() as first, asyncio.Runner() as second:
            runners = (first, second)
            for runner in runners * 2:
                runner.run(resend.asend(some(1)))
            clients = list(resend._ahttp.values())
            assert len(clients) == len(runners)
            for runner in runners:
                runner.run(resend.aclose())
            assert all(client.is_closed for client in clients)
            assert not resend._ahttp
            first.run(resend.asend(some(1)))
            first.run(resend._ahttp[first.get_loop()].aclose())
        # Nothing of a loop that is over is kept.
        with asyncio.Runner() as third:
            third.run(resend.asend(some(1)))
            assert list(resend._ahttp) == [third.get_loop()]
            third.run(resend.aclose())
