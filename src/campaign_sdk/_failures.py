"""The one place where the errors of the layers below become ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from json import JSONDecodeError
from typing import Any

import httpx
from postgrest.exceptions import APIError
from pydantic import ValidationError
from supabase_auth import errors as auth

from campaign_sdk._errors import (
    AlreadyExists,
    CampaignError,
    Conflict,
    IllegalTransition,
    InvalidInput,
    InvalidRules,
    NotAuthenticated,
    NotFound,
    NotReady,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    SchemaMismatch,
    StaleState,
    TimedOut,
    Unavailable,
)

_SIGN_IN = "sign in first, for example with client.auth.sign_in_with_password(...)"
_MIGRATE = "apply the migrations of campaign_sdk to this project (supabase db push)"
_PROJECT = "is the URL that of a Supabase project?"


def translate(error: Exception) -> Exception:
    """Turn an error of a layer below into ours, with the original as its cause.

    What isn't known is returned as it is: a bug must stay visible.
    """
    translated = _translated(error)
    if translated is None:
        return error
    translated.__cause__ = error
    return translated


def checked(response: Any) -> Any:
    """Return a response, or raise `ProtocolError` if its body wasn't JSON.

    postgrest hands a body that it can't parse on as text instead of failing; none of
    our tables and functions answers with a bare text.
    """
    if isinstance(getattr(response, "data", None), str):
        raise ProtocolError("the server's answer isn't the JSON that it claims to be")
    return response


def _translated(error: Exception) -> CampaignError | None:
    if isinstance(error, APIError):
        return _from_database(error)
    if isinstance(error, auth.AuthError):
        return _from_auth(error)
    if isinstance(error, httpx.TimeoutException):
        return TimedOut("there was no whole answer before the deadline")
    if isinstance(error, httpx.TransportError):
        return Unavailable(f"the server can't be reached ({type(error).__name__})")
    if isinstance(error, ValidationError | JSONDecodeError | httpx.DecodingError):
        return ProtocolError(f"the server's answer makes no sense; {_PROJECT}")
    return None


# --- the database -----------------------------------------------------------------


def _illegal(error: APIError) -> CampaignError:
    return IllegalTransition(_message(error), code=error.code)


def _stale(error: APIError) -> CampaignError:
    return StaleState(_message(error), code=error.code)


def _rules(error: APIError) -> CampaignError:
    return InvalidRules(str(error.details or "$"), _message(error), code=error.code)


def _frozen(error: APIError) -> CampaignError:
    return Conflict(_message(error), code=error.code, hint=error.hint)


def _not_ready(error: APIError) -> CampaignError:
    return NotReady(
        f"the campaign can't be launched: {_message(error)}",
        code=error.code,
        hint=error.hint,
        details=error.details,
    )


def _not_found(error: APIError) -> CampaignError:
    return NotFound("there is no such thing, or it isn't yours", code=error.code)


def _exists(error: APIError) -> CampaignError:
    named = _constraint(error)
    _scrub(error)
    return AlreadyExists(f"there is one already ({named})", code=error.code)


def _link(error: APIError) -> CampaignError:
    in_use = "referenced from" in f"{error.details} {error.message}"
    named = _constraint(error)
    _scrub(error)
    if in_use:
        return Conflict(f"it is still in use ({named})", code=error.code)
    return NotFound(f"it points at something that isn't there or isn't yours ({named})")


def _check(error: APIError) -> CampaignError:
    constraint = _constraint(error)
    _scrub(error)
    path, reason = CONSTRAINTS.get(constraint, (constraint, "the database refuses this value"))
    return InvalidInput(path, reason, code=error.code)


def _parameter(error: APIError) -> CampaignError:
    path = str(error.details or "value")
    message = _message(error)
    return InvalidInput(path, message, code=error.code)


def _value(error: APIError) -> CampaignError:
    code = error.code
    _scrub(error)
    return InvalidInput("value", "the database can't store this value", code=code)


def _denied(error: APIError) -> CampaignError:
    return PermissionDenied("you may not do this", code=error.code, hint=_SIGN_IN)


def _signed_out(error: APIError) -> CampaignError:
    return NotAuthenticated(f"the session isn't valid; {_SIGN_IN}", code=error.code)


def _schema(error: APIError) -> CampaignError:
    return SchemaMismatch(f"{_message(error)}; {_MIGRATE}", code=error.code)


def _cancelled(error: APIError) -> CampaignError:
    return TimedOut("the database's statement timeout ended the query", code=error.code)


def _unavailable(error: APIError) -> CampaignError:
    return Unavailable(f"the database isn't available ({error.code})", code=error.code)


# SQLSTATE and PostgREST codes, or their prefixes; the longest that fits counts.
CODES: dict[str, Callable[[APIError], CampaignError]] = {
    "CMP01": _illegal,
    "CMP02": _stale,
    "CMP03": _rules,
    "CMP04": _frozen,
    "CMP05": _not_ready,
    "PT404": _not_found,
    "PGRST116": _not_found,
    "PGRST30": _signed_out,
    "PGRST00": _unavailable,
    "PGRST202": _schema,
    "PGRST204": _schema,
    "PGRST205": _schema,
    "42P01": _schema,
    "42883": _schema,
    "42703": _schema,
    "42501": _denied,
    "22023": _parameter,
    "22": _value,
    "23502": _check,
    "23503": _link,
    "23505": _exists,
    "23514": _check,
    "57014": _cancelled,
    "08": _unavailable,
    "40": _unavailable,
    "53": _unavailable,
    "55P03": _unavailable,
    "57": _unavailable,
}

# What a person can do about the constraints of our own tables.
CONSTRAINTS: dict[str, tuple[str, str]] = {
    "contacts_email_shape": ("email", "isn't an e-mail address"),
    "contacts_phone_length": ("phone", "must have 1 to 64 characters"),
    "contacts_attributes_object": ("attributes", "must be an object"),
    "contacts_attributes_size": ("attributes", "must not exceed 64 kB"),
    "audience_segments_name_length": ("name", "must have 1 to 200 characters"),
    "audience_segments_timezone_known": ("timezone", "isn't a known IANA time zone"),
    "campaigns_name_length": ("name", "must have 1 to 200 characters"),
    "campaigns_message_size": ("message", "must not exceed 100 kB"),
    "campaigns_timezone_known": ("timezone", "isn't a known IANA time zone"),
    "campaign_analytics_counts_positive": ("counts", "can't be negative"),
    "campaign_events_event_id_length": ("event_id", "must have 1 to 200 characters"),
    "campaign_events_type_known": ("type", "must be impression, click or conversion"),
    "campaign_events_value_finite": ("value", "must be a finite number"),
    "campaign_events_occurred_at_plausible": (
        "occurred_at",
        "must lie between the year 2000 and tomorrow",
    ),
}


def _from_database(error: APIError) -> CampaignError:
    code = error.code or ""
    for length in range(len(code), 1, -1):
        if code[:length] in CODES:
            return CODES[code[:length]](error)
    if not code:
        return ProtocolError(f"the server refused without saying why; {_PROJECT}")
    return CampaignError(_message(error), code=code, hint=error.hint)


def _message(error: APIError) -> str:
    return error.message or "refused"


def _constraint(error: APIError) -> str:
    named = re.search(r'(?:constraint|column) "(\w+)"', error.message or "")
    return named[1] if named else "value"


def _scrub(error: APIError) -> None:
    """Remove the row that PostgreSQL quotes: tracebacks print the cause as well."""
    error.details = None
    error._raw_error = {"code": error.code}
    if (error.code or "").startswith("22"):
        error.message = None
    error.args = (error.code,)


# --- auth -------------------------------------------------------------------------

_AUTH_MESSAGES: dict[str, Callable[[str], CampaignError]] = {
    "invalid_credentials": lambda code: NotAuthenticated(
        "the e-mail address or the password is wrong", code=code
    ),
    "email_not_confirmed": lambda code: NotAuthenticated(
        "the e-mail address isn't confirmed yet: follow the link in the mail", code=code
    ),
    "user_already_exists": lambda code: AlreadyExists(
        "there is an account with this e-mail address: sign in instead", code=code
    ),
    "email_exists": lambda code: AlreadyExists(
        "there is an account with this e-mail address", code=code
    ),
    "email_address_invalid": lambda code: InvalidInput(
        "email", "isn't an e-mail address that the server accepts", code=code
    ),
    "validation_failed": lambda code: InvalidInput(
        "credentials", "the server refuses the form of the e-mail address or password", code=code
    ),
    "signup_disabled": lambda code: PermissionDenied(
        "this project doesn't let people sign up", code=code
    ),
    "same_password": lambda code: InvalidInput("password", "must be a new one", code=code),
    "weak_password": lambda code: InvalidInput("password", "is too weak", code=code),
}


def _from_auth(error: auth.AuthError) -> CampaignError:
    code = error.code or ""
    if code in _AUTH_MESSAGES:
        return _AUTH_MESSAGES[code](code)
    if "rate_limit" in code:
        return RateLimited("too many requests to the auth server", code=code)
    if isinstance(error, auth.AuthRetryableError):
        return Unavailable("the auth server can't be reached", code=code or None)
    if isinstance(error, auth.AuthUnknownError):
        return ProtocolError(f"the auth server's answer makes no sense; {_PROJECT}")
    if isinstance(error, auth.AuthWeakPasswordError):
        return InvalidInput("password", "is too weak", code="weak_password")
    if isinstance(error, auth.AuthInvalidCredentialsError):
        return InvalidInput("credentials", "an e-mail address and a password are needed")
    return _from_auth_status(error, getattr(error, "status", 0), code or None)


def _from_auth_status(error: auth.AuthError, status: int, code: str | None) -> CampaignError:
    if status >= 500:
        return Unavailable(f"the auth server failed ({status})", code=code)
    if status in (400, 422) and not isinstance(error, auth.AuthSessionMissingError):
        return InvalidInput("credentials", "the auth server refuses them", code=code)
    return NotAuthenticated(f"nobody is signed in; {_SIGN_IN}", code=code)
