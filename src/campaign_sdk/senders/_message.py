"""What a sender is given, and what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, Literal, Protocol, TypeAlias, cast, runtime_checkable

from campaign_sdk._core.errors import InvalidInput

_LONGEST_REASON = 300
_LONGEST_ID = 500
_MOST_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """What one contact is told. Its `repr`, as in a log, doesn't say to whom, nor what.

    Attributes:
        key: the same for this contact of this campaign, however often it is tried: what a
            vendor that takes idempotency keys is given, and what a receipt is known by.
        to: the address: of e-mail, or the phone's number in the channels that use one.
        contact: the contact, as rules and templates know it.
        variant: which variant of the campaign this is; `None` if it has none.
        subject: one line; `None` in channels without one.
        text: the plain text.
        html: the same as HTML, or `None`.
        headers: more headers that the message must carry, such as List-Unsubscribe.
    """

    key: str
    to: str = field(repr=False)
    contact: Any = field(default=None, repr=False)
    variant: str | None = None
    subject: str | None = field(default=None, repr=False)
    text: str = field(default="", repr=False)
    html: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one message; made by `Receipt.sent` or `Receipt.failed`.

    Attributes:
        key: the message's.
        outcome: "sent" if the vendor has taken it, "failed" if it has refused it.
        provider_id: the vendor's own name for it, if it gave one.
        reason: why it was refused, in a line; `None` if it was taken.
        retry: whether the refusal is only for now.
    """

    key: str
    outcome: Literal["sent", "failed"]
    provider_id: str | None = None
    reason: str | None = None
    retry: bool = False

    @classmethod
    def sent(cls, key: str, provider_id: str | None = None) -> Receipt:
        """Say that the vendor has taken the message."""
        return cls(key, "sent", provider_id=_line(provider_id, _LONGEST_ID))

    @classmethod
    def failed(cls, key: str, reason: str, retry: bool = False) -> Receipt:
        """Say that the vendor has refused the message; with `retry`, only for now."""
        line = _line(reason, _LONGEST_REASON) or "refused without a reason"
        return cls(key, "failed", reason=line, retry=retry)


@runtime_checkable
class Sender(Protocol):
    """Any callable that hands messages over: a function is enough.

    It returns a receipt for each message. One that it leaves out is in doubt, and so are all
    of them if it raises, unless it raises `NotSent`. Two attributes, if it has them, say more:
    `batch_size`, how many messages it takes at once (1 by default), and `honours_keys`,
    whether the vendor takes a repeated key for the same message (`False` by default).
    """

    def __call__(self, messages: Sequence[Message], /) -> Sequence[Receipt]:
        """Hand the messages over, and say what became of each."""


@runtime_checkable
class AsyncSender(Protocol):
    """The same as `Sender`, as a coroutine function, for the asynchronous client."""

    async def __call__(self, messages: Sequence[Message], /) -> Sequence[Receipt]:
        """Hand the messages over, and say what became of each."""


AnySender: TypeAlias = Sender | AsyncSender
"""A sender of either kind: what `deliveries.send` takes."""
_Post: TypeAlias = Callable[[Sequence[Message]], Awaitable[Sequence[Receipt]]]


def batch_size(sender: AnySender) -> int:
    """Return how many messages a sender takes at once; 1 if it doesn't say.

    Raises:
        InvalidInput: it says something else than a number from 1 to 1,000.
    """
    size = getattr(sender, "batch_size", 1)
    if type(size) is not int or not 1 <= size <= _MOST_AT_ONCE:
        raise InvalidInput("sender.batch_size", f"must be a number from 1 to {_MOST_AT_ONCE:,}")
    return size


def honours_keys(sender: AnySender) -> bool:
    """Return whether a sender's vendor takes a repeated key for the same message."""
    return getattr(sender, "honours_keys", False) is True


def sync_sender(sender: AnySender) -> Sender:
    """Return a sender as the synchronous client calls it.

    Raises:
        InvalidInput: it can't be called, or is a coroutine function.
    """
    if _is_coroutine_function(_callable(sender)):
        raise InvalidInput("sender", "is a coroutine function: AsyncCampaignClient takes these")
    return cast("Sender", sender)


def async_sender(sender: AnySender) -> _Post:
    """Return a sender as the asynchronous client calls it: one that blocks gets a thread.

    Raises:
        InvalidInput: it can't be called.
    """
    if _is_coroutine_function(_callable(sender)):
        return cast("AsyncSender", sender)
    own: _Post | None = getattr(sender, "asend", None)
    return own or partial(_in_a_thread, cast("Sender", sender))


async def _in_a_thread(sender: Sender, messages: Sequence[Message]) -> Sequence[Receipt]:
    return await asyncio.to_thread(sender, messages)


def _callable(sender: AnySender) -> AnySender:
    if not callable(sender):
        raise InvalidInput("sender", "must be callable with a sequence of messages")
    return sender


def _is_coroutine_function(sender: AnySender) -> bool:
    # Functions, partials of them, and objects whose `__call__` is one.
    inner = sender
    while isinstance(inner, partial):
        inner = inner.func
    return iscoroutinefunction(inner) or iscoroutinefunction(type(inner).__call__)


def _line(value: object, longest: int) -> str | None:
    """Return what a vendor said as a line that can be stored.

    It isn't refused: what has been sent would be in doubt for the sake of its name.
    """
    if value is None:
        return None
    if type(value) is str and len(value) <= longest and value.isprintable() and " " not in value:
        return value or None
    text = str(value)[: 2 * longest]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())[:longest] or None
