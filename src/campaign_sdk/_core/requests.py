"""What a body asks for, and how far it has come: values, of which nothing is sent yet."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Literal, Protocol, TypeVar, cast

from campaign_sdk._core.errors import ProtocolError, Unavailable
from campaign_sdk._core.exchange import REPLAYABLE
from campaign_sdk._core.failures import Reading

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Kind = Literal["read", "keyed", "write"]


class Request(Protocol):
    """Something that can be sent once: a builder of supabase-py, or a `Call`."""

    def execute(self) -> Any:
        """Send it; in the asynchronous mode, return what is to be awaited."""


@dataclass(frozen=True)
class Call:
    """An un-run call, for what isn't a builder of supabase-py.

    Attributes:
        function: makes the call.
        failures: reads the errors of the library that is called, if that isn't one of
            those beneath every request.
        kind: whether it changes something.
    """

    function: Callable[[], Any]
    failures: Reading | None = None
    kind: Kind = "read"

    def execute(self) -> Any:
        """Make the call."""
        return self.function()


class Written:
    """What sends the one request of a builder, with a body that is JSON already."""

    def __init__(self, session: Any, body: bytes) -> None:
        self._session = session
        self._body = body

    def request(self, method: str, url: str, **given: Any) -> Any:
        """Send it; in the asynchronous mode, return what is to be awaited."""
        return self._session.request(method, url, **{**given, "content": self._body})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


@dataclass(frozen=True)
class Blocking:
    """A call that waits for something else than the server, in a thread if need be."""

    function: Callable[[], Any]

    def execute(self) -> Any:
        """Make the call."""
        return self.function()


@dataclass(frozen=True)
class Opened:
    """A context that a body of `pages` enters; it is left when the iteration ends.

    It is entered in the mode of the resource, so it must be a context manager of that kind.
    """

    context: Any


@dataclass(frozen=True)
class Page(Generic[T_co]):
    """A part of a longer answer; a body of `pages` yields these between its requests."""

    items: Sequence[T_co]


Steps = Generator[Request, Any, T]
PagedSteps = Generator[Request | Page[T], Any, None]
LastingSteps = Generator[Request | Opened | Page[T], Any, None]
Body = Generator[Any, Any, Any]


def apart(function: Callable[[], T]) -> Steps[T]:
    """Call what may take its time, and is somebody else's: not in the thread of an event loop.

    What it raises is theirs, and comes out as it is.
    """
    done: Future[T] = yield Blocking(partial(_attempt, function))
    return done.result()


def _attempt(function: Callable[[], T]) -> Future[T]:
    done: Future[T] = Future()
    try:
        done.set_result(function())
    except Exception as error:
        done.set_exception(error)
    return done


def keyed(query: Any) -> Any:
    """Return a write that may be sent again: the same again changes nothing."""
    query.request.headers[REPLAYABLE] = "keyed"
    return query


class Course:
    """A body on its way: what it asks for next, and whether it has changed something."""

    def __init__(self, steps: Body) -> None:
        self._steps = steps
        self._is_writing = self._has_written = False

    def advance(self, answer: Any, error: Exception | None) -> Any:
        """Hand over an answer or an error; return the next step."""
        self._has_written = self._has_written or (self._is_writing and error is None)
        try:
            step = self._steps.throw(error) if error else self._steps.send(answer)
        except (Unavailable, ProtocolError) as failed:
            # The request that failed may have been a read: what came before it wasn't undone.
            failed.maybe_applied = failed.maybe_applied or self._has_written
            raise
        self._is_writing = kind_of(step) != "read"
        return step


def kind_of(step: Any) -> Kind:
    """Return whether a request changes something, and whether it may be sent again."""
    if isinstance(step, Call):
        return step.kind
    request = getattr(step, "request", None)
    if request is None or request.http_method in ("GET", "HEAD"):
        return "read"
    return cast("Kind", request.headers.get(REPLAYABLE, "write"))
