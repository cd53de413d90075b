"""Every error of the layers below has a name of ours; nothing new slips through unnamed."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from postgrest.exceptions import APIError
from pydantic import BaseModel, ValidationError
from supabase_auth import errors as auth

from campaign_sdk import (
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
    RateLimited,
    SchemaMismatch,
    StaleState,
    TimedOut,
    Unavailable,
)
from campaign_sdk._core.failures import translate
from campaign_sdk._core.failures.constraints import CONSTRAINTS
from campaign_sdk._core.failures.database import CODES

MIGRATIONS = sorted((Path(__file__).parents[2] / "supabase" / "migrations").glob("*.sql"))


def refusal(code: str | None, message: str = "no", details: str | None = None) -> APIError:
    return APIError({"code": code, "message": message, "details": details, "hint": None})


def subclasses(root: type[Any]) -> Iterator[type[Any]]:
    yield root
    for child in root.__subclasses__():
        yield from subclasses(child)


def raised_by_our_sql() -> list[str]:
    text = "".join(path.read_text() for path in MIGRATIONS)
    codes = set(re.findall(r"errcode\s*=\s*'([^']+)'", text))
    # A code that isn't a literal would escape this test.
    assert len(re.findall(r"errcode", text)) == len(re.findall(r"errcode\s*=\s*'[^']+'", text))
    return sorted(codes)


@pytest.mark.parametrize("code", raised_by_our_sql())
def test_every_code_of_our_sql_is_named(code: str) -> None:
    assert code in CODES
    translated = translate(refusal(code))
    assert type(translated) is not CampaignError
    assert isinstance(translated, CampaignError)
    assert translated.code == code


def test_every_constraint_of_our_tables_is_explained(db: psycopg.Connection) -> None:
    rows = db.execute(
        """
        select c.conname from pg_catalog.pg_constraint as c
        join pg_catalog.pg_namespace as n on n.oid = c.connamespace
        where (n.nspname = 'public' or c.contypid <> 0 and n.nspname = 'campaign_private')
          and c.contype in ('c', 'u', 'f')
          -- No client can violate these: an owner's own ids, and the owner itself.
          and c.conname !~ '_owner_unique$|_user_id_fkey$|_history_campaign_id_fkey$'
        """
    ).fetchall()
    names = {name for (name,) in rows}
    assert names - CONSTRAINTS.keys() == set()
    assert CONSTRAINTS.keys() - names == {
        "campaign_batches_pkey",
        "campaign_deliveries_pkey",
        "campaign_events_pkey",
    }


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("CMP01", IllegalTransition),
        ("CMP02", StaleState),
        ("CMP03", InvalidRules),
        ("CMP04", Conflict),
        ("CMP05", NotReady),
        ("CMP06", NotActive),
        ("CMP07", Conflict),
        ("PT404", NotFound),
        ("PGRST116", NotFound),
        ("PGRST301", NotAuthenticated),
        ("PGRST303", NotAuthenticated),
        ("PGRST000", Unavailable),
        ("PGRST003", Unavailable),
        ("PGRST202", SchemaMismatch),
        ("PGRST205", SchemaMismatch),
        ("42P01", SchemaMismatch),
        ("42501", PermissionDenied),
        ("22023", InvalidInput),
        ("22P02", InvalidInput),
        ("22003", InvalidInput),
        ("23502", InvalidInput),
        ("23514", InvalidInput),
        ("23505", AlreadyExists),
        ("23503", NotFound),
        ("54000", InvalidInput),
        ("57014", TimedOut),
        ("55P03", TimedOut),
        ("21000", InvalidInput),
        ("PGRST106", ConfigurationError),
        ("42710", Conflict),
        ("57P01", Unavailable),
        ("40P01", Unavailable),
        ("53300", Unavailable),
        ("08006", Unavailable),
        ("401", PermissionDenied),
        ("403", PermissionDenied),
        ("404", ProtocolError),
        ("413", InvalidInput),
        ("", ProtocolError),
        (None, ProtocolError),
    ],
)
def test_codes_of_the_database(code: str | None, kind: type[CampaignError]) -> None:
    translated = translate(refusal(code))
    assert type(translated) is kind
    assert translated.code == (code or None)


def test_a_row_that_is_used_is_a_conflict_and_one_that_is_missing_isnt_found() -> None:
    name = 'violates foreign key constraint "campaigns_segment_id_fkey"'
    used = translate(refusal("23503", name, 'Key (…) is still referenced from table "campaigns".'))
    missing = translate(refusal("23503", name, "Key (…) is not present in table."))
    assert type(used) is Conflict
    assert type(missing) is NotFound
    assert str(missing).startswith("segment_id: ")


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ("UPDATE requires a WHERE clause", "filter"),
        ("DELETE requires a WHERE clause", "filter"),
        ("ON CONFLICT DO UPDATE command cannot affect row a second time", "items"),
    ],
)
def test_what_goes_for_everything_or_twice_is_told_apart(message: str, path: str) -> None:
    error = translate(refusal("21000", message))
    assert isinstance(error, InvalidInput)
    assert error.path == path


def test_a_violation_names_the_field_and_the_remedy() -> None:
    violation = 'new row violates check constraint "contacts_phone_length"'
    error = translate(refusal("23514", violation, "Failing row contains (…)."))
    assert str(error) == "phone: must have 1 to 64 characters"
    error = translate(refusal("23502", 'null value in column "name" of relation "campaigns"'))
    assert str(error) == "name: must not be empty"


@pytest.mark.parametrize("error", [refusal(None, "Invalid API key"), refusal("401", "API key")])
def test_a_wrong_key_is_named(error: APIError) -> None:
    translated = translate(error)
    assert type(translated) is ConfigurationError
    assert "SUPABASE_ANON_KEY" in str(translated)
    refused = translate(auth.AuthApiError("Invalid API key", 401, None))
    assert type(refused) is ConfigurationError


AUTH_ERRORS: list[auth.AuthError] = [
    auth.AuthError("x", None),
    auth.AuthApiError("x", 500, None),
    auth.AuthUnknownError("x", ValueError("x")),
    auth.CustomAuthError("x", "x", 400, None),
    auth.UserDoesntExist(),
    auth.AuthSessionMissingError(),
    auth.AuthInvalidCredentialsError("x"),
    auth.AuthImplicitGrantRedirectError("x"),
    auth.AuthRetryableError("x", 0),
    auth.AuthWeakPasswordError("x", 422, ["length"]),
    auth.AuthInvalidJwtError("x"),
]
# Refused by the server for what was sent, not for who sent it.
REFUSED: dict[str, type[CampaignError]] = {
    "invalid_credentials": NotAuthenticated,
    "invalid_jwt": NotAuthenticated,
    "session_not_found": NotAuthenticated,
    "otp_expired": NotAuthenticated,
    "user_already_exists": AlreadyExists,
    "weak_password": InvalidInput,
    "validation_failed": InvalidInput,
    "over_request_rate_limit": RateLimited,
    "over_email_send_rate_limit": RateLimited,
    "signup_disabled": PermissionDenied,
    "provider_disabled": PermissionDenied,
    "user_banned": PermissionDenied,
}


def test_every_error_of_the_auth_client_is_named() -> None:
    classes = {error for error in subclasses(auth.AuthError) if error.__module__ == auth.__name__}
    assert classes == {type(error) for error in AUTH_ERRORS}
    for error in AUTH_ERRORS:
        assert type(translate(error)) not in (type(error), CampaignError)


@pytest.mark.parametrize("code", typing.get_args(auth.ErrorCode))
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500])
def test_every_code_of_the_auth_server_is_named(code: Any, status: int) -> None:
    translated = translate(auth.AuthApiError("no", status, code))
    assert isinstance(translated, CampaignError)
    assert type(translated) is not CampaignError
    if code in REFUSED:
        assert type(translated) is REFUSED[code]


@pytest.mark.parametrize("kind", sorted(subclasses(httpx.TransportError), key=str))
def test_every_transport_error_is_named(kind: type[httpx.TransportError]) -> None:
    translated = translate(kind("no"))
    assert isinstance(translated, Unavailable)
    assert isinstance(translated, TimedOut) is issubclass(kind, httpx.TimeoutException)


def test_nonsense_is_named_and_a_bug_stays_one() -> None:
    class Shape(BaseModel):
        a: int

    with pytest.raises(ValidationError) as caught:
        Shape.model_validate({"a": "x"})
    nonsense: list[Exception] = [caught.value, JSONDecodeError("x", "x", 0), RecursionError()]
    for error in nonsense:
        assert type(translate(error)) is ProtocolError
    bug = KeyError("a")
    assert translate(bug) is bug
