"""Reading everything there is, page by page, without losing a row to a server's limit.

PostgREST cuts a result at its max-rows with HTTP 200 and no sign of it. So each page
begins after the key of the last row seen, and only an empty page is the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from campaign_sdk._core.errors import InvalidInput, ProtocolError
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Page, PagedSteps, Resource, Steps

PAGE = 1_000

M = TypeVar("M", bound=Model)
S = TypeVar("S")
T = TypeVar("T")


def table_pages(select: Callable[[], Any], model: type[M], page_size: int = PAGE) -> PagedSteps[M]:
    """Yield the rows of a table in the order of their ids.

    Args:
        select: builds the query anew for each page, without order and limit.
        model: what a row is read as.
        page_size: rows in one request.
    """
    size = check_page_size(page_size)
    query = select()
    last = None
    while True:
        rows = rows_of((yield query.order("id").limit(size)))
        if not rows:
            return
        yield Page([model.from_row(row) for row in rows])
        last = _next(rows, last)
        query = select().gt("id", last)


def function_pages(
    resource: Resource[Any],
    function: str,
    arguments: dict[str, Any],
    model: type[M],
    page_size: int = PAGE,
) -> PagedSteps[M]:
    """Yield the rows of a SQL function that pages by key itself, with `after` and `page`."""
    arguments = {**arguments, "page": check_page_size(page_size)}
    last = None
    while True:
        rows = rows_of((yield resource._rpc(function, arguments, kind="read")))
        if not rows:
            return
        yield Page([model.from_row(row) for row in rows])
        last = _next(rows, last)
        arguments = {**arguments, "after": last}


def _next(rows: Sequence[dict[str, Any]], last: Any) -> Any:
    """Return the key after which the next page begins."""
    key = rows[-1].get("id")
    # A cache in between that ignores the key would answer with one page for ever.
    if key is None or key == last:
        raise ProtocolError("the server's pages don't go on: the listing is incomplete")
    return key


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
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return items
        answer = None
        if isinstance(step, Page):
            items.extend(step.items)
        else:
            answer = yield step


def check_page_size(size: int) -> int:
    """Return a page size between 1 and 10,000, or raise `InvalidInput`."""
    if not 1 <= size <= 10_000:
        raise InvalidInput("page_size", "must lie between 1 and 10,000")
    return size
