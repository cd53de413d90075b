"""Who is signed in: the one session of a client, and how it stays good."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
from supabase_auth import AsyncSupportedStorage, SyncSupportedStorage
from supabase_auth.helpers import decode_jwt
from supabase_auth.types import Session

from campaign_sdk._errors import AuthUnavailable, NotAuthenticated
from campaign_sdk.stores import SessionStore

# Renewed so many seconds before it ends, so that no request arrives with a dead token.
_EARLY = 30.0
# The parts of an OAuth sign-in that open somebody's Google account to whoever reads them.
_PROVIDER_TOKENS = {"provider_token": None, "provider_refresh_token": None}


class SessionKeeper(SyncSupportedStorage):
    """Holds the session; supabase-py reads and writes it through the storage methods.

    The end of the access token is reckoned from its lifetime, on the monotonic clock
    within a process and on this machine's own wall clock between two of them, so that a
    clock which is wrong changes nothing.

    Args:
        url: the project.
        key: its public key.
        lock: held while the session is renewed; of the kind that the wire awaits.
        store: where the session outlives the client.
        anonymous: whether requests may go out though nobody is signed in.
        access_token: a token to use as it is, instead of a session.
        keep_provider_tokens: whether Google's own tokens are stored too.
    """

    def __init__(
        self,
        url: str,
        key: str,
        lock: Any,
        store: SessionStore,
        *,
        anonymous: bool = False,
        access_token: str | None = None,
        keep_provider_tokens: bool = False,
    ) -> None:
        self._token_url = f"{url}/auth/v1/token?grant_type=refresh_token"
        self._key = key
        self.lock = lock
        self.store = store
        self._anonymous = anonymous
        self._access_token = access_token
        self._keep_provider_tokens = keep_provider_tokens
        self._lost = False
        self._ends = 0.0
        self._lifetime = 0.0
        self._notes: dict[str, str] = {}
        self.session: Session | None = None
        self.restore()

    def keep(self, session: Session) -> None:
        """Take over a session that begins now."""
        self._hold(session, session.expires_in)
        self._save()

    def restore(self) -> bool:
        """Take over the session that is stored, and return whether it is another one."""
        text = self.store.load()
        if text is None:
            return False
        try:
            stored = json.loads(text)
            session = Session.model_validate(stored["session"])
            left = float(stored["ends_at"]) - time.time()
        except (ValueError, KeyError, TypeError, RecursionError):
            self.store.set_aside()
            return False
        if session.access_token == self.token:
            return False
        self._hold(session, left)
        return True

    def _hold(self, session: Session, left: float) -> None:
        self.session = session
        self._ends = time.monotonic() + left
        self._lifetime = session.expires_in
        self._lost = False

    def _save(self) -> None:
        if self.session is None:
            return
        stripped = {} if self._keep_provider_tokens else _PROVIDER_TOKENS
        session = self.session.model_copy(update=stripped).model_dump(mode="json")
        ends_at = time.time() + self._ends - time.monotonic()
        self.store.save(json.dumps({"ends_at": ends_at, "session": session}))

    def forget(self) -> None:
        """Forget the session: the user has signed out."""
        self.session = None
        self._lost = False
        self.store.clear()

    def lose(self) -> NotAuthenticated:
        """Forget the session that nobody renews any more; return what to raise."""
        self.forget()
        self._lost = True
        return NotAuthenticated("the session has ended; sign in again")

    def authorize(self, request: httpx.Request) -> str | None:
        """Put the current token into a request and return it.

        Raises:
            NotAuthenticated: nobody is signed in, and anonymous use wasn't asked for.
        """
        if self._access_token is not None:
            request.headers["Authorization"] = f"Bearer {self._access_token}"
            return None
        if self.session is None:
            self.restore()
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
        early = min(_EARLY, self._lifetime / 4)
        return self.session is not None and time.monotonic() > self._ends - early

    @property
    def is_over(self) -> bool:
        """Whether the token of the session has ended."""
        return time.monotonic() > self._ends

    @property
    def seconds_left(self) -> float:
        """For how long the token is good yet."""
        return self._ends - time.monotonic()

    @property
    def token(self) -> str | None:
        """The access token, if somebody is signed in."""
        return self.session.access_token if self.session else None

    @property
    def bearer(self) -> str | None:
        """The token that requests are sent with, a session's or a given one."""
        return self._access_token or self.token

    def expire(self) -> None:
        """Have the next request renew the session."""
        self._ends = time.monotonic()

    def take_verifier(self) -> str:
        """Return the secret of the OAuth sign-in that supabase-py has begun, and forget it."""
        return self._notes.popitem()[1].partition("/")[0]

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
            AuthUnavailable: its answer is something else; the session is kept.
        """
        if response.status_code in (400, 401, 403, 404):
            raise self.lose()
        try:
            session = Session.model_validate_json(response.content)
        except ValueError:
            raise AuthUnavailable("the auth server's answer isn't a session") from None
        self.keep(session)

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
            self._save()

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
    return bool(_role(key) == "service_role")


def _role(key: str) -> Any:
    try:
        return decode_jwt(key)["payload"].get("role")
    except Exception:
        return None
