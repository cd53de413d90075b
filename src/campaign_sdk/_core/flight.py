"""A few requests on their way at a time; their answers are taken in the order of sending."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable, Set
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from campaign_sdk._core.failures import unreadable
from campaign_sdk._core.operation import Call, Kind, Request, Resource, Steps, kind_of

# Two cores are busy with them; more would only wait, and hold the server's connections.
MOST = 4
# So long an interruption waits for what is on its way, so that nothing lands behind its back.
PATIENCE = 2.0

_NO_KEYS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Flying:
    """A request that was sent.

    Attributes:
        answer: the future of its answer, in either mode.
        keys: what it is about.
        then: takes its answer.
        kind: whether it changes something.
    """

    answer: Future[Any] | asyncio.Future[Any]
    keys: Set[Any]
    then: Callable[[Any], object]
    kind: Kind

    def wait(self) -> Any:
        """Return the answer; in the asynchronous mode, what is to be awaited."""
        return self.answer.result() if isinstance(self.answer, Future) else self.answer


class Flight:
    """Sends requests of an operation without waiting for each: `with Flight(resource) as flight`.

    At most four are on their way. Those about the same keys are never together, so what is
    sent later comes later. If one fails nothing more is sent, those beside it are waited for
    and accounted for, and then its error is raised.

    Args:
        resource: whose requests they are.
    """

    def __init__(self, resource: Resource[Any]) -> None:
        self._depart = _task if resource.is_async else _thread
        self._flying: deque[_Flying] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        threads = [each.answer for each in self._flying if isinstance(each.answer, Future)]
        for each in self._flying:
            if each.answer.cancel() or each.answer.cancelled() or isinstance(each.answer, Future):
                continue
            # Or asyncio complains that nobody has asked for it.
            each.answer.exception()
        wait_for(threads, PATIENCE)

    def send(
        self, request: Request, then: Callable[[Any], object], keys: Set[Any] = _NO_KEYS
    ) -> Steps[None]:
        """Send a request as soon as it may go; `then` takes its answer when its turn comes."""
        while self._is_full or any(not each.keys.isdisjoint(keys) for each in self._flying):
            yield from self._land()
        answer = yield Call(lambda: (self._depart(request),))
        self._flying.append(_Flying(answer[0], keys, then, kind_of(request)))

    def look(self) -> Steps[None]:
        """Take the answers that have come already."""
        while self._flying and self._flying[0].answer.done():
            yield from self._land()

    def read(self, request: Request) -> Steps[Any]:
        """Carry out what brings the next ones; if it fails, what is on its way counts."""
        yield from self.look()
        try:
            return (yield request)
        except Exception:
            yield from self.settle()
            raise

    def land(self) -> Steps[None]:
        """Wait for all that is on its way."""
        while self._flying:
            yield from self._land()

    def settle(self) -> Steps[None]:
        """Account for what is on its way beside something that failed: one failure is told."""
        while self._flying:
            with suppress(Exception):
                yield from self._next()

    @property
    def _is_full(self) -> bool:
        return len(self._flying) >= MOST

    def _land(self) -> Steps[None]:
        try:
            yield from self._next()
        except Exception:
            yield from self.settle()
            raise

    def _next(self) -> Steps[None]:
        first = self._flying[0]
        try:
            answer = yield Call(first.wait, unreadable, first.kind)
        except Exception:
            self._flying.popleft()
            raise
        self._flying.popleft()
        first.then(answer)


def _thread(request: Request) -> Future[Any]:
    future: Future[Any] = Future()
    run = partial(contextvars.copy_context().run, _answer, request, future)
    # A daemon: an interrupted program needn't wait for an answer that doesn't come.
    threading.Thread(target=run, name="campaign-flight", daemon=True).start()
    return future


def _answer(request: Request, future: Future[Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(request.execute())
    except BaseException as error:
        future.set_exception(error)


def _task(request: Request) -> asyncio.Future[Any]:
    task: asyncio.Future[Any] = asyncio.ensure_future(request.execute())
    return task
