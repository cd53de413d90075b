"""The two ways to ask a model, Responses and chat completions, as pure functions.

Answers are read with models of our own: openai's fail in a different way for each kind
of damage (a page of HTML, cut JSON, a refusal, an answer that ends too soon).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from campaign_sdk._errors import DraftingError, DraftingReason


class Prompt(NamedTuple):
    """What is asked: fixed instructions, and the data they are about as JSON."""

    instructions: str
    data: str


class Format(NamedTuple):
    """The JSON that is wanted; `None` in its place asks for plain text."""

    name: str
    schema: dict[str, Any]


class Tokens(NamedTuple):
    """What an answer cost."""

    input: int | None
    output: int | None


@dataclass(frozen=True)
class Event:
    """One event of a stream: a piece of text, what it cost, or a good end."""

    text: str = ""
    tokens: Tokens | None = None
    done: bool = False


class Protocol_(Protocol):  # noqa: N801 - `typing` has the plain name
    """How to ask, and how to read the answer."""

    path: str

    def request(
        self, model: str, prompt: Prompt, format: Format | None, tokens: int | None
    ) -> dict[str, Any]:
        """Return the body of a request."""

    def answer(self, body: bytes) -> tuple[Tokens, DraftingError | str]:
        """Return what an answer cost, and its text or what is wrong with it."""

    def event(self, data: str) -> Event:
        """Read one event of a stream, or raise `DraftingError`."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


B = TypeVar("B", bound=_Body)


def _read(model: type[B], body: bytes | str) -> B:
    try:
        return model.model_validate_json(body)
    except ValidationError:
        # No cause: pydantic quotes the answer, which may be anything.
        raise DraftingError("the answer isn't one of a language model", reason="invalid") from None


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


def _empty() -> DraftingError:
    return DraftingError("the model wrote nothing", reason="invalid")


# --- Responses --------------------------------------------------------------------


class _Content(_Body):
    type: str
    text: str | None = None
    refusal: str | None = None


class _Output(_Body):
    type: str
    phase: str | None = None
    content: list[_Content] | None = None


class _Failure(_Body):
    code: str | None = None


class _Incomplete(_Body):
    reason: str | None = None


class _ResponsesUsage(_Body):
    input_tokens: int | None = None
    output_tokens: int | None = None


class _Response(_Body):
    status: str | None = None
    error: _Failure | None = None
    incomplete_details: _Incomplete | None = None
    output: list[_Output]
    usage: _ResponsesUsage | None = None

    def tokens(self) -> Tokens:
        usage = self.usage or _ResponsesUsage()
        return Tokens(usage.input_tokens, usage.output_tokens)

    def problem(self) -> DraftingError | None:
        if self.status == "failed" or self.error is not None:
            return _failed(self.error)
        if self.status in ("incomplete", "cancelled", "in_progress", "queued"):
            details = self.incomplete_details or _Incomplete()
            return refused() if details.reason == "content_filter" else truncated()
        return None

    def contents(self) -> list[_Content]:
        """What is meant for the reader; a model may think aloud in other phases."""
        final = [item for item in self.output if item.type == "message"]
        return [
            content
            for item in final
            if item.phase in (None, "final_answer")
            for content in item.content or []
        ]


class _ResponsesEvent(_Body):
    type: str
    delta: str | None = None
    refusal: str | None = None
    response: _Response | None = None
    code: str | None = None


class Responses:
    """OpenAI's Responses API."""

    path = "responses"

    def request(
        self, model: str, prompt: Prompt, format: Format | None, tokens: int | None
    ) -> dict[str, Any]:
        """Return the body of a request."""
        body: dict[str, Any] = {
            "model": model,
            "instructions": prompt.instructions,
            "input": prompt.data,
            # The server keeps answers for weeks otherwise.
            "store": False,
        }
        if format is not None:
            body["text"] = {"format": {"type": "json_schema", "strict": True, **format._asdict()}}
        return body if tokens is None else {**body, "max_output_tokens": tokens}

    def answer(self, body: bytes) -> tuple[Tokens, DraftingError | str]:
        """Return what an answer cost, and its text or what is wrong with it."""
        response = _read(_Response, body)
        return response.tokens(), response.problem() or _text(response.contents())

    def event(self, data: str) -> Event:
        """Read one event of a stream, or raise `DraftingError`."""
        event = _read(_ResponsesEvent, data)
        if event.type == "response.output_text.delta":
            return Event(text=event.delta or "")
        if event.type.startswith("response.refusal."):
            raise refused(event.refusal)
        if event.type == "error":
            raise _failed(_Failure(code=event.code))
        if event.type in ("response.completed", "response.incomplete", "response.failed"):
            return _end(event)
        return Event()


def _end(event: _ResponsesEvent) -> Event:
    response = event.response or _Response(output=[])
    if event.type == "response.failed":
        raise _failed(response.error)
    problem = response.problem()
    if problem is not None:
        raise problem
    if event.type == "response.incomplete":
        raise truncated()
    return Event(tokens=response.tokens(), done=True)


def _failed(failure: _Failure | None) -> DraftingError:
    from ._failures import named_failure

    code = failure.code if failure else None
    reason: DraftingReason = named_failure(code, "unavailable")
    return DraftingError(
        f"the model failed ({code or 'no reason given'})", reason=reason, code=code
    )


def _text(contents: list[_Content]) -> DraftingError | str:
    refusal = next((part for part in contents if part.type == "refusal"), None)
    if refusal is not None:
        return refused(refusal.refusal)
    text = "".join(part.text or "" for part in contents if part.type == "output_text")
    return text if text.strip() else _empty()


# --- chat completions -------------------------------------------------------------


class _Message(_Body):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Body):
    message: _Message | None = None
    delta: _Message | None = None
    finish_reason: str | None = None

    def problem(self) -> DraftingError | None:
        said = self.message or self.delta or _Message()
        if said.refusal or self.finish_reason == "content_filter":
            return refused(said.refusal)
        return truncated() if self.finish_reason == "length" else None


class _ChatUsage(_Body):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(_Body):
    choices: list[_Choice]
    usage: _ChatUsage | None = None

    def tokens(self) -> Tokens:
        usage = self.usage or _ChatUsage()
        return Tokens(usage.prompt_tokens, usage.completion_tokens)


class Chat:
    """Chat completions, which is all that some compatible servers have."""

    path = "chat.completions"

    def request(
        self, model: str, prompt: Prompt, format: Format | None, tokens: int | None
    ) -> dict[str, Any]:
        """Return the body of a request."""
        messages = [
            {"role": "system", "content": prompt.instructions},
            {"role": "user", "content": prompt.data},
        ]
        body: dict[str, Any] = {"model": model, "messages": messages}
        if format is not None:
            wanted = {"strict": True, **format._asdict()}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        else:
            body["stream_options"] = {"include_usage": True}
        return body if tokens is None else {**body, "max_completion_tokens": tokens}

    def answer(self, body: bytes) -> tuple[Tokens, DraftingError | str]:
        """Return what an answer cost, and its text or what is wrong with it."""
        completion = _read(_Completion, body)
        if not completion.choices:
            return completion.tokens(), _empty()
        choice = completion.choices[0]
        text = (choice.message or _Message()).content or ""
        return completion.tokens(), choice.problem() or (text if text.strip() else _empty())

    def event(self, data: str) -> Event:
        """Read one event of a stream, or raise `DraftingError`."""
        chunk = _read(_Completion, data)
        tokens = chunk.tokens() if chunk.usage else None
        if not chunk.choices:
            return Event(tokens=tokens)
        choice = chunk.choices[0]
        problem = choice.problem()
        if problem is not None:
            raise problem
        text = (choice.delta or _Message()).content or ""
        return Event(text, tokens, done=choice.finish_reason is not None)


PROTOCOLS: Mapping[str, Protocol_] = {"responses": Responses(), "chat": Chat()}
