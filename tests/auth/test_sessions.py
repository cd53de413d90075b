"""Coming and going: the profile, signing out, given tokens, and nobody at all."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from auth.tap import Tap
from campaign_sdk import (
    AlreadyExists,
    CampaignClient,
    ConfigurationError,
    InvalidInput,
    NotAuthenticated,
    PermissionDenied,
)
from campaign_sdk.auth import User
from campaign_sdk.local import LocalSupabase
from campaign_sdk.stores import FileStore
from clients import PASSWORD, Mode, client_of, sign_up
from wire import Both, answers, session


def token_of(client: CampaignClient) -> str:
    held = client.auth.session
    assert held is not None
    return held.access_token.get_secret_value()


def email_of(client: CampaignClient) -> str:
    assert client.auth.user is not None
    return str(client.auth.user.email)


def test_the_profile(ann: CampaignClient) -> None:
    before = ann.auth.profile()
    assert before.full_name is None
    after = ann.auth.update_profile(full_name="Ann Ü", avatar_url="https://example.com/a.png")
    assert (after.id, after.email) == (before.id, before.email)
    assert (after.full_name, after.avatar_url) == ("Ann Ü", "https://example.com/a.png")
    assert ann.auth.profile() == ann.auth.user == after
    # What isn't given stays; None removes.
    assert ann.auth.update_profile(avatar_url=None).full_name == "Ann Ü"
    assert ann.auth.profile().avatar_url is None
    ann.auth.refresh()
    assert ann.auth.profile().full_name == "Ann Ü"


def test_strange_metadata_is_no_crash(ann: CampaignClient) -> None:
    token = token_of(ann)
    url = f"{ann._connection.settings.url}/auth/v1/user"
    headers = {"apikey": ann._connection.settings.key, "Authorization": f"Bearer {token}"}
    data = {"full_name": 7, "name": "Ann", "avatar_url": ["x"], "picture": None}
    httpx.put(url, json={"data": data}, headers=headers).raise_for_status()
    assert ann.auth.profile().full_name == "Ann"
    assert ann.auth.profile().avatar_url is None


def test_another_password(ann: CampaignClient, stack: LocalSupabase, mode: Mode) -> None:
    email = email_of(ann)
    assert ann.auth.change_password("another good one").email == email
    with client_of(stack, mode) as client:
        with pytest.raises(NotAuthenticated, match="wrong"):
            client.auth.sign_in_with_password(email, PASSWORD)
        assert client.auth.sign_in_with_password(email, "another good one").email == email
    with pytest.raises(InvalidInput):
        ann.auth.change_password("")
    with pytest.raises(InvalidInput):
        ann.auth.change_password("x")


def test_another_address(mode: Mode) -> None:
    user = session().user.model_dump(mode="json") | {"email": "new@example.com"}
    handler, seen = answers(httpx.Response(200, json=user))
    both = Both(mode, handler, signed_in=session())
    assert both.result(both.client.auth.change_email(" new@example.com ")).id
    assert (seen[0].method, seen[0].url.path) == ("PUT", "/auth/v1/user")
    assert json.loads(seen[0].content) == {"email": "new@example.com"}
    handler, _ = answers(httpx.Response(422, json={"error_code": "email_exists", "msg": "x"}))
    both = Both(mode, handler, signed_in=session())
    with pytest.raises(AlreadyExists):
        both.result(both.client.auth.change_email("new@example.com"))
    with pytest.raises(InvalidInput):
        both.result(both.client.auth.change_email("nobody"))


def test_a_recovery_mail(mode: Mode) -> None:
    handler, seen = answers(httpx.Response(200, json={}))
    both = Both(mode, handler)
    auth = both.client.auth
    assert both.result(auth.send_recovery("a@example.com", redirect_to="https://x.test/")) is None
    assert seen[0].url.path == "/auth/v1/recover"
    assert seen[0].url.params["redirect_to"] == "https://x.test/"
    body = json.loads(seen[0].content)
    assert body["email"] == "a@example.com"
    # A challenge would ask for a secret that the browser with the mail doesn't have.
    assert "code_challenge" not in body


def test_mails_by_a_real_server(stack: LocalSupabase, mode: Mode, ann: CampaignClient) -> None:
    with client_of(stack, mode) as nobody:
        assert nobody.auth.send_recovery(email_of(ann)) is None


def test_who_isnt_signed_in(stack: LocalSupabase, mode: Mode) -> None:
    with client_of(stack, mode) as nobody:
        for operation in (
            nobody.auth.profile,
            nobody.auth.refresh,
            lambda: nobody.auth.update_profile(full_name="x"),
            lambda: nobody.auth.change_password("long enough"),
            nobody.contacts.count,
        ):
            with pytest.raises(NotAuthenticated):
                operation()
        assert nobody.auth.session is None
        assert nobody.auth.user is None
        assert nobody.auth.sign_out() is False
    with client_of(stack, mode, anonymous=True) as nobody, pytest.raises(PermissionDenied):
        nobody.contacts.count()


def test_signing_out(ann: CampaignClient, stack: LocalSupabase, mode: Mode) -> None:
    token = token_of(ann)
    assert ann.auth.sign_out() is True
    assert ann.auth.user is None
    with pytest.raises(NotAuthenticated):
        ann.contacts.count()
    with client_of(stack, mode, access_token=token) as late, pytest.raises(NotAuthenticated):
        late.auth.profile()


def test_signing_out_of_one_place_only(
    ann: CampaignClient, stack: LocalSupabase, mode: Mode
) -> None:
    with client_of(stack, mode) as elsewhere:
        elsewhere.auth.sign_in_with_password(email_of(ann), PASSWORD)
        assert elsewhere.auth.sign_out() is True
    assert ann.auth.refresh().user == ann.auth.user


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("no"), httpx.ReadTimeout("no"), httpx.Response(502)], ids=repr
)
def test_signing_out_offline(
    stack: LocalSupabase, mode: Mode, tmp_path: Path, failure: Any
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        if isinstance(failure, Exception):
            raise failure
        return httpx.Response(failure.status_code)

    store, tap = FileStore(stack.url, tmp_path), Tap()
    with client_of(stack, mode, store=store, transport=tap) as client:
        sign_up(client, "offline")
        client.contacts.count()
        tap.answer = fail
        assert client.auth.sign_out() is False
        assert store.load() is None
        assert client.auth.user is None
        tap.answer = Tap().answer
        sent = len(tap.seen)
        # Least of all as the one who has just signed out.
        with pytest.raises(NotAuthenticated):
            client.contacts.count()
        assert len(tap.seen) == sent


def test_signing_out_when_it_has_ended(ann: CampaignClient, stack: LocalSupabase) -> None:
    with CampaignClient(stack.url, stack.anon_key, access_token=token_of(ann)) as same:
        assert same.auth.sign_out() is True
        with pytest.raises(NotAuthenticated):
            same.contacts.count()
    assert ann.auth.sign_out() is True


def test_supabase_py_signs_out(stack: LocalSupabase, tmp_path: Path) -> None:
    store = FileStore(stack.url, tmp_path)
    with CampaignClient(stack.url, stack.anon_key, store=store) as client:
        sign_up(client, "below")
        client.supabase.auth.sign_out({"scope": "local"})
        assert store.load() is None
        with pytest.raises(NotAuthenticated):
            client.contacts.count()


def test_supabase_py_changes_the_user_while_the_session_is_renewed(stack: LocalSupabase) -> None:
    tap = Tap()
    with CampaignClient(stack.url, stack.anon_key, transport=tap) as client:
        sign_up(client, "race")

        def renew(request: httpx.Request) -> None:
            if request.method == "PUT":
                tap.answer = Tap().answer
                client.auth.refresh()

        tap.answer = renew
        client.supabase.auth.update_user({"data": {"full_name": "Racer"}})
        assert client.auth.user is not None
        assert client.auth.user.full_name == "Racer"
        # The refresh token of before is spent.
        keeper = client._connection.keeper
        assert keeper.session is not None
        assert keeper.session.refresh_token not in keeper._replaced
        assert client.auth.refresh().user.full_name == "Racer"


def test_a_given_token(ann: CampaignClient, stack: LocalSupabase, mode: Mode) -> None:
    tap = Tap()
    with client_of(stack, mode, access_token=token_of(ann), transport=tap) as job:
        job.contacts.upsert([{"email": "x@example.com"}])
        assert job.auth.profile() == ann.auth.user
        assert job.auth.update_profile(full_name="By token").full_name == "By token"
        tap.answer = lambda _: httpx.Response(401, json={"code": "PGRST303", "message": "expired"})
        with pytest.raises(NotAuthenticated):
            job.contacts.count()
    assert tap.renewals == 0
    assert ann.contacts.count() == 1


def test_a_token_from_the_environment(
    ann: CampaignClient, stack: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_URL", stack.url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", stack.anon_key)
    monkeypatch.setenv("CAMPAIGN_ACCESS_TOKEN", f" {token_of(ann)}\n")
    with CampaignClient.from_env(None) as job:
        assert job.auth.profile() == ann.auth.user
        assert token_of(ann) not in repr(job._connection.settings)
    # Only where it is asked for.
    with CampaignClient(stack.url, stack.anon_key) as client, pytest.raises(NotAuthenticated):
        client.contacts.count()
    monkeypatch.setenv("CAMPAIGN_ACCESS_TOKEN", "to ken")
    with pytest.raises(ConfigurationError, match="CAMPAIGN_ACCESS_TOKEN"):
        CampaignClient.from_env(None)


def test_signing_up_twice(ann: CampaignClient) -> None:
    user = ann.auth.user
    with pytest.raises(AlreadyExists):
        ann.auth.sign_up(email_of(ann), PASSWORD)
    with pytest.raises(NotAuthenticated):
        ann.auth.sign_in_with_password(email_of(ann), "wrong")
    # Who was signed in is so still.
    assert ann.auth.user == user
    assert ann.auth.profile() == user


def test_users_and_sessions_show_no_secret(ann: CampaignClient) -> None:
    shown = repr(ann.auth.session) + repr(ann.auth.user) + str(ann.auth.session)
    assert token_of(ann) not in shown
    assert email_of(ann) not in shown
    assert isinstance(ann.auth.user, User)
    assert uuid.UUID(str(ann.auth.user.id)).version is not None
    assert time.time() < ann.auth.session.expires_at.timestamp()  # type: ignore[union-attr]
