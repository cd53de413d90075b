"""Who is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field, SecretStr
from supabase_auth.types import AuthResponse
from supabase_auth.types import User as SupabaseUser

from campaign_sdk._core.errors import NotAuthenticated
from campaign_sdk._core.model import Model


class User(Model):
    """A person who can sign in.

    Attributes:
        id: the owner of everything that this person creates.
        email: the address of the account, if it has one.
        full_name: as the person or Google gave it.
        avatar_url: as the person or Google gave it.
        created_at: when the account was made.
    """

    id: UUID
    email: str | None = Field(default=None, repr=False)
    full_name: str | None = None
    avatar_url: str | None = None
    created_at: AwareDatetime

    @classmethod
    def of(cls, user: SupabaseUser) -> User:
        """Read a user of supabase-py."""
        known: dict[str, Any] = user.user_metadata or {}
        return cls.from_row(
            {
                "id": user.id,
                "email": user.email or None,
                "full_name": _first_text(known, "full_name", "name"),
                "avatar_url": _first_text(known, "avatar_url", "picture"),
                "created_at": user.created_at,
            }
        )


class Session(Model):
    """A session that is good now.

    Attributes:
        user: who is signed in.
        expires_at: until when the access token is good, on this machine's clock. It is
            renewed before that by itself.
        access_token: proves to the project who is asking. Secret: its text is
            `access_token.get_secret_value()`.
    """

    user: User
    expires_at: AwareDatetime
    access_token: SecretStr


class OAuthRequest(Model):
    """Where to send somebody who signs in to a web application.

    Attributes:
        url: the address for their browser.
        verifier: to be kept in that person's own web session, and given to
            `exchange_code` with the code that they come back with. Secret.
    """

    url: str
    verifier: SecretStr


def _first_text(known: Mapping[str, Any], *names: str) -> str | None:
    # Whoever signs in may write anything into their own metadata.
    found = (known.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value), None)


def user_of(response: AuthResponse) -> User:
    if response.user is None:
        raise NotAuthenticated("the auth server named no user")
    return User.of(response.user)
