"""Auth as a fresh hosted project answers, which the local stack never does."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import pytest

from campaign_sdk import AlreadyExists, InvalidInput, NotAuthenticated, PermissionDenied
from clients import Mode
from wire import ACCESS, Both, answers, session

ADDRESS, SECRET = "a@example.com", "correct horse"


def refusing(code: str, message: str = "x", status: int = 422, **more: Any) -> httpx.Response:
    return httpx.Response(status, json={"error_code": code, "msg": message, **more})


def test_a_user_without_identities_is_no_new_account(mode: Mode) -> None:
    """With "Confirm email" on, the server hides that the address is taken."""
    invented = {
        **session().user.model_dump(mode="json"),
        "id": str(uuid.uuid4()),
        "identities": [],
        "confirmation_sent_at": "2026-01-01T00:00:00Z",
    }
    both = Both(mode, answers(httpx.Response(200, json=invented))[0])
    with pytest.raises(AlreadyExists, match="sign in"):
        both.result(both.client.auth.sign_up(ADDRESS, SECRET))
    identity = {
        **dict.fromkeys(("id", "identity_id", "user_id"), invented["id"]),
        "provider": "email",
        "identity_data": {},
        "created_at": "2026-01-01T00:00:00Z",
    }
    unconfirmed = {**invented, "identities": [identity]}
    both = Both(mode, answers(httpx.Response(200, json=unconfirmed))[0])
    assert str(both.result(both.client.auth.sign_up(ADDRESS, SECRET)).id) == invented["id"]


REFUSALS = [
    ("email_address_not_authorized", PermissionDenied, "Confirm email"),
    ("provider_disabled", PermissionDenied, "Providers"),
    ("captcha_failed", InvalidInput, "captcha_token"),
    ("reauthentication_needed", PermissionDenied, r"reauthenticate\(\)"),
    ("reauthentication_not_valid", InvalidInput, "nonce"),
    ("reauth_nonce_missing", InvalidInput, "nonce"),
    ("current_password_required", InvalidInput, "current_password"),
    ("current_password_mismatch", InvalidInput, "current_password"),
]


@pytest.mark.parametrize(("code", "error", "remedy"), REFUSALS)
def test_each_refusal_says_what_to_do(
    code: str, error: type[Exception], remedy: str, mode: Mode
) -> None:
    both = Both(mode, answers(refusing(code))[0])
    with pytest.raises(error, match=remedy):
        both.result(both.client.auth.sign_up(ADDRESS, SECRET))


SETS = "abcdefghijklmnopqrstuvwxyz, ABCDEFGHIJKLMNOPQRSTUVWXYZ, 0123456789"
SYMBOLS = r"!@#$%^&*()_+-=[]{};'\:\"|<>?,./`~"
WEAK = [
    (["length"], "Password should be at least 12 characters.", ["12 characters"]),
    (
        ["characters"],
        f"Password should contain at least one character of each: {SETS}",
        ["a small letter", "a capital letter", "a digit"],
    ),
    (
        ["length", "characters"],
        "Password should be at least 8 characters. Password should contain at least one "
        f"character of each: {SETS}, {SYMBOLS}.",
        ["8 characters", "a digit", "a symbol"],
    ),
    (["pwned"], "Password is known to be weak and easy to guess", ["leaked"]),
    ([], "Anything else", ["rules"]),
]


@pytest.mark.parametrize(("reasons", "message", "lacking"), WEAK)
def test_a_weak_password_is_told_what_it_lacks(
    reasons: list[str], message: str, lacking: list[str], mode: Mode
) -> None:
    answer = refusing("weak_password", message, weak_password={"reasons": reasons})
    both = Both(mode, answers(answer)[0])
    with pytest.raises(InvalidInput) as caught:
        both.result(both.client.auth.sign_up(ADDRESS, SECRET))
    assert caught.value.path == "password"
    for word in lacking:
        assert word in caught.value.message
    assert ("symbol" in caught.value.message) == ("a symbol" in lacking)


def test_a_captcha_is_passed_on(mode: Mode) -> None:
    handler, seen = answers(refusing("captcha_failed"))
    auth = Both(mode, handler)
    for call in (auth.client.auth.sign_up, auth.client.auth.sign_in_with_password):
        with pytest.raises(InvalidInput):
            auth.result(call(ADDRESS, SECRET, captcha_token="seen"))
    with pytest.raises(InvalidInput):
        auth.result(auth.client.auth.send_recovery(ADDRESS, captcha_token="seen"))
    tokens = [json.loads(r.content)["gotrue_meta_security"]["captcha_token"] for r in seen]
    assert tokens == ["seen"] * 3


def test_proofs_for_another_password_are_passed_on(mode: Mode) -> None:
    user = session().user.model_dump(mode="json")
    handler, seen = answers(httpx.Response(200, json=user))
    both = Both(mode, handler, signed_in=session())
    change = both.client.auth.change_password
    both.result(change("another", current_password=SECRET, nonce="123456"))
    both.result(change("another"))
    assert [json.loads(request.content) for request in seen] == [
        {"password": "another", "current_password": SECRET, "nonce": "123456"},
        {"password": "another"},
    ]


def test_a_fresh_proof_is_asked_for(mode: Mode) -> None:
    handler, seen = answers(httpx.Response(200, json={}))
    both = Both(mode, handler, signed_in=session())
    assert both.result(both.client.auth.reauthenticate()) is None
    assert (seen[0].method, seen[0].url.path) == ("GET", "/auth/v1/reauthenticate")
    assert seen[0].headers["authorization"] == f"Bearer {ACCESS}"
    both = Both(mode, handler)
    with pytest.raises(NotAuthenticated):
        both.result(both.client.auth.reauthenticate())


def test_a_provider_that_is_off_opens_no_browser(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one that is off only the browser would be told, and the loopback waits in vain."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    handler, seen = answers(httpx.Response(200, json={"external": {"google": False}}))
    both = Both(mode, handler)
    with pytest.raises(PermissionDenied, match="Providers"):
        both.result(both.client.auth.sign_in_with_google(open_browser=True, timeout=5))
    assert (opened, [request.url.path for request in seen]) == ([], ["/auth/v1/settings"])
