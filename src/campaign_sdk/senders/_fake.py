"""A vendor that sends nothing: for demonstrations, trials and tests."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256

from campaign_sdk._core.errors import InvalidInput, Unavailable
from campaign_sdk.senders._message import Message, Receipt


class Fake:
    """Takes messages, refuses some for good, and remembers whose it has taken.

    Whom it refuses depends on seed and key alone, so that a run can be repeated; which
    requests go wrong depends on their order.

    Args:
        fail: the share of messages that are refused for good.
        seed: which ones.
        delay: how many seconds a request takes.
        error: the share of requests that it answers as a server in trouble does: it has taken
            nothing, and the caller can't know.
        cut: the share of requests whose answer is lost after all was taken.
        batch_size: how many messages it takes at once.
        honours_keys: whether it takes a key that it knows as the message that it has.

    Raises:
        InvalidInput: a share lies outside 0 to 1, or the delay is negative.

    Attributes:
        accepted: how often each key was taken: above 1, somebody got two.
    """

    accepted: Counter[str]

    def __init__(
        self,
        fail: float = 0.1,
        *,
        seed: int = 0,
        delay: float = 0.0,
        error: float = 0.0,
        cut: float = 0.0,
        batch_size: int = 100,
        honours_keys: bool = False,
    ) -> None:
        for name, share in (("fail", fail), ("error", error), ("cut", cut)):
            if not 0 <= share <= 1:
                raise InvalidInput(name, "must lie between 0 and 1")
        if not delay >= 0:
            raise InvalidInput("delay", "must not be negative")
        self.batch_size = batch_size
        self.honours_keys = honours_keys
        self.accepted = Counter()
        self._fail, self._error, self._cut = fail, error, cut
        self._delay = delay
        self._seed = seed
        self._luck = random.Random(seed)  # noqa: S311  # a game, not a secret
        self._lock = threading.Lock()
        self._reported = 0

    def __repr__(self) -> str:
        return f"<Fake, {self.accepted.total():,} taken>"

    def __call__(self, messages: Sequence[Message], /) -> list[Receipt]:
        """Take the messages, or refuse them.

        Raises:
            Unavailable: there was no answer, and they may have been taken.
        """
        time.sleep(self._delay)
        return self._take(messages)

    async def asend(self, messages: Sequence[Message], /) -> list[Receipt]:
        """Do the same in the asynchronous client."""
        await asyncio.sleep(self._delay)
        return self._take(messages)

    def receipts(self, size: int = 100) -> Iterator[list[dict[str, str]]]:
        """Yield what a vendor says later, in batches: each message that arrived, once."""
        with self._lock:
            arrived = list(self.accepted)[self._reported :]
            self._reported += len(arrived)
        for start in range(0, len(arrived), size):
            yield [
                {"key": key, "type": "delivered", "provider_id": self._name(key)}
                for key in arrived[start : start + size]
            ]

    def _take(self, messages: Sequence[Message]) -> list[Receipt]:
        with self._lock:
            luck = self._luck.random()
            if luck < self._error:
                raise Unavailable("the vendor answers 500", maybe_applied=True)
            receipts = [self._judge(message.key) for message in messages]
            if luck < self._error + self._cut:
                raise Unavailable("the vendor's answer is cut off", maybe_applied=True)
        return receipts

    def _judge(self, key: str) -> Receipt:
        if int(self._digest(key)[:8], 16) < self._fail * 16**8:
            return Receipt.failed(key, "550 no such mailbox")
        if not (self.honours_keys and key in self.accepted):
            self.accepted[key] += 1
        return Receipt.sent(key, self._name(key))

    def _name(self, key: str) -> str:
        return f"fake-{self._digest(key)[8:24]}"

    def _digest(self, key: str) -> str:
        return sha256(f"{self._seed}:{key}".encode()).hexdigest()
