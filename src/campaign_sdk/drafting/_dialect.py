"""What the two ways to ask a model have in common; each is a set of pure functions.

Answers are read with models of our own: openai's fail in a different way for each kind
of damage (a page of HTML, cut JSON, a refusal, an answer that ends too soon).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from campaign_sdk._core.errors import DraftingError


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


class Dialect(Protocol):
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


class Body(BaseModel):
    """A part of an answer, of which only what matters is read."""

    model_config = ConfigDict(extra="ignore")


B = TypeVar("B", bound=Body)


def read(model: type[B], body: bytes | str) -> B:
    """Read an answer, or raise `DraftingError` if it isn't one."""
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


def empty() -> DraftingError:
    """The answer has no text."""
    return DraftingError("the model wrote nothing", reason="invalid")
