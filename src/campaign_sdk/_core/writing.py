"""Writes that aren't in doubt: sent again after a lost answer, they are still one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from campaign_sdk._core.errors import ProtocolError, TimedOut, Unavailable
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.operation import Request, Resource, Steps, keyed


def new_request_id() -> str:
    """Return what makes a request one of a kind, however often it is sent."""
    return str(uuid4())


def create_row(resource: Resource[Any], table: str, row: Mapping[str, Any]) -> Steps[Any]:
    """Store a new row of a table that has a `request_id`, and return it.

    Raises:
        ProtocolError: the server says that it is stored, and doesn't have it.
    """
    key = new_request_id()
    insert = resource._db.from_(table).upsert(
        {**row, "request_id": key}, on_conflict="user_id,request_id", ignore_duplicates=True
    )
    rows = rows_of((yield keyed(insert)))
    if not rows:
        # It was stored before this, and the answer to that was lost.
        rows = rows_of((yield resource._db.from_(table).select("*").eq("request_id", key)))
    if not rows:
        raise ProtocolError("the server doesn't have what it says it has stored")
    return rows[0]


def delete_rows(delete: Callable[[], Any]) -> Steps[list[dict[str, Any]] | None]:
    """Delete what a query finds, and return it.

    Returns:
        `None` if it is gone and nobody knows what it was: the answer was lost.
    """
    try:
        return rows_of((yield delete()))
    except Unavailable as failed:
        if isinstance(failed, TimedOut) or not failed.maybe_applied:
            raise
    again: Request = keyed(delete())
    return rows_of((yield again)) or None
