"""How a session ends or is renewed on purpose, and what happens at the same moment."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from auth.clocks import Clocks
from auth.tap import Tap, failing, renews
from campaign_sdk import AuthUnavailable, CampaignClient, CampaignError, NotAuthenticated
from campaign_sdk.local import LocalSupabase
from campaign_sdk.stores import FileStore
from clients import Mode, client_of, sign_up
from wire import ACCESS, session

HOUR = 3600


def test_a_refused_refresh_token_ends_it(
    stack: LocalSupabase, mode: Mode, clocks: Clocks, tmp_path: Any
) -> None:
    store = FileStore(stack.url, tmp_path)
    tap = Tap()
    with client_of(stack, mode, store=store, transport=tap, anonymous=True) as client:
        sign_up(client, "refused")
        with client_of(stack, mode, access_token=_token(client)) as same:
            assert same.auth.sign_out() is True
        clocks.pass_by(HOUR)
        for _ in range(3):
            with pytest.raises(NotAuthenticated, match="session has ended"):
                client.contacts.count()
        assert tap.renewals == 1
        assert tap.tokens == []
        assert client.auth.user is None
        assert store.load() is None
        # Signing in anew is still possible.
        sign_up(client, "refused")
        assert client.contacts.count() == 0


def _token(client: CampaignClient) -> str:
    session = client.auth.session
    assert session is not None
    return session.access_token.get_secret_value()


def test_signed_out_by_another_process(
    stack: LocalSupabase, mode: Mode, clocks: Clocks, tmp_path: Any
) -> None:
    store = FileStore(stack.url, tmp_path)
    with client_of(stack, mode, store=store) as client:
        sign_up(client, "two")
        with client_of(stack, mode, store=FileStore(stack.url, tmp_path)) as other:
            assert other.auth.sign_out() is True
        clocks.pass_by(HOUR)
        for _ in range(2):
            with pytest.raises(NotAuthenticated):
                client.contacts.count()


def test_somebody_else_signed_in_by_another_process(
    stack: LocalSupabase, mode: Mode, clocks: Clocks, tmp_path: Any
) -> None:
    with client_of(stack, mode, store=FileStore(stack.url, tmp_path)) as client:
        sign_up(client, "alice")
        with client_of(stack, mode, store=FileStore(stack.url, tmp_path)) as other:
            sign_up(other, "bob")
            clocks.pass_by(HOUR)
            for _ in range(2):
                with pytest.raises(NotAuthenticated, match="somebody else"):
                    client.contacts.count()
            assert other.contacts.count() == 0


def test_signing_out_during_a_renewal_stays(stack: LocalSupabase, mode: Mode) -> None:
    tap = Tap()
    with client_of(stack, mode, transport=tap) as client:
        sign_up(client, "hasty")

        def sign_out(request: httpx.Request) -> None:
            if renews(request):
                client._connection.keeper.forget()

        tap.answer = sign_out
        with pytest.raises(NotAuthenticated):
            client.auth.refresh()
        assert client.auth.user is None
        with pytest.raises(NotAuthenticated):
            client.contacts.count()


def test_signing_in_during_a_renewal_stays(stack: LocalSupabase, mode: Mode) -> None:
    tap = Tap()
    with client_of(stack, mode, transport=tap) as client:
        sign_up(client, "late")
        keeper = client._connection.keeper

        def sign_in(request: httpx.Request) -> None:
            if renews(request):
                keeper.keep(session())

        tap.answer = sign_in
        client.auth.refresh()
        assert keeper.token == ACCESS


def test_renewing_by_hand(stack: LocalSupabase, mode: Mode) -> None:
    tap = Tap()
    with client_of(stack, mode, transport=tap, timeout=5) as client:
        with pytest.raises(NotAuthenticated):
            client.auth.refresh()
        sign_up(client, "hand")
        assert client.auth.refresh().access_token.get_secret_value() == _token(client)
        assert tap.renewals == 1
        tap.answer = failing(httpx.Response(502))
        with pytest.raises(AuthUnavailable):
            client.auth.refresh()
        # The token is as good as before.
        assert client.contacts.count() == 0
        with client_of(stack, mode, access_token=_token(client)) as other:
            with pytest.raises(NotAuthenticated, match="no session to renew"):
                other.auth.refresh()
            assert other.contacts.count() == 0


def test_a_wrong_key_costs_no_session(stack: LocalSupabase, mode: Mode, clocks: Clocks) -> None:
    tap = Tap()
    with client_of(stack, mode, transport=tap) as client:
        sign_up(client, "key")
        clocks.pass_by(HOUR)
        tap.answer = failing(httpx.Response(401, json={"message": "Invalid API key"}))
        with pytest.raises(CampaignError, match="SUPABASE_ANON_KEY"):
            client.contacts.count()
        tap.answer = Tap().answer
        assert client.contacts.count() == 0
