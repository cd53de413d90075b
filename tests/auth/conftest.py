"""A stack where Google is played by a stand-in, and one whose tokens live for seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auth.clocks import Clocks
from campaign_sdk import CampaignClient
from campaign_sdk.local import LocalSupabase
from clients import Mode, client_of, sign_up
from local.google import stand_in

# Of an access token; it is renewed in the last quarter.
LIFETIME = 2


@pytest.fixture(params=["sync", "async"])
def mode(request: pytest.FixtureRequest) -> Mode:
    value: Mode = request.param
    return value


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalSupabase]:
    """Instead of the one for all tests."""
    with stand_in() as google, LocalSupabase(google_url=google) as running:
        yield running


@pytest.fixture(scope="session")
def brief() -> Iterator[LocalSupabase]:
    """A stack whose access tokens live for seconds."""
    with LocalSupabase(jwt_expiry=LIFETIME) as running:
        yield running


@pytest.fixture
def ann(stack: LocalSupabase, mode: Mode) -> Iterator[CampaignClient]:
    """Somebody who has signed up."""
    with client_of(stack, mode) as client:
        yield sign_up(client, "ann")


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)
