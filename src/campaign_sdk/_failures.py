"""The one place where the errors of the layers below become ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from json import JSONDecodeError
from typing import Any

import httpx
from postgrest import APIResponse
from postgrest.exceptions import APIError
from pydantic import ValidationError
from supabase_auth import errors as auth

from campaign_sdk._errors import (
    AlreadyExists,
    CampaignError,
    ConfigurationError,
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
# How Supabase's gateway begins its refusal of an API key, which has no code.
_REFUSED_KEY = "API key"
_PROJECT = "is the URL that of a Supabase project?"


def translate(error: Exception) -> Exception:
    """Turn an error of a layer below into ours, with the original as its cause.

    What isn't known is returned as it is: a bug must stay visible.
    """
    translated = _translated(error)
    if translated is None:
        return error
    translated.__cause__ = _without_data(error)
    return translated


def _without_data(error: Exception) -> Exception | None:
    """Return an error as a traceback may print it: servers and parsers quote what they got."""
    if isinstance(error, ValidationError | JSONDecodeError):
        return None
    if isinstance(error, auth.AuthError):
        error.message = error.name
        error.args = (error.name, error.code)
    if isinstance(error, APIError | auth.AuthError):
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


def rows_of(response: Any) -> list[dict[str, Any]]:
    """Return the rows of a response, or raise `ProtocolError` if it has something else."""
    if not _is_rows(response.data):
        raise ProtocolError("the server's answer isn't the rows that were asked for")
    rows: list[dict[str, Any]] = response.data
    return rows


def _is_rows(data: object) -> bool:
    return isinstance(data, list) and all(isinstance(row, dict) for row in data)


# Of an answer; one that is nested too deep is a RecursionError.
_NONSENSE = (ValidationError, JSONDecodeError, RecursionError, httpx.DecodingError)


def _translated(error: Exception) -> CampaignError | None:
    if isinstance(error, APIError):
        return _from_database(error)
    if isinstance(error, auth.AuthError):
        return _from_auth(error)
    if isinstance(error, httpx.TimeoutException):
        return TimedOut("there was no whole answer before the deadline")
    if isinstance(error, httpx.TransportError):
        return Unavailable(f"the server can't be reached ({type(error).__name__})")
    if isinstance(error, _NONSENSE):
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
    path, reason = CONSTRAINTS.get(_constraint(error), ("id", "there is one already"))
    _scrub(error)
    return AlreadyExists(f"{path}: {reason}", code=error.code)


def _link(error: APIError) -> CampaignError:
    in_use = "referenced from" in f"{error.details} {error.message}"
    path, reason = CONSTRAINTS.get(_constraint(error), ("value", "points at nothing of yours"))
    _scrub(error)
    if in_use:
        return Conflict(f"it is still in use (as a {path})", code=error.code)
    return NotFound(f"{path}: {reason}", code=error.code)


def _check(error: APIError) -> CampaignError:
    constraint = _constraint(error)
    _scrub(error)
    path, reason = CONSTRAINTS.get(constraint, (constraint, "the database refuses this value"))
    return InvalidInput(path, reason, code=error.code)


def _missing(error: APIError) -> CampaignError:
    column = _constraint(error)
    _scrub(error)
    return InvalidInput(column, "must not be empty", code=error.code)


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
    "PGRST2": _schema,
    "42P01": _schema,
    "42883": _schema,
    "42703": _schema,
    "42501": _denied,
    "22023": _parameter,
    "22": _value,
    "23502": _missing,
    "23503": _link,
    "23505": _exists,
    "23514": _check,
    "57014": _cancelled,
    "08": _unavailable,
    "40": _unavailable,
    "53": _unavailable,
    "54": _value,
    "55P03": _unavailable,
    "57": _unavailable,
}

_YEARS = "must lie within the years 1 to 9999"
_DAYS = "must lie between the year 2000 and tomorrow"

# What a person can do about the constraints of our own tables.
CONSTRAINTS: dict[str, tuple[str, str]] = {
    "contacts_email_unique": ("email", "another contact has this address"),
    "contacts_email_normalized": ("email", "must be trimmed, NFC and lower-case"),
    "contacts_email_shape": ("email", "isn't an e-mail address"),
    "contacts_phone_length": ("phone", "must have 1 to 64 characters"),
    "contacts_attributes_object": ("attributes", "must be an object"),
    "contacts_attributes_size": ("attributes", "must not exceed 64 kB"),
    "contacts_attributes_readable": ("attributes", "holds a number or a depth that JSON lacks"),
    "contacts_dates_readable": ("unsubscribed_at", _YEARS),
    "audience_segments_name_length": ("name", "must have 1 to 200 characters"),
    "audience_segments_description_size": ("description", "must not exceed 100 kB"),
    "audience_segments_dates_readable": ("created_at", _YEARS),
    "audience_segments_timezone_known": ("timezone", "isn't a known IANA time zone"),
    "campaigns_name_length": ("name", "must have 1 to 200 characters"),
    "campaigns_description_size": ("description", "must not exceed 100 kB"),
    "campaigns_message_size": ("message", "must not exceed 100 kB"),
    "campaigns_segment_id_fkey": ("segment_id", "there is no such segment, or it isn't yours"),
    "campaigns_status_known": ("status", "isn't one that a campaign can have"),
    "campaigns_audience_size_positive": ("audience_size", "can't be negative"),
    "campaigns_dates_readable": ("scheduled_at", _YEARS),
    "campaigns_timezone_known": ("timezone", "isn't a known IANA time zone"),
    "campaign_analytics_counts_positive": ("counts", "can't be negative"),
    "campaign_analytics_day_unique": ("date", "there are counts of this day already"),
    "campaign_analytics_date_plausible": ("date", _DAYS),
    "campaign_analytics_dates_readable": ("created_at", _YEARS),
    "campaign_events_pkey": ("event_id", "there is an event with this id already"),
    "campaign_events_campaign_id_fkey": (
        "campaign_id",
        "there is no such campaign, or it isn't yours",
    ),
    "campaign_events_contact_id_fkey": (
        "contact_id",
        "there is no such contact, or it isn't yours",
    ),
    "campaign_events_received_at_plausible": ("received_at", _DAYS),
    "campaign_events_event_id_length": ("event_id", "must have 1 to 200 characters"),
    "campaign_events_type_known": ("type", "must be impression, click or conversion"),
    "campaign_events_value_finite": ("value", "must be a finite number"),
    "campaign_events_occurred_at_plausible": ("occurred_at", _DAYS),
}


def _from_database(error: APIError) -> CampaignError:
    code = error.code or ""
    for length in range(len(code), 1, -1):
        if code[:length] in CODES:
            return CODES[code[:length]](error)
    if not code or code.isdigit():
        return _from_gateway(error, code)
    return CampaignError(_message(error), code=code, hint=error.hint)


def _from_gateway(error: APIError, status: str) -> CampaignError:
    """Name what somebody before the database refused: there is at most an HTTP status."""
    if _REFUSED_KEY in _message(error):
        return _wrong_key()
    error.message = error.details = None
    error.args = (status,)
    if status == "413":
        return InvalidInput("request", "is too large for the server: use smaller batches")
    if status in ("401", "403"):
        return PermissionDenied("the server refuses this request", code=status)
    return ProtocolError(f"the server refused without saying why; {_PROJECT}", code=status or None)


def _wrong_key() -> ConfigurationError:
    return ConfigurationError(
        "the project refuses SUPABASE_ANON_KEY: is it this project's anon or publishable key?"
    )


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
    "user_banned": lambda code: PermissionDenied("this account is banned", code=code),
    "not_admin": lambda code: PermissionDenied("only an administrator may do this", code=code),
    "insufficient_aal": lambda code: PermissionDenied("a second factor is needed", code=code),
    "signup_disabled": lambda code: PermissionDenied(
        "this project doesn't let people sign up", code=code
    ),
    "flow_state_not_found": lambda code: NotAuthenticated(
        "the code is wrong or used already; begin the sign-in anew", code=code
    ),
    "flow_state_expired": lambda code: NotAuthenticated(
        "the code is too old; begin the sign-in anew", code=code
    ),
    "bad_code_verifier": lambda code: NotAuthenticated(
        "the code belongs to another sign-in; begin it anew", code=code
    ),
    "same_password": lambda code: InvalidInput("password", "must be a new one", code=code),
    "weak_password": lambda code: InvalidInput("password", "is too weak", code=code),
}


def _from_auth(error: auth.AuthError) -> CampaignError:
    code = error.code or ""
    if code in _AUTH_MESSAGES:
        return _AUTH_MESSAGES[code](code)
    if error.status == 401 and _REFUSED_KEY in error.message if False else False:
        return _wrong_key()
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
