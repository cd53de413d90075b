"""The answer of the auth server to a refresh token, read."""

from __future__ import annotations

import httpx
from supabase_auth.types import Session

from campaign_sdk._core.errors import AuthUnavailable

_LONGEST_LIFE = 10 * 365 * 86_400


def is_refusal(response: httpx.Response) -> bool:
    """Whether the auth server itself refuses, not some gateway before it."""
    if response.status_code not in (400, 401, 403, 404):
        return False
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and bool(answer.keys() & {"msg", "error_code", "error"})


def session_of(response: httpx.Response, before: Session) -> Session:
    """Return the renewed session.

    Raises:
        AuthUnavailable: the answer is no session, or somebody else's.
    """
    try:
        session = Session.model_validate_json(response.content)
    except (ValueError, RecursionError):
        session = None
    if session is None or not 0 < session.expires_in <= _LONGEST_LIFE:
        raise AuthUnavailable(f"the auth server's answer isn't a session ({response.status_code})")
    if session.user.id != before.user.id:
        raise AuthUnavailable("the auth server's answer is somebody else's session")
    return session
