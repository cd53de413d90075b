"""Chat completions, which is all that some compatible servers have."""

from __future__ import annotations

from typing import Any

from campaign_sdk._core.errors import DraftingError

from ._dialect import Body, Event, Format, Prompt, Tokens, empty, read, refused, truncated


class _Message(Body):
    content: str | None = None
    refusal: str | None = None


class _Choice(Body):
    message: _Message | None = None
    delta: _Message | None = None
    finish_reason: str | None = None

    def problem(self) -> DraftingError | None:
        said = self.message or self.delta or _Message()
        if said.refusal or self.finish_reason == "content_filter":
            return refused(said.refusal)
        return truncated() if self.finish_reason == "length" else None


class _ChatUsage(Body):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(Body):
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
        completion = read(_Completion, body)
        if not completion.choices:
            return completion.tokens(), empty()
        choice = completion.choices[0]
        text = (choice.message or _Message()).content or ""
        return completion.tokens(), choice.problem() or (text if text.strip() else empty())

    def event(self, data: str) -> Event:
        """Read one event of a stream, or raise `DraftingError`."""
        chunk = read(_Completion, data)
        tokens = chunk.tokens() if chunk.usage else None
        if not chunk.choices:
            return Event(tokens=tokens)
        choice = chunk.choices[0]
        problem = choice.problem()
        if problem is not None:
            raise problem
        text = (choice.delta or _Message()).content or ""
        return Event(text, tokens, done=choice.finish_reason is not None)
