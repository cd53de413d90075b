"""The one place where the errors of openai, and of httpx2 below it, become ours."""

from __future__ import annotations

import re
from json import JSONDecodeError

import httpx2
import openai

from campaign_sdk._core.errors import DraftingError, DraftingReason
from campaign_sdk._core.exchange import retry_after

from ._dialects import named_failure

# What the statuses mean for whoever asked for a draft; 5xx are "unavailable".
_STATUSES: dict[int, tuple[DraftingReason, str]] = {
    401: ("denied", "the server refuses the key: check OPENAI_API_KEY"),
    402: ("quota", "the account's quota is used up"),
    403: ("denied", "the key may not use this model"),
    404: (
        "unsupported",
        "the server doesn't know this model or this API: check OPENAI_MODEL, or set api='chat' "
        "for a server that only has chat completions",
    ),
    408: ("timeout", "the server gave up waiting"),
    429: ("rate_limited", "too many requests to the language model"),
}


# What the project's own function answers.
_OF_SERVER: dict[int, tuple[DraftingReason, str]] = {
    401: ("denied", "the function draft doesn't know this session: sign in again"),
    404: (
        "unsupported",
        "the project has no function draft: deploy it with `campaign functions deploy`",
    ),
    413: ("unsupported", "the request is too large for the function draft"),
    501: ("denied", "the function draft has no OPENAI_API_KEY among its secrets"),
}
_OF_BUDGET: tuple[DraftingReason, str] = (
    "budget",
    "today's budget for drafting is used up; it begins anew at midnight, UTC",
)
_NAMED_BY_SERVER: dict[str | None, tuple[DraftingReason, str]] = {
    "draft_budget_exceeded": _OF_BUDGET,
    "draft_key_refused": ("denied", "the OPENAI_API_KEY of the function draft is refused"),
    "draft_model_refused": ("unsupported", "the function draft doesn't allow this model"),
}


# openai lets these through: JSON that is cut, or nested too deep, and texts that aren't of the
# encoding that they claim to be.
_NONSENSE = JSONDecodeError | UnicodeError | RecursionError
_CODE = re.compile("[a-z][a-z0-9_.]{0,60}")


def from_openai(error: Exception, *, by_server: bool = False) -> DraftingError | None:
    """Return what an error of openai or httpx2 means, or `None` if it is neither's."""
    found = _named(error, by_server=by_server)
    if isinstance(error, openai.APIError):
        # A traceback prints it as well, and the server's words may quote anything.
        error.args = (type(error).__name__,)
        error.__cause__ = error.__context__ = None
    return found


def _named(error: Exception, *, by_server: bool) -> DraftingError | None:
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return DraftingError("the model gave no whole answer before the deadline", reason="timeout")
    if isinstance(error, openai.APIStatusError):
        return _from_status(error, by_server=by_server)
    if isinstance(error, openai.APIConnectionError | httpx2.TransportError):
        return DraftingError(f"the model can't be reached ({_cause(error)})", reason="unavailable")
    if isinstance(error, openai.OpenAIError | httpx2.HTTPError | httpx2.InvalidURL | _NONSENSE):
        reason = named_failure(_code(error), "invalid")
        return DraftingError("the model's answer makes no sense", reason=reason, code=_code(error))
    return None


def _from_status(error: openai.APIStatusError, *, by_server: bool) -> DraftingError:
    status = error.status_code
    statuses = {**_STATUSES, **_OF_SERVER} if by_server else _STATUSES
    default: tuple[DraftingReason, str] = (
        ("unavailable", f"the model isn't available ({status})")
        if status >= 500
        else ("unsupported", f"the server doesn't take the request ({status})")
    )
    reason, message = statuses.get(status, default)
    if by_server and (said := _NAMED_BY_SERVER.get(_code(error))):
        reason, message = said
    named = named_failure(_code(error), reason)
    if named != reason:
        message = f"the server refused the request ({_code(error)})"
    return DraftingError(
        message,
        reason=named,
        status=status,
        retry_after=retry_after(error.response.headers.get("retry-after", "")),
        code=_code(error),
    )


def _code(error: Exception) -> str | None:
    names = (getattr(error, name, None) for name in ("code", "type"))
    return next((name for name in names if isinstance(name, str) and _CODE.fullmatch(name)), None)


def _cause(error: Exception) -> str:
    return type(error.__cause__ or error).__name__
