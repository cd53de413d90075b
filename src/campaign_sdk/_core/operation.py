"""One body per operation, for the synchronous and the asynchronous client alike.

A body is a generator: it yields requests that nobody has sent yet (supabase-py's
builders are such values) and receives their responses. `run` executes them, `arun`
awaits them, and the descriptors `operation` and `pages` choose between the two by the
resource's mode, so that users see exact types in both.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import AsyncExitStack, ExitStack, closing
from types import MethodType
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    TypeVar,
    cast,
    overload,
)

from httpx import QueryParams
from postgrest.types import CountMethod

from campaign_sdk._core.errors import ProtocolError
from campaign_sdk._core.exchange import REPLAYABLE
from campaign_sdk._core.failures import checked, translate, unreadable
from campaign_sdk._core.methods import method
from campaign_sdk._core.requests import (
    Blocking,
    Call,
    Course,
    Kind,
    LastingSteps,
    Opened,
    Page,
    PagedSteps,
    Request,
    Steps,
    Written,
    keyed,
    kind_of,
)

if TYPE_CHECKING:
    from supabase import Client as SupabaseClient

    from campaign_sdk._core.connection import Connection

__all__ = [
    "Async",
    "Blocking",
    "Call",
    "Kind",
    "LastingSteps",
    "Mode",
    "Opened",
    "Page",
    "PagedSteps",
    "Request",
    "Resource",
    "Steps",
    "Sync",
    "aiterate",
    "arun",
    "iterate",
    "keyed",
    "kind_of",
    "operation",
    "pages",
    "run",
]

P = ParamSpec("P")
T = TypeVar("T")


class Sync:
    """The mode of a resource whose operations return their result."""


class Async:
    """The mode of a resource whose operations are awaited."""


Mode = TypeVar("Mode", Sync, Async)


class Resource(Generic[Mode]):
    """A noun of the API: operations on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.is_async = connection.is_async

    @property
    def _db(self) -> SupabaseClient:
        # An asynchronous builder is the same value until it is executed; the parity
        # test in tests/core/test_operation.py holds this cast to that.
        return cast("SupabaseClient", self._connection.supabase)

    def _rpc(
        self,
        function: str,
        arguments: dict[str, Any] | bytes,
        *,
        kind: Kind = "write",
        columns: str | None = None,
        counted: bool = False,
    ) -> Request:
        """Build a call of a SQL function.

        A `read`, and a write that is `keyed` (the same again changes nothing), may be
        sent again when the answer is lost. Of its answer, all columns come unless some
        are named; `counted`, it says how many rows there are besides those that came.
        Arguments that are bytes are JSON already.
        """
        count = CountMethod.exact if counted else None
        if isinstance(arguments, bytes):
            request = self._db.rpc(function, {}, count=count)
            request.request.session = Written(request.request.session, arguments)
        else:
            request = self._db.rpc(function, arguments, count=count)
        if columns is not None:
            request.request.params = _select(columns)
        request.request.headers[REPLAYABLE] = kind
        return request


@functools.cache
def _select(columns: str) -> QueryParams:
    return QueryParams({"select": columns})


def run(steps: Steps[T]) -> T:
    """Carry out a body, one request after the other, and return its result."""
    answer: Any = None
    error: Exception | None = None
    course = Course(steps)
    with closing(steps):
        while True:
            try:
                step = course.advance(answer, error)
            except StopIteration as done:
                result: T = done.value
                return result
            answer, error = _execute(step)


async def arun(steps: Steps[T]) -> T:
    """Carry out a body without blocking, and return its result."""
    answer: Any = None
    error: Exception | None = None
    course = Course(steps)
    with closing(steps):
        while True:
            try:
                step = course.advance(answer, error)
            except StopIteration as done:
                result: T = done.value
                return result
            answer, error = await _aexecute(step)


def iterate(steps: LastingSteps[T]) -> Generator[T, None, None]:
    """Carry out a body of pages, yielding the items of each as it comes."""
    answer: Any = None
    error: Exception | None = None
    course = Course(steps)
    with closing(steps), ExitStack() as contexts:
        while True:
            try:
                step = course.advance(answer, error)
            except StopIteration:
                return
            answer, error = None, None
            if isinstance(step, Page):
                yield from step.items
            elif isinstance(step, Opened):
                answer = contexts.enter_context(step.context)
            else:
                answer, error = _execute(step)


async def aiterate(steps: LastingSteps[T]) -> AsyncGenerator[T, None]:
    """Carry out a body of pages without blocking, yielding the items of each."""
    answer: Any = None
    error: Exception | None = None
    course = Course(steps)
    async with AsyncExitStack() as contexts:
        contexts.enter_context(closing(steps))
        while True:
            try:
                step = course.advance(answer, error)
            except StopIteration:
                return
            answer, error = None, None
            if isinstance(step, Page):
                for item in step.items:
                    yield item
            elif isinstance(step, Opened):
                answer = await contexts.enter_async_context(step.context)
            else:
                answer, error = await _aexecute(step)


def _execute(step: Request) -> tuple[Any, Exception | None]:
    try:
        return checked(step.execute()), None
    except Exception as error:
        return None, _translated(error, step)


async def _aexecute(step: Request) -> tuple[Any, Exception | None]:
    try:
        if isinstance(step, Blocking):
            return await asyncio.to_thread(step.execute), None
        answer = step.execute()
        # An operation may take a step that needs no server in either mode.
        return checked(await answer if inspect.isawaitable(answer) else answer), None
    except Exception as error:
        return None, _translated(error, step)


def _translated(error: Exception, step: Request) -> Exception:
    # What a builder raises, it raises of an answer; a call may run somebody else's code.
    known = getattr(step, "failures", None if isinstance(step, Call | Blocking) else unreadable)
    named = translate(error, known)
    if isinstance(named, ProtocolError) and named.code is None and kind_of(step) != "read":
        # A success that can't be read. A refusal would have a code.
        named.maybe_applied = True
    return named


class operation(Generic[P, T]):  # noqa: N801 - used as a decorator
    """Makes a body an operation: called on a resource, it runs in the resource's mode."""

    def __init__(self, body: Callable[Concatenate[Any, P], Steps[T]]) -> None:
        self.body = body
        self.__doc__ = body.__doc__
        self._methods = {
            False: method(body, run, "{}"),
            True: method(body, arun, "Awaitable[{}]"),
        }

    @overload
    def __get__(self, resource: None, owner: type[Any]) -> Callable[Concatenate[Any, P], T]: ...
    @overload
    def __get__(self, resource: Resource[Sync], owner: type[Any]) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, resource: Resource[Async], owner: type[Any]
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: Resource[Any] | None, owner: type[Any]) -> Any:
        if resource is None:
            # Of the class: what `help` shows.
            return self._methods[False]
        return MethodType(self._methods[resource.is_async], resource)


class pages(Generic[P, T]):  # noqa: N801 - used as a decorator
    """Makes a body of pages an operation that returns an iterator in the resource's mode."""

    def __init__(self, body: Callable[Concatenate[Any, P], LastingSteps[T]]) -> None:
        self.body = body
        self.__doc__ = body.__doc__
        self._methods = {
            False: method(body, iterate, "Iterator[{}]"),
            True: method(body, aiterate, "AsyncIterator[{}]"),
        }

    @overload
    def __get__(
        self, resource: None, owner: type[Any]
    ) -> Callable[Concatenate[Any, P], Generator[T, None, None]]: ...
    @overload
    def __get__(
        self, resource: Resource[Sync], owner: type[Any]
    ) -> Callable[P, Generator[T, None, None]]: ...
    @overload
    def __get__(
        self, resource: Resource[Async], owner: type[Any]
    ) -> Callable[P, AsyncGenerator[T, None]]: ...
    def __get__(self, resource: Resource[Any] | None, owner: type[Any]) -> Any:
        if resource is None:
            return self._methods[False]
        return MethodType(self._methods[resource.is_async], resource)
