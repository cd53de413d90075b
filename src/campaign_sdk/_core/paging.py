"""Reading everything there is, page by page, without losing a row to a server's limit.

PostgREST cuts a result at its max-rows with HTTP 200 and no sign of it. So each page
begins after the key of the last row seen, and only an empty page is the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

from campaign_sdk._core.errors import InvalidInput, ProtocolError
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.flight import Flight
from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Blocking, Page, PagedSteps, Request, Resource, Steps

PAGE = 1_000

M = TypeVar("M", bound=Model)
S = TypeVar("S")
T = TypeVar("T")


def table_pages(
    select: Callable[[], Any], model: type[M], page_size: int = PAGE, *, key: str = "id"
) -> PagedSteps[M]:
    """Yield the rows of a table in the order of their ids.

    Args:
        select: builds the query anew for each page, without order and limit.
        model: what a row is read as.
        page_size: rows in one request.
        key: the column that is unique, and orders them.
    """
    size = check_page_size(page_size)
    query = select()
    seen = Seen()
    while True:
        rows = rows_of((yield query.order(key).limit(size)))
        if not rows:
            return
        last = seen.after([row.get(key) for row in rows])
        yield Page([model.from_row(row) for row in rows])
        query = select().gt(key, last)


def function_pages(
    resource: Resource[Any],
    function: str,
    arguments: dict[str, Any],
    model: type[M],
    page_size: int = PAGE,
) -> PagedSteps[M]:
    """Yield the rows of a SQL function that pages by key itself, with `after` and `page`."""
    arguments = {**arguments, "page": check_page_size(page_size)}
    seen = Seen()
    while True:
        rows = rows_of((yield resource._rpc(function, arguments, kind="read")))
        if not rows:
            return
        last = seen.after([row.get("id") for row in rows])
        yield Page([model.from_row(row) for row in rows])
        arguments = {**arguments, "after": last}


class Seen:
    """The keys at which pages ended: a cache that ignores them would answer for ever."""

    def __init__(self) -> None:
        self._ends: set[str | int] = set()

    def after(self, keys: Sequence[Any]) -> Any:
        """Return the key with which a page ends, after which the next one begins.

        Args:
            keys: those of the page's rows.

        Raises:
            ProtocolError: one is none, or comes twice, or a page ended there before.
        """
        if not all(isinstance(key, str | int) for key in keys) or len(set(keys)) < len(keys):
            raise ProtocolError("the server's page makes no sense: the listing is incomplete")
        if keys[-1] in self._ends:
            raise ProtocolError("the server's pages don't go on: the listing is incomplete")
        self._ends.add(keys[-1])
        return keys[-1]


def map_pages(
    function: Callable[[Sequence[S]], Sequence[T]], steps: PagedSteps[S]
) -> PagedSteps[T]:
    """Yield what a function makes of each page."""
    answer: Any = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return
        answer = None
        if isinstance(step, Page):
            yield Page(function(step.items))
        else:
            answer = yield step


def collect(steps: PagedSteps[T]) -> Steps[list[T]]:
    """Carry out all pages within an operation, and return their items."""
    items: list[T] = []
    answer: Any = None
    with closing(steps):
        while True:
            page, request = _advance(steps, answer)
            items += page
            if request is None:
                return items
            answer = yield request


def each_page(
    resource: Resource[Any],
    steps: PagedSteps[T],
    take: Callable[[Sequence[T]], object],
    limit: int | None = None,
) -> Steps[None]:
    """Carry out pages within an operation, and hand over each while the next one is read.

    Args:
        resource: whose operation it is.
        steps: the pages.
        take: takes the items of each, not in the thread of an event loop.
        limit: how many items at most.
    """
    left = limit
    answers: list[Any] = []
    with closing(steps), Flight(resource) as flight:
        page, request = _advance(steps, None)
        while True:
            page = page[:left]
            left = None if left is None else left - len(page)
            goes_on = request is not None and left != 0
            if request is not None and goes_on:
                yield from flight.send(request, answers.append)
            if page:
                yield Blocking(partial(take, page))
            if not goes_on:
                return
            yield from flight.land()
            page, request = _advance(steps, answers.pop())


def _advance(steps: PagedSteps[T], answer: Any) -> tuple[Sequence[T], Request | None]:
    """Return the items that come now, and what is asked for next; `None` at the end."""
    items: list[T] = []
    try:
        step = steps.send(answer)
        while isinstance(step, Page):
            items += step.items
            step = steps.send(None)
    except StopIteration:
        return items, None
    return items, step


def check_page_size(size: int) -> int:
    """Return a page size between 1 and 10,000, or raise `InvalidInput`."""
    if not 1 <= size <= 10_000:
        raise InvalidInput("page_size", "must lie between 1 and 10,000")
    return size
