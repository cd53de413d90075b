"""The one place where the errors of the layers below become ours."""

from __future__ import annotations

from collections.abc import Callable
from json import JSONDecodeError
from typing import Any

import httpx
from postgrest import APIResponse
from postgrest.exceptions import APIError
from pydantic import ValidationError
from supabase_auth.errors import AuthError

from campaign_sdk._core.errors import CampaignError, ProtocolError, TimedOut, Unavailable
from campaign_sdk._core.failures.auth import from_auth
from campaign_sdk._core.failures.database import from_database

Reading = Callable[[Exception], CampaignError | None]

_PROJECT = "is the URL that of a Supabase project?"


def translate(error: Exception, read: Reading | None = None) -> Exception:
    """Turn an error of a layer below into ours, with the original as its cause.

    What isn't known is returned as it is: a bug must stay visible.

    Args:
        error: what was raised.
        read: knows the errors of one more library than those beneath every request;
            returns `None` for those that it doesn't know.
    """
    translated = (read(error) if read else None) or _translated(error)
    if translated is None:
        return error
    translated.__cause__ = _without_data(error)
    return translated


def _without_data(error: Exception) -> Exception | None:
    """Return an error as a traceback may print it: servers and parsers quote what they got."""
    if isinstance(error, ValueError):
        return None
    if isinstance(error, AuthError):
        error.message = error.name
        error.args = (error.name, error.code)
    if isinstance(error, APIError | AuthError):
        error.__cause__ = None
    return error


def checked(response: Any) -> Any:
    """Return a response, or raise `ProtocolError` if its body isn't what it should be.

    postgrest hands a body that it can't parse on as text instead of failing; none of
    our tables and functions answers with a bare text, and a table always with rows.
    """
    data = getattr(response, "data", None)
    if isinstance(data, str) or (type(response) is APIResponse and not _is_rows(data)):
        raise ProtocolError("the server's answer isn't the JSON that it claims to be")
    return response


def unreadable(error: Exception) -> CampaignError | None:
    """Read what parsers raise of an answer: bytes that are no UTF-8, numbers without an end."""
    if isinstance(error, ValueError | OverflowError):
        return ProtocolError(f"the server's answer makes no sense; {_PROJECT}")
    return None


def rows_of(response: Any) -> list[dict[str, Any]]:
    """Return the rows of a response, or raise `ProtocolError` if it has something else."""
    if not _is_rows(response.data):
        raise ProtocolError("the server's answer isn't the rows that were asked for")
    rows: list[dict[str, Any]] = response.data
    return rows


def row_of(response: Any) -> dict[str, Any]:
    """Return the one row of a response that always has one, or raise `ProtocolError`."""
    rows = rows_of(response)
    if not rows:
        raise ProtocolError("the server's answer lacks the row that was asked for")
    return rows[0]


def count_of(response: Any) -> int:
    """Return the count that a response was asked for, or raise `ProtocolError`."""
    count = response.count
    if not isinstance(count, int) or count < len(response.data or ()):
        raise ProtocolError("the server's answer holds no count")
    return count


def all_rows_of(response: Any) -> list[dict[str, Any]]:
    """Return the rows of a response that was asked to count them, or raise `ProtocolError`.

    For what is short enough for one answer, unless the server's limit is lower.
    """
    rows, count = rows_of(response), count_of(response)
    if len(rows) < count:
        raise ProtocolError(
            f"the server answers with {len(rows)} of {count} rows: raise Max rows "
            "(Project Settings, Data API)"
        )
    return rows


def _is_rows(data: object) -> bool:
    return isinstance(data, list) and all(isinstance(row, dict) for row in data)


# Of an answer; one that is nested too deep is a RecursionError.
_NONSENSE = (ValidationError, JSONDecodeError, RecursionError, httpx.DecodingError)


def _translated(error: Exception) -> CampaignError | None:
    if isinstance(error, APIError):
        return from_database(error)
    if isinstance(error, AuthError):
        return from_auth(error)
    if isinstance(error, httpx.TimeoutException):
        return TimedOut("there was no whole answer before the deadline")
    if isinstance(error, httpx.TransportError):
        return Unavailable(f"the server can't be reached ({type(error).__name__})")
    if isinstance(error, _NONSENSE):
        return ProtocolError(f"the server's answer makes no sense; {_PROJECT}")
    return None
