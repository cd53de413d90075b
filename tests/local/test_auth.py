"""supabase-py's auth, unmodified."""

from __future__ import annotations

import httpx
import pytest
from supabase import Client
from supabase_auth.errors import AuthApiError

from campaign_sdk.local import LocalSupabase

from .google import EMAIL, Google

PASSWORD = "correct horse battery staple"


def test_password_round(anon: Client) -> None:
    email = "round@example.com"
    signed_up = anon.auth.sign_up({"email": email, "password": PASSWORD})
    assert signed_up.session is not None
    anon.auth.sign_out()
    signed_in = anon.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    assert signed_in.user is not None
    assert signed_in.user.email == email
    updated = anon.auth.update_user({"data": {"company": "Acme"}})
    assert updated.user.user_metadata["company"] == "Acme"
    refreshed = anon.auth.refresh_session()
    assert refreshed.session is not None
    assert refreshed.session.refresh_token != signed_up.session.refresh_token


def test_wrong_password(anon: Client) -> None:
    with pytest.raises(AuthApiError) as refused:
        anon.auth.sign_in_with_password({"email": "nobody@example.com", "password": "wrong"})
    assert refused.value.code == "invalid_credentials"


@pytest.mark.parametrize("with_id_token", [True, False])
def test_google_pkce(anon: Client, monkeypatch: pytest.MonkeyPatch, with_id_token: bool) -> None:
    monkeypatch.setattr(Google, "with_id_token", with_id_token)
    monkeypatch.setattr(Google, "visited", [])
    back = "http://127.0.0.1:9/back"
    anon.auth._flow_type = "pkce"
    start = anon.auth.sign_in_with_oauth({"provider": "google", "options": {"redirect_to": back}})

    # The browser's part: /authorize, Google, our callback, and home.
    location = start.url
    while not location.startswith(back):
        location = httpx.get(location).headers["location"]
    code = httpx.URL(location).params["code"]
    session = anon.auth.exchange_code_for_session(
        {"auth_code": code, "code_verifier": "", "redirect_to": back}
    )

    assert session.user is not None
    assert session.user.email == EMAIL
    assert Google.visited[:2] == ["/authorize", "/token"]
    assert with_id_token == ("/userinfo" not in Google.visited)


def test_unknown_key(stack: LocalSupabase) -> None:
    answer = httpx.get(f"{stack.url}/rest/v1/things", headers={"apikey": "sb_publishable_other"})
    assert answer.status_code == 401
