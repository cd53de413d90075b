"""OpenAI's Responses API."""

from __future__ import annotations

from typing import Any

from campaign_sdk._core.errors import DraftingError, DraftingReason

from ._dialect import Body, Event, Format, Prompt, Tokens, empty, read, refused, truncated


class _Content(Body):
    type: str
    text: str | None = None
    refusal: str | None = None


class _Output(Body):
    type: str
    phase: str | None = None
    content: list[_Content] | None = None


class _Failure(Body):
    code: str | None = None


class _Incomplete(Body):
    reason: str | None = None


class _ResponsesUsage(Body):
    input_tokens: int | None = None
    output_tokens: int | None = None


class _Response(Body):
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


class _ResponsesEvent(Body):
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
        response = read(_Response, body)
        return response.tokens(), response.problem() or _text(response.contents())

    def event(self, data: str) -> Event:
        """Read one event of a stream, or raise `DraftingError`."""
        event = read(_ResponsesEvent, data)
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
    return text if text.strip() else empty()
