"""What an operation cost at a language model, as the errors know it."""

from __future__ import annotations

from typing import Protocol


class Cost(Protocol):
    """What an operation cost at the language model; `campaign_sdk.Usage` is one."""

    @property
    def calls(self) -> int:
        """Requests sent, the repeated ones included."""

    @property
    def input_tokens(self) -> int | None:
        """Tokens read; `None` if the server didn't say."""

    @property
    def output_tokens(self) -> int | None:
        """Tokens written, reasoning included; `None` likewise."""

    @property
    def total_tokens(self) -> int | None:
        """Tokens read and written; `None` likewise."""
