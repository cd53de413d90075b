"""What the refusals of PostgreSQL, PostgREST and the gateway before them mean."""

from __future__ import annotations

import re
from collections.abc import Callable

from postgrest.exceptions import APIError

from campaign_sdk._core.errors import (
    AlreadyExists,
    CampaignError,
    ConfigurationError,
    Conflict,
    IllegalTransition,
    InvalidInput,
    InvalidRules,
    NotActive,
    NotAuthenticated,
    NotFound,
    NotReady,
    PermissionDenied,
    ProtocolError,
    SchemaMismatch,
    StaleState,
    TimedOut,
    Unavailable,
)
from campaign_sdk._core.failures.constraints import CONSTRAINTS
from campaign_sdk._core.failures.states import MIGRATE, STATES, unlisted, without_data

_SIGN_IN = "sign in first, for example with client.auth.sign_in_with_password(...)"
_PROJECT = "is the URL that of a Supabase project?"
# How Supabase's gateway words its refusal of an API key, which has no code.
REFUSED_KEY = "API key"
_CODE = re.compile("[A-Z0-9_]{1,40}")


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


def _not_active(error: APIError) -> CampaignError:
    return NotActive(_message(error), code=error.code, hint=error.hint, details=error.details)


def _misfit(error: APIError) -> CampaignError:
    return InvalidInput(str(error.details or "attributes"), _message(error), code=error.code)


def _spent(error: APIError) -> CampaignError:
    return Conflict(_message(error), code=error.code, hint=error.hint)


def _not_found(error: APIError) -> CampaignError:
    return NotFound("there is no such thing, or it isn't yours", code=error.code)


def _exists(error: APIError) -> CampaignError:
    path, reason = CONSTRAINTS.get(_constraint(error), ("id", "there is one already"))
    without_data(error)
    return AlreadyExists(f"{path}: {reason}", code=error.code)


def _link(error: APIError) -> CampaignError:
    in_use = "referenced from" in f"{error.details} {error.message}"
    path, reason = CONSTRAINTS.get(_constraint(error), ("value", "points at nothing of yours"))
    without_data(error)
    if in_use:
        return Conflict(f"it is still in use (as a {path})", code=error.code)
    return NotFound(f"{path}: {reason}", code=error.code)


def _check(error: APIError) -> CampaignError:
    constraint = _constraint(error)
    without_data(error)
    path, reason = CONSTRAINTS.get(constraint, (constraint, "the database refuses this value"))
    return InvalidInput(path, reason, code=error.code)


def _missing(error: APIError) -> CampaignError:
    column = _constraint(error)
    without_data(error)
    return InvalidInput(column, "must not be empty", code=error.code)


def _parameter(error: APIError) -> CampaignError:
    path = str(error.details or "value")
    message = _message(error)
    return InvalidInput(path, message, code=error.code)


def _value(error: APIError) -> CampaignError:
    code = error.code
    without_data(error)
    return InvalidInput("value", "the database can't store this value", code=code)


def _denied(error: APIError) -> CampaignError:
    return PermissionDenied("you may not do this", code=error.code, hint=_SIGN_IN)


def _signed_out(error: APIError) -> CampaignError:
    return NotAuthenticated(f"the session isn't valid; {_SIGN_IN}", code=error.code)


def _schema(error: APIError) -> CampaignError:
    return SchemaMismatch(f"{_message(error)}; {MIGRATE}", code=error.code)


def _misread(error: APIError) -> CampaignError:
    code = error.code
    without_data(error)
    return ProtocolError(f"the server doesn't understand our request; {_PROJECT}", code=code)


def _unserved(error: APIError) -> CampaignError:
    code = error.code
    without_data(error)
    return ConfigurationError(
        "the project's API doesn't serve the schema public: add it (Project Settings, Data API, "
        "Exposed schemas)",
        code=code,
    )


def _waited(error: APIError) -> CampaignError:
    without_data(error)
    return TimedOut(
        "somebody else holds what this needs, and the database waited long enough", code=error.code
    )


def _wholesale(error: APIError) -> CampaignError:
    code, unfiltered = error.code, "WHERE clause" in (error.message or "")
    without_data(error)
    if unfiltered:
        return InvalidInput(
            "filter", "is missing: the project changes or deletes nothing without one", code=code
        )
    return InvalidInput("items", "one of them is given twice", code=code)


def _cancelled(error: APIError) -> CampaignError:
    without_data(error)
    return TimedOut("the database's statement timeout ended the query", code=error.code)


def _unavailable(error: APIError) -> CampaignError:
    return Unavailable(f"the database isn't available ({error.code})", code=error.code)


def _internal(error: APIError) -> CampaignError:
    without_data(error)
    return ProtocolError(f"the server failed inside ({error.code}); {_PROJECT}", code=error.code)


# SQLSTATE and PostgREST codes, or their prefixes; the longest that fits counts.
CODES: dict[str, Callable[[APIError], CampaignError]] = {
    **STATES,
    "CMP01": _illegal,
    "CMP02": _stale,
    "CMP03": _rules,
    "CMP04": _frozen,
    "CMP05": _not_ready,
    "CMP06": _not_active,
    "CMP07": _frozen,
    "CMP08": _misfit,
    "CMP09": _spent,
    "PT404": _not_found,
    "PGRST116": _not_found,
    "PGRST30": _signed_out,
    "PGRST00": _unavailable,
    "PGRST106": _unserved,
    "PGRST1": _misread,
    "PGRST2": _schema,
    "PGRST": _internal,
    "42P01": _schema,
    "42883": _schema,
    "42703": _schema,
    "42501": _denied,
    "42710": _frozen,
    "21000": _wholesale,
    "22023": _parameter,
    "22": _value,
    "23": _check,
    "23001": _link,
    "23502": _missing,
    "23503": _link,
    "23505": _exists,
    "23514": _check,
    "57014": _cancelled,
    "54": _value,
    "55P03": _waited,
}


def from_database(error: APIError) -> CampaignError:
    """Name an error of the database or of whoever answered in its place."""
    code = error.code or ""
    # SQLSTATEs have five characters; postgrest puts an HTTP status in their place.
    if not code or (len(code) == 3 and code.isdigit()):
        return _from_gateway(error, code)
    for length in range(len(code), 1, -1):
        if code[:length] in CODES:
            return CODES[code[:length]](error)
    return unlisted(error) or _unknown(error)


def _unknown(error: APIError) -> CampaignError:
    """Name a refusal whose code nobody knows: whoever wrote it may quote anything in it."""
    if not _CODE.fullmatch(str(error.code)):
        error.code = None
    without_data(error)
    return ProtocolError(f"the server refuses as no project does; {_PROJECT}", code=error.code)


def _from_gateway(error: APIError, status: str) -> CampaignError:
    """Name what somebody before the database refused: there is at most an HTTP status."""
    if REFUSED_KEY in _message(error):
        return wrong_key()
    error.message = error.details = None
    error.args = (status,)
    if status == "413":
        return InvalidInput(
            "request", "is too large for the server: use smaller batches", code=status
        )
    if status in ("401", "403"):
        return PermissionDenied("the server refuses this request", code=status)
    return ProtocolError(f"the server refused without saying why; {_PROJECT}", code=status or None)


def wrong_key() -> ConfigurationError:
    """Name the one thing that is wrong most often."""
    return ConfigurationError(
        "the project refuses SUPABASE_ANON_KEY: is it this project's anon or publishable key?"
    )


def _message(error: APIError) -> str:
    return error.message or "refused"


def _constraint(error: APIError) -> str:
    named = re.search(r'(?:constraint|column) "(\w+)"', error.message or "")
    return named[1] if named else "value"
