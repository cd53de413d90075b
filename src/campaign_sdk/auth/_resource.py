"""Who is signed in, and how they come and go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr
from supabase_auth.helpers import (
    parse_user_response,
)
from supabase_auth.types import AuthResponse, UserResponse

from campaign_sdk._core.errors import (
    AlreadyExists,
    CampaignError,
    InvalidInput,
    NotAuthenticated,
)
from campaign_sdk._core.failures import unreadable
from campaign_sdk._core.model import NOT_GIVEN, NotGiven, given
from campaign_sdk._core.operation import Call, Mode, Steps, operation
from campaign_sdk.auth._models import Session, User, user_of
from campaign_sdk.auth._oauth import OAuth, sent


class Auth(OAuth[Mode]):
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
    def sign_up(
        self,
        email: str,
        password: str,
        *,
        full_name: str | None = None,
        captcha_token: str | None = None,
    ) -> Steps[User]:
        """Create an account, and sign in unless the project wants the address confirmed.

        Args:
            email: the address of the account.
            password: as the project's rules ask for.
            full_name: for the profile.
            captcha_token: what the CAPTCHA gave the person, if the project asks for one.

        Raises:
            AlreadyExists: there is an account with this address.
            InvalidInput: the address or the password isn't acceptable, or a CAPTCHA is missing.
            PermissionDenied: the project lets nobody sign up, or can't write to this address.
        """
        credentials = _credentials(email, password, captcha_token)
        if full_name is not None:
            credentials["options"]["data"] = {"full_name": full_name}
        response: AuthResponse = yield sent(lambda: self._api.sign_up(credentials), "write")
        # To hide whether there is one, the server invents a user, whom no identity belongs to.
        if response.session is None and response.user and response.user.identities == []:
            raise AlreadyExists("there is an account with this e-mail address: sign in instead")
        return user_of(response)

    @operation
    def sign_in_with_password(
        self, email: str, password: str, *, captcha_token: str | None = None
    ) -> Steps[User]:
        """Sign in.

        Args:
            email: the address of the account.
            password: its password.
            captcha_token: what the CAPTCHA gave the person, if the project asks for one.

        Raises:
            NotAuthenticated: the address or the password is wrong.
            InvalidInput: the project asks for a CAPTCHA.
        """
        credentials = _credentials(email, password, captcha_token)
        response: AuthResponse = yield sent(
            lambda: self._api.sign_in_with_password(credentials), "write"
        )
        return user_of(response)

    @operation
    def refresh(self) -> Steps[Session]:
        """Renew the session now, though it may be good yet.

        Raises:
            NotAuthenticated: nobody is signed in, or the session has ended.
            AuthUnavailable: the auth server gives no answer; the session is kept.
        """
        yield Call(self._connection.renew, unreadable)
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
    def change_password(
        self,
        password: str,
        *,
        current_password: str | NotGiven = NOT_GIVEN,
        nonce: str | NotGiven = NOT_GIVEN,
    ) -> Steps[User]:
        """Set another password.

        Args:
            password: the new one.
            current_password: the one of before, if the project asks for it.
            nonce: the code of the mail that `reauthenticate` has sent, if the project wants
                a fresh proof.

        Raises:
            InvalidInput: it is too weak, or the one of before, or something is missing.
            PermissionDenied: the project wants a fresh proof: `reauthenticate` first.
        """
        proofs = given(current_password=current_password, nonce=nonce)
        return (yield from self._update({"password": _secret(password), **proofs}))

    @operation
    def reauthenticate(self) -> Steps[None]:
        """Have a mail sent with a code, which `change_password` takes as `nonce`.

        Raises:
            NotAuthenticated: nobody is signed in.
        """
        token = self._connection.keeper.bearer
        if token is None:
            raise NotAuthenticated("nobody is signed in")
        yield sent(lambda: self._api._request("GET", "reauthenticate", jwt=token))

    @operation
    def send_recovery(
        self, email: str, *, redirect_to: str | None = None, captcha_token: str | None = None
    ) -> Steps[None]:
        """Have a mail sent with which the account can be recovered, if there is one.

        Args:
            email: the address of the account.
            redirect_to: where its link leads, if not to the project's site.
            captcha_token: what the CAPTCHA gave the person, if the project asks for one.
        """
        asked = {"redirect_to": redirect_to, "captcha_token": captcha_token}
        options = {name: value for name, value in asked.items() if value is not None}
        address = _address(email)
        yield sent(lambda: self._api.reset_password_for_email(address, options), "write")

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
        yield sent(lambda: self._api.sign_out({"scope": "local"}), "write")
        return has_ended

    def _ended(self) -> Steps[bool]:
        """Have the server end the session, while there is still a token to prove whose it is."""
        try:
            token = self._connection.keeper.bearer
            if token is not None:
                yield sent(lambda: self._api.admin.sign_out(token, "local"), "write")
        except NotAuthenticated:
            # It had ended already.
            return True
        except CampaignError:
            return False
        return token is not None

    def _profile(self) -> Steps[User]:
        token = self._connection.keeper.bearer
        response: UserResponse | None = yield sent(lambda: self._api.get_user(token))
        if response is None:
            raise NotAuthenticated("nobody is signed in")
        return User.of(response.user)

    def _update(self, changes: dict[str, Any]) -> Steps[User]:
        token = self._connection.keeper.bearer
        if token is None:
            raise NotAuthenticated("nobody is signed in")
        # Not update_user: it would store the session of before the request, which may be
        # renewed by now, and knows no client with a token only.
        response = yield sent(
            lambda: self._api._request("PUT", "user", jwt=token, body=changes), "write"
        )
        user = yield sent(lambda: parse_user_response(response).user)
        self._connection.keeper.change_user(user)
        return User.of(user)


def _address(email: object) -> str:
    if not isinstance(email, str) or "@" not in email:
        raise InvalidInput("email", "must be an e-mail address")
    return email.strip()


def _secret(password: object) -> str:
    if not isinstance(password, str) or not password:
        raise InvalidInput("password", "must not be empty")
    return password


def _credentials(email: object, password: object, captcha_token: str | None) -> dict[str, Any]:
    options = {} if captcha_token is None else {"captcha_token": captcha_token}
    return {"email": _address(email), "password": _secret(password), "options": options}
