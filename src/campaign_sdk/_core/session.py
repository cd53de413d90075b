"""Who is signed in: the one session of a client, and how it stays good."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import httpx
from supabase_auth.types import Session, User

from campaign_sdk._core.errors import NotAuthenticated
from campaign_sdk._core.failures.database import REFUSED_KEY, wrong_key
from campaign_sdk._core.keys import is_secret
from campaign_sdk._core.renewal import is_refusal, session_of
from campaign_sdk._core.store import SessionStore

# Renewed so many seconds before it ends, so that no request arrives with a dead token.
_EARLY = 30.0
# While the token is good: what a renewal may take, and the pause after one that failed.
_PATIENCE = 5.0
# What the auth server answers without a session. A stale one mustn't stand in the way of
# signing in.
_OPEN = ("/token", "/signup", "/recover", "/otp", "/magiclink", "/resend", "/verify")
# The parts of an OAuth sign-in that open somebody's Google account to whoever reads them.
_PROVIDER_TOKENS = ("provider_token", "provider_refresh_token")


@dataclass(frozen=True)
class Held:
    """A session, and when its token ends on the monotonic clock: replaced at one stroke."""

    # Those who report errors show the variables of each frame as well.
    session: Session = field(repr=False)
    ends: float


class SessionKeeper:
    """Holds the session.

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
        self._anonymous = anonymous or is_secret(key)
        self._access_token = access_token
        self._keep_provider_tokens = keep_provider_tokens
        self._held: Held | None = None
        self._owner: str | None = None
        self._lost = False
        self._pause_ends = 0.0
        # Refresh tokens that were replaced: supabase-py may come back with one later.
        self._replaced: deque[str] = deque(maxlen=16)
        self.restore()

    def keep(self, session: Session) -> None:
        """Take over a session that begins now."""
        self._hold(Held(session, time.monotonic() + session.expires_in))
        self._save()

    def restore(self) -> None:
        """Take over the session that is stored, if it is another one.

        Raises:
            NotAuthenticated: it is somebody else's than the one held so far.
        """
        stored = self._stored()
        if stored is None or self.holds(stored):
            return
        if self._owner not in (None, stored.session.user.id):
            self._held, self._lost = None, True
            raise NotAuthenticated("somebody else has signed in; sign in again")
        self._hold(stored)

    def _stored(self) -> Held | None:
        text = self.store.load()
        if text is None:
            return None
        try:
            stored = json.loads(text)
            session = Session.model_validate(stored["session"])
            left = float(stored["ends_at"]) - time.time()
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            self.store.set_aside()
            self._save()
            return None
        # A clock that was set back since doesn't make a token live longer.
        return Held(session, time.monotonic() + min(session.expires_in, left))

    def _hold(self, held: Held) -> None:
        if self._held is not None and not self.holds(held):
            self._replaced.append(self._held.session.refresh_token)
        self._held = held
        self._owner = held.session.user.id
        self._lost = False
        self._pause_ends = 0.0

    def _save(self) -> None:
        held = self._held
        if held is None:
            return
        stripped = {} if self._keep_provider_tokens else dict.fromkeys(_PROVIDER_TOKENS)
        session = held.session.model_copy(update=stripped).model_dump(mode="json")
        ends_at = time.time() + held.ends - time.monotonic()
        self.store.save(json.dumps({"ends_at": ends_at, "session": session}))

    def forget(self) -> None:
        """Forget the session: the user has signed out."""
        self._held = self._owner = self._access_token = None
        self._lost = False
        self.store.clear()

    def lose(self) -> NotAuthenticated:
        """Forget the session that nobody renews any more; return what to raise."""
        self._held = None
        self._lost = True
        self.store.clear()
        return NotAuthenticated("the session has ended; sign in again")

    def authorize(self, request: httpx.Request) -> Held | None:
        """Put the current token into a request; return its session, if it can be renewed.

        Raises:
            NotAuthenticated: nobody is signed in, and anonymous use wasn't asked for.
        """
        is_auth = "/auth/v1/" in request.url.path
        if is_auth and request.url.path.endswith(_OPEN):
            return None
        held = self.renewable
        token = held.session.access_token if held else self._access_token
        if token is None and not is_auth:
            token = self._public()
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        return held

    def _public(self) -> str:
        """Return what stands in a token's place if nobody is signed in.

        It replaces the token that supabase-py may remember from before.
        """
        if self._lost:
            raise NotAuthenticated("the session has ended; sign in again")
        if not self._anonymous:
            raise NotAuthenticated(
                "nobody is signed in; sign in first, for example with "
                "client.auth.sign_in_with_password(...)"
            )
        return self._key

    @property
    def session(self) -> Session | None:
        """The session, if somebody is signed in."""
        held = self._held
        return held.session if held else None

    def holds(self, other: Held) -> bool:
        """Whether this is the session held now: two access tokens of one second may be alike."""
        held = self._held
        return held is not None and held.session.refresh_token == other.session.refresh_token

    @property
    def is_stale(self) -> bool:
        """Whether there is a session whose token is to be renewed."""
        held, now = self._held, time.monotonic()
        if held is None or now < self._pause_ends:
            return self.is_over
        return now > held.ends - min(_EARLY, held.session.expires_in / 4)

    @property
    def is_over(self) -> bool:
        """Whether there is a session whose token has ended."""
        held = self._held
        return held is not None and time.monotonic() > held.ends

    @property
    def seconds_left(self) -> float:
        """For how long the token is good yet."""
        held = self._held
        return held.ends - time.monotonic() if held else 0.0

    def patience(self, left: float) -> float:
        """Return how long a request that has so many seconds left waits for the renewal."""
        return left if self.is_over else min(left / 2, _PATIENCE)

    def pause(self) -> None:
        """Renew nothing for a while, unless the token ends."""
        self._pause_ends = time.monotonic() + _PATIENCE

    @property
    def token(self) -> str | None:
        """The access token, if somebody is signed in."""
        session = self.session
        return session.access_token if session else None

    @property
    def bearer(self) -> str | None:
        """The token to send requests with, a session's or a given one."""
        held = self.renewable
        return held.session.access_token if held else self._access_token

    @property
    def renewable(self) -> Held | None:
        """The session to send requests with, held or stored, unless a token is given."""
        if self._access_token is not None:
            return None
        if self._held is None:
            self.restore()
        return self._held

    def renewal(self, held: Held) -> httpx.Request:
        """Build the request that exchanges the refresh token for a new session."""
        return httpx.Request(
            "POST",
            self._token_url,
            headers={"apikey": self._key},
            json={"refresh_token": held.session.refresh_token},
        )

    def take(self, response: httpx.Response, before: Held) -> None:
        """Take over the renewed session, or the end of it.

        Args:
            response: the auth server's.
            before: the session that was to be renewed.

        Raises:
            NotAuthenticated: the auth server doesn't renew this session any more.
            AuthUnavailable: its answer is something else; the session is kept.
            ConfigurationError: the project doesn't know our key any more.
        """
        if not self.holds(before):
            # Somebody has signed in or out meanwhile: that stands.
            return
        if response.status_code == 401 and REFUSED_KEY in response.text:
            raise wrong_key()
        if is_refusal(response) or self.store.load() is None:
            raise self.lose()
        session = session_of(response, before.session)
        if self._keep_provider_tokens and session.provider_token is None:
            # They come only once, with the sign-in.
            known = {name: getattr(before.session, name) for name in _PROVIDER_TOKENS}
            session = session.model_copy(update=known)
        self.keep(session)

    def change_user(self, user: User) -> None:
        """Note what has become of the user."""
        held = self._held
        if held is not None and held.session.user.id == user.id:
            self._held = Held(held.session.model_copy(update={"user": user}), held.ends)
            self._save()

    def accept(self, session: Session) -> None:
        """Take over what supabase-py holds for the session: a new one, or the user changed."""
        known = [*self._replaced, self.session and self.session.refresh_token]
        if session.refresh_token in known:
            # It has changed the user, with a token that may be renewed by now.
            self.change_user(session.user)
        else:
            self.keep(session)
