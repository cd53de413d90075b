"""The one place where the errors of openai, and of httpx2 below it, become ours."""

from __future__ import annotations

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


# openai lets these through: JSON that is cut, or nested too deep.
_NONSENSE = JSONDecodeError | RecursionError


def from_openai(error: Exception) -> DraftingError | None:
    """Return what an error of openai or httpx2 means, or `None` if it is neither's."""
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return DraftingError("the model gave no whole answer before the deadline", reason="timeout")
    if isinstance(error, openai.APIStatusError):
        return _from_status(error)
    if isinstance(error, openai.APIConnectionError | httpx2.TransportError):
        return DraftingError(f"the model can't be reached ({_cause(error)})", reason="unavailable")
    if isinstance(error, openai.OpenAIError | httpx2.HTTPError | httpx2.InvalidURL | _NONSENSE):
        reason = named_failure(_code(error), "invalid")
        return DraftingError("the model's answer makes no sense", reason=reason, code=_code(error))
    return None


def _from_status(error: openai.APIStatusError) -> DraftingError:
    status = error.status_code
    default: tuple[DraftingReason, str] = (
        ("unavailable", f"the model isn't available ({status})")
        if status >= 500
        else ("unsupported", f"the server doesn't take the request ({status})")
    )
    reason, message = _STATUSES.get(status, default)
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
    return next((name for name in names if isinstance(name, str)), None)


def _cause(error: Exception) -> str:
    return type(error.__cause__ or error).__name__
