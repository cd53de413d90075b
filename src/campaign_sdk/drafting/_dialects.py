"""OpenAI's two ways to be asked, as pure functions: a request's body, and what an answer says.

openai sends the request, decodes the answer and takes a stream apart. It isn't asked for more,
because its `parse` raises whatever the damage happens to break (`ValidationError`,
`AttributeError`, `RecursionError`) and with it loses what the answer cost; because its `stream`
refuses a server that leaves out an event, and takes one that breaks off for complete; and
because its objects hold whatever the server sent, unchecked. So they are read with models here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from campaign_sdk._core.errors import DraftingError, DraftingReason


class Prompt(NamedTuple):
    """What is asked: fixed instructions, and the data they are about as JSON."""

    instructions: str
    data: str


class Format(NamedTuple):
    """The JSON that is wanted; `None` in its place asks for plain text."""

    name: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a whole answer says, or one event of a stream.

    Attributes:
        text: the text, or the next piece of it.
        tokens: what was read and written; `None` if this doesn't say.
        problem: why it can't be used.
        done: whether it is a good end.
    """

    text: str = ""
    tokens: tuple[int | None, int | None] | None = None
    problem: DraftingError | None = None
    done: bool = False


class Dialect(NamedTuple):
    """How to ask, and how to read what comes back.

    Attributes:
        path: which of openai's nouns is asked.
        request: makes the body of a request: for a model, a prompt, a format, and so many
            tokens at most.
        whole: reads a whole answer; raises `DraftingError` if it is none.
        event: reads one event of a stream; raises likewise.
    """

    path: str
    request: Callable[[str, Prompt, Format | None, int | None], dict[str, Any]]
    whole: Callable[[Any], Answer]
    event: Callable[[Any], Answer]


def refused(why: str | None = None) -> DraftingError:
    """The model, or its filter, doesn't want to write this."""
    said = f": {' '.join(why.split())[:200]}" if why and why.strip() else ""
    return DraftingError(f"the model refused{said}", reason="refused")


def truncated() -> DraftingError:
    """The answer ends before it is complete."""
    return DraftingError(
        "the answer ends before it is complete",
        reason="truncated",
        hint="ask for fewer drafts, or raise DraftingOptions.max_output_tokens",
    )


_REASONS: dict[str | None, DraftingReason] = {
    "insufficient_quota": "quota",
    "billing_hard_limit_reached": "quota",
    "billing_not_active": "quota",
    "quota_exceeded": "quota",
    "content_filter": "refused",
    "content_policy_violation": "refused",
    "invalid_prompt": "refused",
    "rate_limit_exceeded": "rate_limited",
}


def named_failure(code: str | None, fallback: DraftingReason) -> DraftingReason:
    """Return the reason that an error's own code names, whatever status it came with."""
    return _REASONS.get(code, fallback)


class _Read(BaseModel):
    # Of openai's objects, only what matters.
    model_config = ConfigDict(extra="ignore", from_attributes=True)


R = TypeVar("R", bound=_Read)


def _read(shape: type[R], answer: Any) -> R:
    try:
        return shape.model_validate(answer)
    except ValidationError:
        # No cause: pydantic quotes the answer, which may be anything.
        raise DraftingError("the answer isn't one of a language model", reason="invalid") from None


class _Usage(_Read):
    read: int | None = Field(None, validation_alias=AliasChoices("input_tokens", "prompt_tokens"))
    written: int | None = Field(
        None, validation_alias=AliasChoices("output_tokens", "completion_tokens")
    )


class _Named(_Read):
    code: str | None = None
    reason: str | None = None


class _Part(_Read):
    type: str
    text: str | None = None
    refusal: str | None = None


class _Item(_Read):
    type: str
    phase: str | None = None
    content: list[_Part] | None = None


class _Response(_Read):
    status: str | None = None
    error: _Named | None = None
    incomplete_details: _Named | None = None
    output: list[_Item]
    usage: _Usage | None = None

    def problem(self) -> DraftingError | None:
        if self.status == "failed" or self.error is not None:
            return _failed(self.error)
        if self.status in ("incomplete", "cancelled", "in_progress", "queued"):
            why = self.incomplete_details
            return refused() if why and why.reason == "content_filter" else truncated()
        refusals = (refused(part.refusal) for part in self.parts() if part.type == "refusal")
        return next(refusals, None)

    def parts(self) -> list[_Part]:
        """What is meant for the reader; a model may think aloud in other phases."""
        said = [item for item in self.output if item.type == "message"]
        final = [item for item in said if item.phase in (None, "final_answer")]
        return [part for item in final for part in item.content or []]


class _Event(_Read):
    type: str
    delta: str | None = None
    refusal: str | None = None
    response: _Response | None = None
    code: str | None = None


def _failed(failure: _Named | _Event | None) -> DraftingError:
    code = failure.code if failure else None
    reason = named_failure(code, "unavailable")
    return DraftingError(
        f"the model failed ({code or 'no reason given'})", reason=reason, code=code
    )


def _ask_responses(
    model: str, prompt: Prompt, format: Format | None, tokens: int | None
) -> dict[str, Any]:
    # The server keeps answers for weeks unless it is told not to store them.
    body: dict[str, Any] = {"model": model, "input": prompt.data, "store": False}
    body["instructions"] = prompt.instructions
    if format is not None:
        body["text"] = {"format": {"type": "json_schema", "strict": True, **format._asdict()}}
    return body if tokens is None else {**body, "max_output_tokens": tokens}


def _event_of_responses(event: Any) -> Answer:
    found = _read(_Event, event)
    if found.type == "response.output_text.delta":
        return Answer(found.delta or "")
    if found.type.startswith("response.refusal."):
        return Answer(problem=refused(found.refusal))
    if found.type == "error":
        return Answer(problem=_failed(found))
    if found.type in ("response.completed", "response.incomplete", "response.failed"):
        return _end(found.type, found.response or _Response(output=[]))
    return Answer()


def _of_response(answer: Any) -> Answer:
    response = _read(_Response, answer)
    usage = response.usage or _Usage()
    text = "".join(part.text or "" for part in response.parts() if part.type == "output_text")
    return Answer(text, (usage.read, usage.written), response.problem(), done=True)


def _end(kind: str, response: _Response) -> Answer:
    problem = response.problem()
    if problem is None and kind != "response.completed":
        problem = truncated() if kind == "response.incomplete" else _failed(response.error)
    # Its text came in pieces before.
    return replace(_of_response(response), text="", problem=problem)


class _Message(_Read):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Read):
    message: _Message | None = None
    delta: _Message | None = None
    finish_reason: str | None = None


class _Completion(_Read):
    choices: list[_Choice]
    usage: _Usage | None = None


def _ask_chat(
    model: str, prompt: Prompt, format: Format | None, tokens: int | None
) -> dict[str, Any]:
    said = (("system", prompt.instructions), ("user", prompt.data))
    messages = [{"role": role, "content": content} for role, content in said]
    body: dict[str, Any] = {"model": model, "messages": messages}
    if format is not None:
        wanted = {"strict": True, **format._asdict()}
        body["response_format"] = {"type": "json_schema", "json_schema": wanted}
    else:
        body["stream_options"] = {"include_usage": True}
    return body if tokens is None else {**body, "max_completion_tokens": tokens}


def _of_completion(answer: Any) -> Answer:
    """A whole answer, or a part of one: both look alike."""
    found = _read(_Completion, answer)
    tokens = (found.usage.read, found.usage.written) if found.usage else None
    if not found.choices:
        return Answer(tokens=tokens)
    choice = found.choices[0]
    said = choice.message or choice.delta or _Message()
    problem = None
    if said.refusal or choice.finish_reason == "content_filter":
        problem = refused(said.refusal)
    elif choice.finish_reason == "length":
        problem = truncated()
    return Answer(said.content or "", tokens, problem, done=choice.finish_reason is not None)


RESPONSES = Dialect("responses", _ask_responses, _of_response, _event_of_responses)
CHAT = Dialect("chat.completions", _ask_chat, _of_completion, _of_completion)
