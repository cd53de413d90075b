"""Who is signed in, and how they come and go."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import AwareDatetime, Field, SecretStr
from supabase_auth.helpers import (
    generate_pkce_challenge,
    generate_pkce_verifier,
    parse_user_response,
)
from supabase_auth.types import AuthResponse, UserResponse
from supabase_auth.types import User as SupabaseUser

from campaign_sdk._errors import CampaignError, InvalidInput, NotAuthenticated
from campaign_sdk._loopback import Loopback
from campaign_sdk._model import NOT_GIVEN, Model, NotGiven, given
from campaign_sdk._operation import Blocking, Call, Mode, Resource, Steps, operation

__all__ = ["Auth", "OAuthRequest", "Session", "User"]


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
        return cls(
            id=UUID(user.id),
            email=user.email or None,
            full_name=_first_text(known, "full_name", "name"),
            avatar_url=_first_text(known, "avatar_url", "picture"),
            created_at=user.created_at,
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


class Auth(Resource[Mode]):
    """Signing up, in and out; the profile."""

    @property
    def session(self) -> Session | None:
        """The session, as far as this client knows; asks nobody."""
        keeper = self._connection.keeper
        session = keeper.session
        if session is None:
            return None
        return Session(
            user=User.of(session.user),
            expires_at=datetime.now(UTC) + timedelta(seconds=keeper.seconds_left),
            access_token=SecretStr(session.access_token),
        )

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
        response: AuthResponse = yield Call(lambda: self._api.sign_up(credentials))
        return _user(response)

    @operation
    def sign_in_with_password(self, email: str, password: str) -> Steps[User]:
        """Sign in.

        Raises:
            NotAuthenticated: the address or the password is wrong.
        """
        credentials = _credentials(email, password)
        response: AuthResponse = yield Call(lambda: self._api.sign_in_with_password(credentials))
        return _user(response)

    @operation
    def sign_in_with_google(
        self,
        *,
        timeout: float = 300,
        port: int = 0,
        open_browser: bool | None = None,
        show: Callable[[str], object] | None = None,
        ask: Callable[[], str] | None = None,
    ) -> Steps[User]:
        """Sign in with Google, in the system's browser; see `sign_in_with_oauth`."""
        return (yield from self._sign_in("google", "", timeout, port, open_browser, show, ask))

    @operation
    def sign_in_with_oauth(
        self,
        provider: str,
        *,
        scopes: str = "",
        timeout: float = 300,
        port: int = 0,
        open_browser: bool | None = None,
        show: Callable[[str], object] | None = None,
        ask: Callable[[], str] | None = None,
    ) -> Steps[User]:
        """Sign in with one of Supabase's providers, in the system's browser.

        PKCE with a one-shot listener on 127.0.0.1 (RFC 8252); the project must allow
        `http://127.0.0.1:*/**` as a redirect URL, as Supabase does by default.

        Args:
            provider: such as `google` or `github`.
            scopes: further OAuth scopes, apart by spaces.
            timeout: seconds that the person has.
            port: of the listener; a free one by default.
            open_browser: whether to open one; by default if this isn't an SSH session and
                there is a screen.
            show: takes the address if no browser is opened; by default it goes to stderr.
            ask: returns what the person pastes, the code or the whole address that their
                browser ended at, if it can't reach this machine. Called in a thread of
                its own if no browser is opened, and again if the text is no use.

        Raises:
            NotAuthenticated: the person declined, or the provider failed.
            TimedOut: nobody came in time.
            ConfigurationError: the port is in use.
        """
        return (yield from self._sign_in(provider, scopes, timeout, port, open_browser, show, ask))

    def _sign_in(
        self,
        provider: str,
        scopes: str,
        timeout: float,
        port: int,
        open_browser: bool | None,
        show: Callable[[str], object] | None,
        ask: Callable[[], str] | None,
    ) -> Steps[User]:
        with Loopback(port) as loopback:
            request = self._oauth_request(provider, loopback.url, scopes)
            wanted = _has_browser() if open_browser is None else open_browser
            if not (wanted and (yield Blocking(lambda: webbrowser.open(request.url)))):
                (show or _show)(request.url)
                if ask is not None:
                    loopback.listen_to(ask)
            code: str = yield Blocking(lambda: loopback.wait(timeout))
        return (yield from self._exchanged(code, request.verifier.get_secret_value()))

    @operation
    def oauth_url(
        self, provider: str, redirect_to: str, *, scopes: str = ""
    ) -> Steps[OAuthRequest]:
        """Return where a web application sends somebody to sign in.

        Args:
            provider: such as `google`.
            redirect_to: an address of yours that the project allows as a redirect URL.
            scopes: further OAuth scopes, apart by spaces.
        """
        # Asks nobody, but is awaited like its neighbours.
        yield from ()
        return self._oauth_request(provider, redirect_to, scopes)

    @operation
    def exchange_code(self, code: str, verifier: str | SecretStr) -> Steps[User]:
        """Sign in with the code that somebody came back with.

        Args:
            code: from the redirect's query.
            verifier: of the `OAuthRequest` that they were sent away with.

        Raises:
            NotAuthenticated: the code is wrong, used or too old.
        """
        secret = verifier.get_secret_value() if isinstance(verifier, SecretStr) else verifier
        return (yield from self._exchanged(code, secret))

    @operation
    def refresh(self) -> Steps[Session]:
        """Renew the session now, though it may be good yet.

        Raises:
            NotAuthenticated: nobody is signed in, or the session has ended.
            AuthUnavailable: the auth server gives no answer; the session is kept.
        """
        yield Call(self._connection.renew)
        session = self.session
        if session is None:
            raise NotAuthenticated("nobody is signed in")
        return session

    @operation
    def profile(self) -> Steps[User]:
        """Return who is signed in, as the project knows them now.

        Raises:
            NotAuthenticated: nobody is signed in, or the session has ended.
        """
        return (yield from self._profile())

    @operation
    def update_profile(
        self,
        *,
        full_name: str | None | NotGiven = NOT_GIVEN,
        avatar_url: str | None | NotGiven = NOT_GIVEN,
    ) -> Steps[User]:
        """Change what is given of one's own profile, and return it."""
        data = given(full_name=full_name, avatar_url=avatar_url)
        return (yield from self._update({"data": data}))

    @operation
    def change_email(self, email: str) -> Steps[User]:
        """Ask for another address. The project may want both confirmed by mail first.

        Raises:
            AlreadyExists: there is an account with this address.
        """
        return (yield from self._update({"email": _address(email)}))

    @operation
    def change_password(self, password: str) -> Steps[User]:
        """Set another password.

        Raises:
            InvalidInput: it is too weak, or the one of before.
        """
        return (yield from self._update({"password": _secret(password)}))

    @operation
    def send_recovery(self, email: str, *, redirect_to: str | None = None) -> Steps[None]:
        """Have a mail sent with which the account can be recovered, if there is one.

        Args:
            email: the address of the account.
            redirect_to: where its link leads, if not to the project's site.
        """
        options = {} if redirect_to is None else {"redirect_to": redirect_to}
        address = _address(email)
        yield Call(lambda: self._api.reset_password_for_email(address, options))

    @operation
    def sign_out(self) -> Steps[bool]:
        """Sign out of this client, whether or not the server can be told.

        Returns:
            Whether the server has ended the session. If not, because it couldn't be
            reached, this client has forgotten it, and its token runs out by itself.
        """
        try:
            has_ended = yield from self._ended()
        finally:
            self._connection.keeper.forget()
        # Nothing is left to be sent: this is for those who listen to supabase-py's events.
        yield Call(lambda: self._api.sign_out({"scope": "local"}))
        return has_ended

    def _ended(self) -> Steps[bool]:
        """Have the server end the session, while there is still a token to prove whose it is."""
        try:
            token = self._connection.keeper.bearer
            if token is not None:
                yield Call(lambda: self._api.admin.sign_out(token, "local"))
        except NotAuthenticated:
            # It had ended already.
            return True
        except CampaignError:
            return False
        return token is not None

    @property
    def _api(self) -> Any:
        return self._connection.supabase.auth

    def _oauth_request(self, provider: str, redirect_to: str, scopes: str) -> OAuthRequest:
        if not isinstance(provider, str) or not provider.strip():
            raise InvalidInput("provider", "must be a name such as google")
        # Not supabase-py's: it keeps the verifier in one place for everybody who signs in.
        verifier = generate_pkce_verifier()
        query = {
            "provider": provider.strip(),
            "redirect_to": redirect_to,
            "scopes": scopes,
            "code_challenge": generate_pkce_challenge(verifier),
            "code_challenge_method": "s256",
        }
        given_only = urlencode({name: value for name, value in query.items() if value})
        url = f"{self._connection.settings.url}/auth/v1/authorize?{given_only}"
        return OAuthRequest(url=url, verifier=SecretStr(verifier))

    def _exchanged(self, code: str, verifier: str) -> Steps[User]:
        exchange = {"auth_code": code, "code_verifier": verifier}
        response: AuthResponse = yield Call(lambda: self._api.exchange_code_for_session(exchange))
        return _user(response)

    def _profile(self) -> Steps[User]:
        token = self._connection.keeper.bearer
        response: UserResponse | None = yield Call(lambda: self._api.get_user(token))
        if response is None:
            raise NotAuthenticated("nobody is signed in")
        return User.of(response.user)

    def _update(self, changes: dict[str, Any]) -> Steps[User]:
        token = self._connection.keeper.bearer
        if token is None:
            raise NotAuthenticated("nobody is signed in")
        # Not update_user: it would store the session of before the request, which may be
        # renewed by now, and knows no client with a token only.
        response = yield Call(lambda: self._api._request("PUT", "user", jwt=token, body=changes))
        user = yield Call(lambda: parse_user_response(response).user)
        self._connection.keeper.change_user(user)
        return User.of(user)


def _show(text: str) -> None:
    sys.stderr.write(f"Open this address to sign in:\n\n    {text}\n\n")


def _has_browser() -> bool:
    if os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _first_text(known: Mapping[str, Any], *names: str) -> str | None:
    # Whoever signs in may write anything into their own metadata.
    found = (known.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value), None)


def _address(email: object) -> str:
    if not isinstance(email, str) or "@" not in email:
        raise InvalidInput("email", "must be an e-mail address")
    return email.strip()


def _secret(password: object) -> str:
    if not isinstance(password, str) or not password:
        raise InvalidInput("password", "must not be empty")
    return password


def _credentials(email: object, password: object) -> dict[str, Any]:
    return {"email": _address(email), "password": _secret(password)}


def _user(response: AuthResponse) -> User:
    if response.user is None:
        raise NotAuthenticated("the auth server named no user")
    return User.of(response.user)
