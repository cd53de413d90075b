"""Signing in with somebody else's account, such as Google's."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr
from supabase_auth.helpers import generate_pkce_challenge, generate_pkce_verifier
from supabase_auth.types import AuthResponse

from campaign_sdk._core.errors import CampaignError, InvalidInput, PermissionDenied
from campaign_sdk._core.failures import unreadable
from campaign_sdk._core.operation import Blocking, Call, Kind, Mode, Resource, Steps, operation
from campaign_sdk.auth._loopback import Loopback
from campaign_sdk.auth._models import OAuthRequest, User, user_of


def sent(function: Callable[[], Any], kind: Kind = "read") -> Call:
    """A call of the auth server, by supabase-py, which reads the answer as well."""
    return Call(function, unreadable, kind)


class OAuth(Resource[Mode]):
    """Signing in through a browser."""

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
            PermissionDenied: the project doesn't sign in with this provider.
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
        yield from self._require_provider(provider)
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

        Raises:
            InvalidInput: the provider isn't a name.
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

    def _require_provider(self, provider: str) -> Steps[None]:
        """Ask before a browser does: of what is off, only the browser would be told."""
        try:
            answer = yield sent(lambda: self._api._request("GET", "settings"))
            known = answer.json().get("external")
        except (CampaignError, ValueError, AttributeError):
            # The sign-in itself will say what is wrong.
            return
        if isinstance(known, dict) and known.get(str(provider).strip()) is False:
            raise PermissionDenied(
                f"this project doesn't sign in with {provider}: switch it on (Authentication, "
                "Providers)",
                code="provider_disabled",
            )

    def _exchanged(self, code: str, verifier: str) -> Steps[User]:
        exchange = {"auth_code": code, "code_verifier": verifier}
        response: AuthResponse = yield sent(
            lambda: self._api.exchange_code_for_session(exchange), "write"
        )
        return user_of(response)

    @property
    def _api(self) -> Any:
        return self._connection.supabase.auth


def _show(text: str) -> None:
    sys.stderr.write(f"Open this address to sign in:\n\n    {text}\n\n")


def _has_browser() -> bool:
    if os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
