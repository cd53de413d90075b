"""Asking a model within bounds, until there is an answer that can be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from campaign_sdk._core.errors import DraftingError
from campaign_sdk._core.operation import Page, PagedSteps, Steps

from ._budget import Budget, Usage
from ._dialect import Format, Prompt, truncated
from ._writer import Writer


class Closed(BaseModel):
    """What a model is to write: these fields, all of them, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


A = TypeVar("A", bound=Closed)


def ask(
    writer: Writer, prompt: Prompt, shape: type[A], *, model: str | None
) -> Steps[tuple[A, Usage]]:
    """Return an answer of a shape, and what it cost.

    Raises:
        ConfigurationError: there is no key; nothing was sent.
        DraftingError: no usable answer; `reason` says why, `usage` what it cost.
    """
    writer.options.check()
    wanted = Format(shape.__name__.strip("_"), shape.model_json_schema())
    budget = Budget(writer.options)
    try:
        response = yield from _sent(writer, budget, prompt, wanted, model)
        tokens, text = writer.dialect.answer(response.content)
        budget.spend(*tokens)
        if isinstance(text, DraftingError):
            raise text
        return _parsed(shape, text), budget.usage
    except DraftingError as error:
        budget.settle(error)
        raise


def stream(
    writer: Writer, prompt: Prompt, *, model: str | None, done: Callable[[str, Usage], object]
) -> PagedSteps[str]:
    """Yield the pieces of a text as they come; `done` gets the whole. Raises as `ask` does."""
    writer.options.check()
    budget = Budget(writer.options)
    pieces: list[str] = []
    try:
        response = yield from _sent(writer, budget, prompt, None, model)
        try:
            yield from _pieces(writer, budget, response, pieces)
        finally:
            writer.hang_up(response)
    except DraftingError as error:
        budget.settle(error)
        raise
    done("".join(pieces), budget.usage)


def _sent(
    writer: Writer, budget: Budget, prompt: Prompt, format: Format | None, model: str | None
) -> Steps[Any]:
    while True:
        budget.begin()
        call = writer.ask(
            prompt,
            format,
            model=writer.model(model),
            seconds=budget.seconds,
            tokens=budget.tokens,
        )
        try:
            answer = yield call
        except DraftingError as error:
            wait = budget.pause(error)
            if wait is None:
                raise
        else:
            return answer.http_response
        yield writer.sleep(wait)


def _parsed(shape: type[A], text: str) -> A:
    try:
        return shape.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"][:8]) or "the answer"
        raise DraftingError(
            f"the answer breaks its schema: {place}: {first['msg'][:200]}", reason="invalid"
        ) from None


def _pieces(writer: Writer, budget: Budget, response: Any, pieces: list[str]) -> PagedSteps[str]:
    _check_stream(response)
    lines = writer.lines(response)
    ended = False
    while not (ended and budget.is_settled):
        data = yield from _next_data(writer, lines)
        if data is None or data == "[DONE]":
            break
        event = writer.dialect.event(data)
        ended = ended or event.done
        if event.tokens is not None:
            budget.spend(*event.tokens)
        if event.text:
            pieces.append(event.text)
            yield Page([event.text])
    if not ended:
        raise truncated()
    if not "".join(pieces).strip():
        raise DraftingError("the model wrote nothing", reason="invalid")
    budget.close()


def _check_stream(response: Any) -> None:
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        raise DraftingError("the answer isn't a stream of a language model", reason="invalid")


def _next_data(writer: Writer, lines: Any) -> Steps[str | None]:
    """The data of the next server-sent event; `None` at the end of the stream."""
    data: list[str] = []
    while (line := (yield writer.line(lines))) is not None:
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            return "\n".join(data)
    return None
