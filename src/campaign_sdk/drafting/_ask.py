"""Asking a model within bounds, until there is an answer that can be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from campaign_sdk._core.errors import DraftingError
from campaign_sdk._core.operation import Page, PagedSteps, Steps

from ._budget import Budget, Usage
from ._dialects import Format, Prompt, truncated
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
        sent = yield from _sent(writer, budget, prompt, wanted, model)
        answer = writer.dialect.whole(sent)
        budget.spend(*(answer.tokens or (None, None)))
        if answer.problem is not None:
            raise answer.problem
        return _parsed(shape, _some(answer.text)), budget.usage
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
        events = yield from _sent(writer, budget, prompt, None, model)
        try:
            yield from _pieces(writer, budget, events, pieces)
        finally:
            writer.hang_up(events)
    except DraftingError as error:
        budget.settle(error)
        raise
    done("".join(pieces), budget.usage)


def _sent(
    writer: Writer, budget: Budget, prompt: Prompt, format: Format | None, model: str | None
) -> Steps[Any]:
    while True:
        budget.begin()
        try:
            return (yield writer.ask(prompt, format, writer.model(model), budget))
        except DraftingError as error:
            wait = budget.pause(error)
            if wait is None:
                raise
        yield writer.sleep(wait)


def _some(text: str) -> str:
    if not text.strip():
        raise DraftingError("the model wrote nothing", reason="invalid")
    return text


def _parsed(shape: type[A], text: str) -> A:
    try:
        return shape.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"][:8]) or "the answer"
        raise DraftingError(
            f"the answer breaks its schema: {place}: {first['msg'][:200]}", reason="invalid"
        ) from None


def _pieces(writer: Writer, budget: Budget, events: Any, pieces: list[str]) -> PagedSteps[str]:
    if not events.response.headers.get("content-type", "").startswith("text/event-stream"):
        raise DraftingError("the answer isn't a stream of a language model", reason="invalid")
    ended = False
    while not (ended and budget.is_settled):
        event = yield writer.next(events)
        if event is None:
            break
        answer = writer.dialect.event(event)
        if answer.tokens is not None:
            budget.spend(*answer.tokens)
        if answer.problem is not None:
            raise answer.problem
        ended = ended or answer.done
        if answer.text:
            pieces.append(answer.text)
            yield Page([answer.text])
    if not ended:
        raise truncated()
    _some("".join(pieces))
    budget.close()
