"""What the refusals of the auth server mean."""

from __future__ import annotations

import re
from collections.abc import Callable

from supabase_auth import errors as auth

from campaign_sdk._core.errors import (
    AlreadyExists,
    CampaignError,
    InvalidInput,
    NotAuthenticated,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    Unavailable,
)
from campaign_sdk._core.failures.database import REFUSED_KEY, wrong_key

_SIGN_IN = "sign in first, for example with client.auth.sign_in_with_password(...)"
_PROJECT = "is the URL that of a Supabase project?"
# Codes of a session, or of the code for one, that isn't any good (any more).
_ENDED = frozenset(
    {
        "bad_jwt",
        "invalid_jwt",
        "no_authorization",
        "otp_expired",
        "refresh_token_already_used",
        "refresh_token_not_found",
        "session_expired",
        "session_not_found",
        "user_not_found",
    }
)
_SWITCHED_OFF = ("_disabled", "_not_enabled", "_not_supported", "_not_authorized")

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
    "email_address_not_authorized": lambda code: PermissionDenied(
        "the project has no mail server of its own yet, and Supabase's writes to members of the "
        "team only: set one up, or switch off 'Confirm email' (Authentication, Emails)",
        code=code,
    ),
    "provider_disabled": lambda code: PermissionDenied(
        "this project doesn't sign in with that provider: switch it on (Authentication, Providers)",
        code=code,
    ),
    "captcha_failed": lambda code: InvalidInput(
        "captcha_token", "is missing or no good: the project asks for a CAPTCHA", code=code
    ),
    "reauthentication_needed": lambda code: PermissionDenied(
        "the session is too old for this: call reauthenticate(), and give the code from the "
        "mail as nonce",
        code=code,
    ),
    "reauthentication_not_valid": lambda code: InvalidInput(
        "nonce", "isn't the code of the last mail, or is too old", code=code
    ),
    "reauth_nonce_missing": lambda code: InvalidInput(
        "nonce", "is missing: call reauthenticate(), and give the code from the mail", code=code
    ),
    "current_password_required": lambda code: InvalidInput(
        "current_password", "is missing: the project asks for it", code=code
    ),
    "current_password_mismatch": lambda code: InvalidInput(
        "current_password", "is wrong", code=code
    ),
    "same_password": lambda code: InvalidInput("password", "must be a new one", code=code),
}
# How the server names what a password lacks, and the sets of characters that it lists.
_WEAKNESSES = {
    "length": "it is too short",
    "characters": "it lacks characters",
    "pwned": "it is in a list of leaked passwords",
}
_CHARACTERS = {
    "abcdefghijklmnopqrstuvwxyz": "a small letter",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ": "a capital letter",
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ": "a letter",
    "0123456789": "a digit",
}
_LEAST = re.compile(r"at least (\d+) characters")


def from_auth(error: auth.AuthError) -> CampaignError:
    """Name an error of the auth server."""
    code = error.code or ""
    if code == "weak_password":
        return InvalidInput("password", f"is too weak: {_weakness(error)}", code=code)
    if code in _AUTH_MESSAGES:
        return _AUTH_MESSAGES[code](code)
    if code in _ENDED:
        return NotAuthenticated(f"the session isn't valid; {_SIGN_IN}", code=code)
    if code.endswith(_SWITCHED_OFF):
        return PermissionDenied("this project doesn't allow it", code=code)
    if "rate_limit" in code:
        return RateLimited("too many requests to the auth server", code=code)
    if isinstance(error, auth.AuthRetryableError):
        return Unavailable("the auth server can't be reached", code=code or None)
    if isinstance(error, auth.AuthUnknownError):
        return ProtocolError(f"the auth server's answer makes no sense; {_PROJECT}")
    if isinstance(error, auth.AuthInvalidCredentialsError):
        return InvalidInput("credentials", "an e-mail address and a password are needed")
    return _from_status(error, getattr(error, "status", 0), code or None)


def _weakness(error: auth.AuthError) -> str:
    """Say what a password lacks, in our words: the server's might quote anything."""
    least = _LEAST.search(error.message)
    named = [_WEAKNESSES.get(reason) for reason in getattr(error, "reasons", None) or ()]
    found = [text for text in named if text]
    if least:
        found = [f"it needs {least[1]} characters", *(t for t in found if "short" not in t)]
    if lacking := _lacking(error.message):
        found = [*(t for t in found if "lacks" not in t), f"it needs {', '.join(lacking)}"]
    return "; ".join(found) or "the project's rules for passwords ask for more"


def _lacking(message: str) -> list[str]:
    """Read `...one character of each: abc..., ABC..., 0123456789, !@#$...`."""
    _, given, sets = message.partition("one character of each: ")
    if not given:
        return []
    # The set of symbols holds the comma itself, and comes last.
    words = sets.rstrip(".").split(", ")
    known = [_CHARACTERS[word] for word in words if word in _CHARACTERS]
    return known + (["a symbol"] if len(known) < len(words) else [])


def _from_status(error: auth.AuthError, status: int, code: str | None) -> CampaignError:
    if status >= 500:
        return Unavailable(f"the auth server failed ({status})", code=code)
    if status == 401 and REFUSED_KEY in error.message:
        return wrong_key()
    if status in (400, 422) and not isinstance(error, auth.AuthSessionMissingError):
        return InvalidInput("credentials", "the auth server refuses them", code=code)
    return NotAuthenticated(f"nobody is signed in; {_SIGN_IN}", code=code)
