"""Tasks that are cancelled while they use a connection: httpcore must not lose it.

It gives a connection up in an orderly way when it is cancelled where it waits for something. But
at a mere checkpoint, where anyio lets other tasks run, it can be cancelled between two halves of
a change: then the pool counts a connection that nobody has, and a few of them are all there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class ToTheEnd(Generic[T]):
    """What is awaited, a cancellation notwithstanding; that comes after it."""

    def __init__(self, awaited: Awaitable[T]) -> None:
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._awaited.__await__()
        is_cancelled = False
        while True:
            try:
                step = next(steps)
            except StopIteration as done:
                result: T = done.value
                break
            is_cancelled = (yield from _passed(step)) or is_cancelled
        if is_cancelled:
            _cancel_again()
        return result


class Steady(ToTheEnd[T]):
    """What is awaited, and cancelled only where it waits for something."""

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._awaited.__await__()
        cancelled: asyncio.CancelledError | None = None
        try:
            step = next(steps)
            while True:
                try:
                    if step is not None and cancelled is not None:
                        raise cancelled
                    yield step
                except asyncio.CancelledError as error:
                    cancelled = error if step is None else None
                    step = next(steps) if step is None else steps.throw(error)
                except GeneratorExit:
                    steps.close()
                    raise
                except BaseException as error:
                    # What became of the future that was waited for.
                    step = steps.throw(error)
                else:
                    step = next(steps)
        except StopIteration as done:
            if cancelled is not None:
                _cancel_again()
            result: T = done.value
            return result


def _passed(step: Any) -> Generator[Any, Any, bool]:
    """Wait for one step, whatever it becomes; return whether the task was cancelled meanwhile."""
    is_cancelled = False
    while True:
        try:
            # A future would be cancelled with the task that waits for it.
            yield from (_checkpoint() if step is None else asyncio.shield(step).__await__())
        except asyncio.CancelledError:
            is_cancelled = is_cancelled or not (step is not None and step.cancelled())
        except Exception:  # it is told to whoever awaits the step itself
            return is_cancelled
        if step is None or step.done():
            return is_cancelled


def _checkpoint() -> Generator[None, None, None]:
    yield


def _cancel_again() -> None:
    """Have the next thing that is awaited cancelled, in the place of one that has gone on."""
    task = asyncio.current_task()
    if task is not None:
        # Who counts cancellations, as a timeout does, has counted this one.
        task.uncancel()
        task.cancel()
