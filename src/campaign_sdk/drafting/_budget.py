"""What one operation may cost, and what it has cost so far."""

from __future__ import annotations

import time

from campaign_sdk._core.errors import DraftingError
from campaign_sdk._core.model import Model

from ._options import DraftingOptions

# With fewer tokens than this left, an answer could only be cut off: don't pay for it.
_LEAST_TOKENS = 16


class Usage(Model):
    """What an operation cost at the language model.

    Attributes:
        calls: requests sent, the repeated ones included.
        input_tokens: tokens read; `None` if the server didn't say.
        output_tokens: tokens written, reasoning included; `None` likewise.
    """

    calls: int = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0

    @property
    def total_tokens(self) -> int | None:
        """Tokens read and written; `None` if the server didn't say."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens


class Budget:
    """Counts calls, tokens and seconds, and says when there is nothing left."""

    def __init__(self, options: DraftingOptions) -> None:
        self._options = options
        self._ends = time.monotonic() + options.seconds
        self.usage = Usage()
        # Whether the last answer said what it cost.
        self.is_settled = True

    @property
    def seconds(self) -> float:
        """The seconds left."""
        return self._ends - time.monotonic()

    @property
    def tokens(self) -> int | None:
        """The tokens that the model may still write; `None` for no bound."""
        if self._options.max_output_tokens is None:
            return None
        return self._options.max_output_tokens - (self.usage.output_tokens or 0)

    def begin(self) -> None:
        """Count a call, or raise `DraftingError` if no time is left for it."""
        if self.seconds <= 0:
            raise DraftingError("there is no time left to ask the model", reason="timeout")
        self.usage = self.usage.model_copy(update={"calls": self.usage.calls + 1})
        self.is_settled = False

    def spend(self, input_tokens: int | None, output_tokens: int | None) -> None:
        """Count the tokens of an answer."""
        self.usage = Usage(
            calls=self.usage.calls,
            input_tokens=_sum(self.usage.input_tokens, input_tokens),
            output_tokens=_sum(self.usage.output_tokens, output_tokens),
        )
        self.is_settled = True

    def close(self) -> None:
        """Take note that the last answer won't say what it cost."""
        if not self.is_settled:
            self.spend(None, None)

    def settle(self, error: DraftingError) -> None:
        """Let an error say what the operation cost."""
        # An answer that was lost on its way may have been written, and billed; a status
        # instead of an answer means that it wasn't.
        if error.status is None:
            self.close()
        error.usage = self.usage

    def pause(self, error: DraftingError) -> float | None:
        """Return how long to wait before asking again, or `None` if that isn't allowed.

        Only what did nothing and cost nothing is repeated. A timeout isn't: the model
        may have written an answer, and would be paid for a second one.
        """
        if not (error.reason == "rate_limited" or error.status == 503):
            return None
        tokens = self.tokens
        spent = self.usage.calls >= self._options.max_calls
        if spent or (tokens is not None and tokens < _LEAST_TOKENS):
            return None
        wait = 2.0 ** (self.usage.calls - 1) if error.retry_after is None else error.retry_after
        return wait if wait < self.seconds else None


def _sum(before: int | None, more: int | None) -> int | None:
    return None if before is None or more is None else before + more
