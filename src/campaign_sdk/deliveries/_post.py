"""One call of a sender, whatever comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from campaign_sdk.senders import AnySender, Message, NotSent, async_sender, sync_sender


@dataclass(frozen=True)
class Answer:
    """What came of a call.

    Attributes:
        receipts: what the sender returned.
        not_sent: it says that nothing left.
        error: it raised something else, so everything is in doubt.
        interruption: Ctrl-C, or the end of the task, came in between.
    """

    receipts: Any = None
    not_sent: NotSent | None = None
    error: Exception | None = None
    interruption: BaseException | None = None


def poster(sender: AnySender, *, is_async: bool) -> Callable[[Sequence[Message]], Any]:
    """Return a call of the sender that raises nothing: its answer has to be noted first.

    Raises:
        InvalidInput: the sender can't be called in this mode.
    """
    return _async_poster(sender) if is_async else _sync_poster(sender)


def _sync_poster(sender: AnySender) -> Callable[[Sequence[Message]], Answer]:
    call = sync_sender(sender)

    def post(messages: Sequence[Message]) -> Answer:
        try:
            return Answer(receipts=call(messages))
        except NotSent as error:
            return Answer(not_sent=error)
        except Exception as error:
            return Answer(error=error)
        except (KeyboardInterrupt, SystemExit) as interruption:
            return Answer(interruption=interruption)

    return post


def _async_poster(sender: AnySender) -> Callable[[Sequence[Message]], Any]:
    call = async_sender(sender)

    async def post(messages: Sequence[Message]) -> Answer:
        try:
            return Answer(receipts=await call(messages))
        except NotSent as error:
            return Answer(not_sent=error)
        except Exception as error:
            return Answer(error=error)
        except asyncio.CancelledError as interruption:
            return Answer(interruption=interruption)

    return post
