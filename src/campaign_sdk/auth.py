"""Who is signed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime
from supabase_auth.types import AuthResponse
from supabase_auth.types import User as SupabaseUser

from campaign_sdk._errors import InvalidInput, NotAuthenticated
from campaign_sdk._model import Model
from campaign_sdk._operation import Call, Mode, Resource, Steps, operation


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
    email: str | None = None
    full_name: str | None = None
    avatar_url: str | None = None
    created_at: AwareDatetime

    @classmethod
    def of(cls, user: SupabaseUser) -> User:
        """Read a user of supabase-py."""
        known: dict[str, Any] = user.user_metadata or {}
        return cls(
            id=UUID(user.id),
            email=user.email or None,
            full_name=known.get("full_name") or known.get("name"),
            avatar_url=known.get("avatar_url") or known.get("picture"),
            created_at=user.created_at,
        )


class Auth(Resource[Mode]):
    """Signing up, in and out."""

    @property
    def user(self) -> User | None:
        """Who is signed in, as far as this client knows; asks nobody."""
        session = self._connection.keeper.session
        return User.of(session.user) if session else None

    @operation
    def sign_up(self, email: str, password: str, *, full_name: str | None = None) -> Steps[User]:
        """Create an account, and sign in unless the project wants the address confirmed.

        Raises:
            AlreadyExists: there is an account with this address.
            InvalidInput: the address or the password isn't acceptable.
        """
        credentials = _credentials(email, password)
        if full_name is not None:
            credentials["options"] = {"data": {"full_name": full_name}}
        response: AuthResponse = yield Call(lambda: self._db.auth.sign_up(credentials))  # type: ignore[arg-type]
        return _user(response)

    @operation
    def sign_in_with_password(self, email: str, password: str) -> Steps[User]:
        """Sign in.

        Raises:
            NotAuthenticated: the address or the password is wrong.
        """
        credentials = _credentials(email, password)
        response: AuthResponse = yield Call(
            lambda: self._db.auth.sign_in_with_password(credentials)  # type: ignore[arg-type]
        )
        return _user(response)

    @operation
    def sign_out(self) -> Steps[None]:
        """Sign out of this client; the session can't be used any more, here or elsewhere."""
        try:
            yield Call(lambda: self._db.auth.sign_out({"scope": "local"}))
        finally:
            self._connection.keeper.forget()


def _credentials(email: str, password: str) -> dict[str, Any]:
    if not isinstance(email, str) or "@" not in email:
        raise InvalidInput("email", "must be an e-mail address")
    if not isinstance(password, str) or not password:
        raise InvalidInput("password", "must not be empty")
    return {"email": email.strip(), "password": password}


def _user(response: AuthResponse) -> User:
    if response.user is None:
        raise NotAuthenticated("the auth server named no user")
    return User.of(response.user)
