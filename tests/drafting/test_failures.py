"""Whatever the model's server does: the right error, few calls, little time, nothing saved."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx2
import openai
import pytest

from campaign_sdk import ConfigurationError, DraftingError
from campaign_sdk._core.failures import translate
from campaign_sdk._core.operation import Call
from campaign_sdk.drafting import _budget
from campaign_sdk.drafting._failures import from_openai
from campaign_sdk.drafting._writer import Writer

from .conftest import Database, Run
from .model import (
    KEY,
    Model,
    Reply,
    chunk,
    completion,
    delta,
    draft,
    drafts,
    ended,
    events,
    failure,
    response,
    said,
)


def messages(client: Any) -> Any:
    return client.drafting.messages("Win them back", n=2)


def stream(client: Any) -> Any:
    return client.drafting.stream("Win them back")


def failing(run: Run, work: Callable[[Any], Any], **changes: Any) -> DraftingError:
    with pytest.raises(DraftingError) as caught:
        run(work, **changes)
    assert KEY not in str(caught.value)
    assert caught.value.usage is not None
    return caught.value


HTML = Reply(body=b"<html><title>Welcome to the hotel's Wi-Fi</title></html>", kind="text/html")
REFUSAL = response([{"type": "refusal", "refusal": "I can't help\nwith that."}])
DEEP = "[" * 1_000 + "]" * 1_000

BROKEN = [
    (REFUSAL, "refused"),
    (said("", status="incomplete", incomplete_details={"reason": "content_filter"}), "refused"),
    (failure(400, "content_policy_violation"), "refused"),
    (failure(400, "invalid_prompt"), "refused"),
    (
        said('{"drafts": [', status="incomplete", incomplete_details={"reason": "max_output"}),
        "truncated",
    ),
    (said('{"drafts": ['), "invalid"),
    (said({"drafts": []}), "invalid"),
    (said({"drafts": [{**draft(), "body": " "}]}), "invalid"),
    (said({"drafts": [{"body": "Hi"}]}), "invalid"),
    (said({"drafts": [draft()], "send_to": "everybody"}), "invalid"),
    (said({"drafts": [{**draft(), "subject": 3}]}), "invalid"),
    (said({"drafts": [{**draft(), "notes": [DEEP]}]}).body.replace(b"notes", b"n"), "invalid"),
    (said(DEEP), "invalid"),
    (said('{"drafts": [{"body": "\\ud800"}]}'), "invalid"),
    (said(""), "invalid"),
    (response([]), "invalid"),
    (response([], output=None), "invalid"),
    (HTML, "invalid"),
    (Reply(body=b""), "invalid"),
    (Reply(body=b'{"status": "comp'), "invalid"),
    (Reply(body=b'{"output": ' + DEEP.encode() + b"}"), "invalid"),
    (Reply(body=b"[1]"), "invalid"),
    (Reply(body=b'{"status": "comp', missing=100), "unavailable"),
    (said("", status="failed", error={"code": "server_error"}), "unavailable"),
    (said("", status="failed", error={"code": "rate_limit_exceeded"}), "rate_limited"),
    (failure(500), "unavailable"),
    (failure(502), "unavailable"),
    (Reply(502, b"<html>Bad gateway", "text/html"), "unavailable"),
    (failure(429, "insufficient_quota", retry_after="1"), "quota"),
    (failure(402), "quota"),
    (failure(401, "invalid_api_key"), "denied"),
    (failure(403), "denied"),
    (failure(404, "model_not_found"), "unsupported"),
    (failure(400, "unsupported_parameter"), "unsupported"),
    (Reply(307, headers={"location": "http://127.0.0.1:1/v1/responses"}), "unsupported"),
    (failure(408), "timeout"),
]


@pytest.mark.parametrize(("reply", "reason"), BROKEN)
def test_no_usable_answer_is_an_error_with_its_reason_after_one_call(
    run: Run, model: Model, waits: list[float], reply: Reply | bytes, reason: str
) -> None:
    model.says(reply if isinstance(reply, Reply) else Reply(body=reply))
    error = failing(run, messages)
    assert error.reason == reason
    assert len(model.asked) == 1
    assert error.usage is not None
    assert error.usage.calls == 1
    assert waits == []


def test_a_refusal_says_why_and_what_it_cost(run: Run, model: Model) -> None:
    model.says(REFUSAL)
    error = failing(run, messages)
    assert error.message == "the model refused: I can't help with that."
    assert error.usage is not None
    assert error.usage.total_tokens == 200


def test_a_broken_schema_is_named_without_the_answer(run: Run, model: Model) -> None:
    model.says(said({"drafts": [{**draft(), "subject": 31337}]}))
    error = failing(run, messages)
    assert "drafts.0.subject" in error.message
    assert "31337" not in error.message
    assert error.__cause__ is None


def test_three_times_too_many_requests(run: Run, model: Model, waits: list[float]) -> None:
    model.says(failure(429, "rate_limit_exceeded", retry_after="7"))
    error = failing(run, messages)
    assert (error.reason, error.status, error.retry_after) == ("rate_limited", 429, 7.0)
    assert len(model.asked) == 3
    assert waits == [7.0, 7.0]
    assert error.usage is not None
    assert (error.usage.calls, error.usage.total_tokens) == (3, 0)


@pytest.mark.parametrize("busy", [failure(429), failure(503, "overloaded"), failure(503)])
def test_what_did_nothing_is_asked_again(
    run: Run, model: Model, waits: list[float], busy: Reply
) -> None:
    model.says(busy, busy, drafts({}))
    written = run(messages)
    assert len(written) == 1
    assert written.usage.calls == len(model.asked) == 3
    assert waits == [1.0, 2.0]


@pytest.mark.parametrize("asked", ["61", "1e300", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_wait_beyond_the_deadline_is_not_begun(
    run: Run, model: Model, waits: list[float], asked: str
) -> None:
    model.says(failure(429, retry_after=asked))
    error = failing(run, messages)
    assert error.reason == "rate_limited"
    assert error.retry_after is not None
    assert error.retry_after > 60
    assert (len(model.asked), waits) == (1, [])


@pytest.mark.parametrize("asked", ["soon", "-3", "nan", "inf", ""])
def test_a_senseless_retry_after_is_passed_over(
    run: Run, model: Model, waits: list[float], asked: str
) -> None:
    model.says(failure(429, retry_after=asked))
    error = failing(run, messages)
    assert error.retry_after is None
    assert (len(model.asked), waits) == (3, [1.0, 2.0])


def test_the_bound_on_calls_is_the_callers(run: Run, model: Model, waits: list[float]) -> None:
    model.says(failure(429))
    failing(run, messages, max_calls=1)
    assert (len(model.asked), waits) == (1, [])


def test_a_wait_that_took_too_long_ends_it(
    run: Run, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=1_000.0)
    clock.monotonic = lambda: clock.now

    def oversleep(_self: Writer, seconds: float) -> Call:
        return Call(lambda: setattr(clock, "now", clock.now + seconds + 50))

    monkeypatch.setattr(_budget, "time", clock)
    monkeypatch.setattr(Writer, "sleep", oversleep)
    model.says(failure(429, retry_after="20"))
    error = failing(run, messages)
    assert error.reason == "timeout"
    assert len(model.asked) == 1


@pytest.mark.parametrize("work", [messages, stream])
@pytest.mark.parametrize("sent", [b"", b"data: "])
def test_a_hang_ends_at_the_deadline_and_is_not_paid_twice(
    run: Run, model: Model, work: Callable[[Any], Any], sent: bytes
) -> None:
    model.says(Reply(body=sent, missing=9, kind="text/event-stream", hang=True))
    began = time.monotonic()
    error = failing(run, work, seconds=0.3)
    assert time.monotonic() - began < 10
    assert error.reason == "timeout"
    assert len(model.asked) == 1
    assert error.usage is not None
    assert error.usage.total_tokens is None


@pytest.mark.parametrize("work", [messages, stream])
def test_a_server_that_drips_ends_at_the_deadline(
    run: Run, model: Model, work: Callable[[Any], Any]
) -> None:
    model.says(Reply(body=b" " * 1_000, kind="text/event-stream", drip=0.02))
    assert failing(run, work, seconds=0.3).reason == "timeout"


def test_an_answer_of_any_length_takes_no_more_than_its_share(run: Run, model: Model) -> None:
    model.says(Reply(body=b" " * 9_000_000))
    assert failing(run, messages).reason == "unavailable"


def test_a_server_that_is_not_there(run: Run) -> None:
    error = failing(run, messages, base_url="http://127.0.0.1:1/v1")
    assert error.reason == "unavailable"


@pytest.mark.parametrize("work", [messages, stream, lambda c: c.drafting.rules("all in Pune")])
@pytest.mark.parametrize("api", ["responses", "chat"])
def test_without_a_key_nothing_is_sent(
    run: Run, model: Model, database: Database, work: Callable[[Any], Any], api: str
) -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        run(work, api_key=None, base_url=None, api=api)
    assert model.asked == []
    assert database.requests == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"api_key": "sk-ü"}, "OPENAI_API_KEY"),
        ({"api_key": "sk\n"}, "OPENAI_API_KEY"),
        ({"base_url": "localhost:11434"}, "OPENAI_BASE_URL"),
        ({"base_url": "http://[::1"}, "OPENAI_BASE_URL"),
        ({"max_calls": 0}, "max_calls"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"seconds": float("nan")}, "seconds"),
    ],
)
def test_a_malformed_setting_is_named(run: Run, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as caught:
        run(messages, **changes)
    assert "sk" not in str(caught.value)


# Streams


CUT = [
    (events(delta("Hi "), delta("the")), "truncated"),
    (events(delta("Hi "), missing=50), "unavailable"),
    (events(delta("Hi"), '{"type": "response.outp'), "invalid"),
    (events(delta("Hi"), "[1, 2]"), "invalid"),
    (events(delta("Hi"), ended("incomplete")), "truncated"),
    (
        events(delta("x"), ended("incomplete", incomplete_details={"reason": "content_filter"})),
        "refused",
    ),
    (events(delta("Hi"), ended("failed", error={"code": "server_error"})), "unavailable"),
    # Servers that only resemble OpenAI's say no more than this.
    (events(delta("Hi"), {"type": "response.incomplete"}), "truncated"),
    (events(delta("Hi"), {"type": "response.failed"}), "unavailable"),
    (events(delta("Hi"), {"type": "error", "code": "insufficient_quota"}), "quota"),
    (events({"type": "response.refusal.delta", "delta": "No"}), "refused"),
    (events(delta(" "), ended()), "invalid"),
    (events(), "truncated"),
    (HTML, "invalid"),
    (failure(500), "unavailable"),
    (failure(429, "insufficient_quota"), "quota"),
]


@pytest.mark.parametrize(("reply", "reason"), CUT)
def test_a_stream_that_breaks_off_never_looks_complete(
    run: Run, model: Model, reply: Reply, reason: str
) -> None:
    model.says(reply)
    assert failing(run, stream).reason == reason
    assert len(model.asked) == 1


def test_a_stream_is_begun_again_before_its_first_word(
    run: Run, model: Model, waits: list[float]
) -> None:
    model.says(failure(503, retry_after="2"), events(delta("Hi"), ended()))
    assert run(stream) == ["Hi"]
    assert waits == [2.0]


# Chat completions


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (completion(None, refusal="No."), "refused"),
        (completion("{}", finish="content_filter"), "refused"),
        (completion('{"dr', finish="length"), "truncated"),
        (completion('{"dr'), "invalid"),
        (completion(None), "invalid"),
        (Reply(body=b'{"choices": []}'), "invalid"),
        (HTML, "invalid"),
        (failure(429, "insufficient_quota"), "quota"),
    ],
)
def test_chat_completions_fail_alike(run: Run, model: Model, reply: Reply, reason: str) -> None:
    model.says(reply)
    assert failing(run, messages, api="chat").reason == reason


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (events(chunk("Hi")), "truncated"),
        (events(chunk("Hi"), chunk(None, "length"), "[DONE]"), "truncated"),
        (events(chunk("Hi"), chunk(None, "content_filter")), "refused"),
        (events("[DONE]"), "truncated"),
        (events(chunk("Hi"), '{"error": {"message": "no"}}'), "invalid"),
        (events(chunk("Hi"), '{"error": {"code": "insufficient_quota"}}'), "quota"),
        (events(chunk("Hi"), '{"error": {"code": ["insufficient_quota"]}}'), "invalid"),
    ],
)
def test_chat_streams_fail_alike(run: Run, model: Model, reply: Reply, reason: str) -> None:
    model.says(reply)
    assert failing(run, stream, api="chat").reason == reason


def test_a_server_without_responses_is_told_apart(run: Run, model: Model) -> None:
    model.says(Reply(404, b"404 page not found", "text/plain"))
    error = failing(run, messages)
    assert error.reason == "unsupported"
    assert "api='chat'" in error.message


# The map of errors


def errors_of(module: Any, root: type[Exception]) -> list[type[Exception]]:
    found = [value for value in vars(module).values() if inspect.isclass(value)]
    return [value for value in found if issubclass(value, root)]


@pytest.mark.parametrize(
    "kind",
    [
        *errors_of(openai._exceptions, openai.OpenAIError),
        *errors_of(httpx2._exceptions, httpx2.HTTPError),
    ],
)
def test_every_error_of_openai_and_httpx2_is_mapped(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    if isinstance(error, openai.APIStatusError):
        answer = httpx2.Response(418, request=httpx2.Request("POST", "http://model.test"))
        openai.APIStatusError.__init__(error, "no", response=answer, body=None)
    assert isinstance(translate(error, from_openai), DraftingError)


def test_an_error_of_nobody_stays_what_it_is() -> None:
    bug = ValueError("a bug")
    assert from_openai(bug) is None
    assert translate(bug, from_openai) is bug
