"""Ctrl-C for what should end in order: asked first, and insisted on soon after."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Self

# With a little time for what has to be noted then, it is all over within two seconds.
PATIENCE = 1.0


@dataclass
class Account:
    """What is done so far, in words, for whoever presses Ctrl-C."""

    done: str = ""


@contextmanager
def going_on(how: str) -> Iterator[Account]:
    """Let Ctrl-C say what is done, and how to go on."""
    account = Account()
    try:
        yield account
    except KeyboardInterrupt:
        told = f"{account.done}; {how}" if account.done else how
        raise KeyboardInterrupt(told) from None


class Interruption:
    """Takes Ctrl-C as a wish; the second one, or a second later, it is `KeyboardInterrupt`.

    Attributes:
        asked: whether somebody has pressed it.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.asked = False
        self._over = False
        self._timer = threading.Timer(patience, self._insist)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._timer.cancel()
        signal.signal(signal.SIGINT, self._before)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        if self._over:
            return
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._timer.start()

    def _insist(self) -> None:
        if hasattr(signal, "pthread_kill"):
            # Only a signal to the thread itself wakes it from waiting for an answer.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        else:
            _thread.interrupt_main()


def is_interruption(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind it: where classes are made Python turns it into another error."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False
