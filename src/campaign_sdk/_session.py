"""Who is signed in: the one session of a client, and how it stays good."""

from __future__ import annotations

import time
from typing import Any

import httpx
from supabase_auth import AsyncSupportedStorage, SyncSupportedStorage
from supabase_auth.helpers import decode_jwt
from supabase_auth.types import Session

from campaign_sdk._errors import NotAuthenticated, ProtocolError

# Renewed this long before it ends, so that no request arrives with a dead token.
EARLY = 30.0


class SessionKeeper(SyncSupportedStorage):
    """Holds the session; supabase-py reads and writes it through the storage methods.

    The end of the access token is reckoned on the monotonic clock from its lifetime,
    so that a wrong wall clock changes nothing.
    """

    def __init__(self, url: str, key: str, lock: Any, *, anonymous: bool = False) -> None:
        self._token_url = f"{url}/auth/v1/token?grant_type=refresh_token"
        self._key = key
        self.lock = lock
        self._anonymous = anonymous
        self._lost = False
        self._ends = 0.0
        self._notes: dict[str, str] = {}
        self.session: Session | None = None

    def keep(self, session: Session) -> None:
        """Take over a session that begins now."""
        self.session = session
        self._ends = time.monotonic() + session.expires_in
        self._lost = False

    def forget(self) -> None:
        """Forget the session: the user has signed out."""
        self.session = None
        self._lost = False

    def authorize(self, request: httpx.Request) -> str | None:
        """Put the current token into a request and return it.

        Raises:
            NotAuthenticated: nobody is signed in, and anonymous use wasn't asked for.
        """
        if self.session is not None:
            request.headers["Authorization"] = f"Bearer {self.session.access_token}"
            return self.session.access_token
        if self._lost:
            raise NotAuthenticated("the session has ended; sign in again")
        if self._is_bare(request) and not self._anonymous:
            raise NotAuthenticated(
                "nobody is signed in; sign in first, for example with "
                "client.auth.sign_in_with_password(...)"
            )
        return None

    def _is_bare(self, request: httpx.Request) -> bool:
        """Whether a request to the data carries nothing but the project's public key."""
        if "/rest/v1" not in request.url.path or is_secret(self._key):
            return False
        return bool(request.headers.get("Authorization") == f"Bearer {self._key}")

    @property
    def is_stale(self) -> bool:
        """Whether there is a session whose token is about to end."""
        return self.session is not None and time.monotonic() > self._ends - EARLY

    @property
    def token(self) -> str | None:
        """The access token, if somebody is signed in."""
        return self.session.access_token if self.session else None

    def renewal(self) -> httpx.Request:
        """Build the request that exchanges the refresh token for a new session."""
        refresh_token = self.session.refresh_token if self.session else ""
        return httpx.Request(
            "POST",
            self._token_url,
            headers={"apikey": self._key},
            json={"refresh_token": refresh_token},
        )

    def take(self, response: httpx.Response) -> None:
        """Take over the renewed session, or the end of it.

        Raises:
            NotAuthenticated: the auth server doesn't renew this session any more.
            ProtocolError: its answer is something else; the session is kept.
        """
        if response.status_code in (400, 401, 403, 404):
            self.session, self._lost = None, True
            raise NotAuthenticated("the session has ended; sign in again")
        try:
            self.keep(Session.model_validate_json(response.content))
        except ValueError:
            raise ProtocolError("the auth server's answer isn't a session") from None

    # supabase-py's storage protocol. It never gets to see a session as expired, so that
    # nobody but the wire spends the refresh token, which is good for one use only.

    def get_item(self, key: str) -> str | None:
        """Return what supabase-py stored under a key."""
        if key.endswith("-code-verifier"):
            return self._notes.get(key)
        if self.session is None:
            return None
        return self.session.model_copy(
            update={"expires_at": round(time.time()) + 86_400}
        ).model_dump_json()

    def set_item(self, key: str, value: str) -> None:
        """Store what supabase-py asks to be stored."""
        if key.endswith("-code-verifier"):
            self._notes[key] = value
            return
        session = Session.model_validate_json(value)
        if self.session is None or session.access_token != self.session.access_token:
            self.keep(session)
        else:
            self.session = session

    def remove_item(self, key: str) -> None:
        """Remove what supabase-py stored under a key."""
        if key.endswith("-code-verifier"):
            self._notes.pop(key, None)
        else:
            self.forget()


class AsyncStorage(AsyncSupportedStorage):
    """The same storage, as the asynchronous supabase-py wants it."""

    def __init__(self, keeper: SessionKeeper) -> None:
        self._keeper = keeper

    async def get_item(self, key: str) -> str | None:
        """Return what supabase-py stored under a key."""
        return self._keeper.get_item(key)

    async def set_item(self, key: str, value: str) -> None:
        """Store what supabase-py asks to be stored."""
        self._keeper.set_item(key, value)

    async def remove_item(self, key: str) -> None:
        """Remove what supabase-py stored under a key."""
        self._keeper.remove_item(key)


def is_secret(key: str) -> bool:
    """Whether an API key bypasses row level security (a service-role key)."""
    if key.startswith("sb_secret_"):
        return True
    return _role(key) == "service_role"


def _role(key: str) -> Any:
    try:
        return decode_jwt(key)["payload"].get("role")
    except Exception:
        return None
