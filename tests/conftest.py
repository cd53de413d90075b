"""One local stack for all tests, and two people who have signed up."""

from __future__ import annotations

import os
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, cast

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from supabase import Client, create_client
from supabase.lib.client_options import SyncClientOptions
from typer import testing
from typer.main import get_command

from campaign_sdk import CampaignClient
from campaign_sdk._core import exchange
from campaign_sdk.local import LocalSupabase, _stack
from clients import PASSWORD, Mode, client_of, sign_up
from elsewhere import elsewhere
from order import longest_first

# What is found hangs neither on luck nor on how busy a machine is. To look further:
# `pytest --hypothesis-profile=default`.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("tests")


def _read_once(create: Callable[..., ssl.SSLContext]) -> Callable[..., ssl.SSLContext]:
    """Keep the certificates that httpx trusts: reading them takes longer than most tests."""
    known = cache(create)

    def context(*args: Any, **options: Any) -> ssl.SSLContext:
        return known(**options) if options.keys() == {"cafile"} else create(*args, **options)

    return context


vars(ssl)["create_default_context"] = _read_once(ssl.create_default_context)
# A server that was cut off on purpose is there again at once.
vars(exchange)["_BACKOFF"] = 0.01
# A process builds its commands once; the runner would build them for each call.
vars(testing)["_get_command"] = cache(get_command)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; leave out what describes a local stack, where there's none."""
    longest_first(items)
    if elsewhere() is None:
        return
    skip = pytest.mark.skip(reason="describes the local stack, and this run has another Supabase")
    for item in items:
        if item.get_closest_marker("local_stack"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalSupabase]:
    """The stack, with the SDK's own migrations; or the Supabase that the environment names."""
    if there := elsewhere():
        yield cast(LocalSupabase, there)
        return
    # tests/mutants/ puts faults into copies of the migrations.
    with LocalSupabase(migrations=os.environ.get("CAMPAIGN_TEST_MIGRATIONS")) as running:
        yield running


class Still:
    """In the place of the ticker."""

    def __init__(self, _url: str) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


@pytest.fixture(scope="session")
def still(stack: LocalSupabase) -> Iterator[LocalSupabase]:
    """A stack without a tick of its own, which would be faster than a test now and then."""
    if elsewhere() is not None:
        yield stack
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_stack, "Ticker", Still)
        running = LocalSupabase(migrations=os.environ.get("CAMPAIGN_TEST_MIGRATIONS")).start()
    yield running
    running.stop()


@pytest.fixture(autouse=True, scope="module")
def _no_thread_is_left() -> Iterator[None]:
    """What a test has begun ends with it, or all that come later are slow."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    assert [thread for thread in left if not thread.daemon] == []


@contextmanager
def anonymous(stack: LocalSupabase) -> Iterator[Client]:
    """A plain supabase-py client that nobody has signed in to."""
    with httpx.Client(http2=False, timeout=30) as http:
        options = SyncClientOptions(
            httpx_client=http, auto_refresh_token=False, persist_session=False
        )
        yield create_client(stack.url, stack.anon_key, options)


@contextmanager
def signed_up(stack: LocalSupabase, name: str) -> Iterator[Client]:
    """A plain supabase-py client of somebody new."""
    with anonymous(stack) as client:
        email = f"{name}-{uuid.uuid4().hex}@example.com"
        client.auth.sign_up({"email": email, "password": PASSWORD})
        yield client


@pytest.fixture
def anon(stack: LocalSupabase) -> Iterator[Client]:
    with anonymous(stack) as client:
        yield client


@pytest.fixture
def alice(stack: LocalSupabase) -> Iterator[Client]:
    with signed_up(stack, "alice") as client:
        yield client


@pytest.fixture
def bob(stack: LocalSupabase) -> Iterator[Client]:
    with signed_up(stack, "bob") as client:
        yield client


@pytest.fixture
def db(stack: LocalSupabase) -> Iterator[psycopg.Connection]:
    """The database, as its superuser; each statement is committed at once."""
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def user_id() -> Callable[[Client], str]:
    """Tell whose client it is."""

    def of(client: Client) -> str:
        answer = client.auth.get_user()
        assert answer is not None
        return answer.user.id

    return of


@pytest.fixture
def visit() -> Callable[[LocalSupabase], AbstractContextManager[Client]]:
    """Open a client of a stack that isn't the one for all tests."""
    return anonymous


@pytest.fixture(params=["sync", "async"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """Which of the two clients: whatever holds for one holds for the other."""
    value: Mode = request.param
    return value


@pytest.fixture
def ann(stack: LocalSupabase, mode: Mode) -> Iterator[CampaignClient]:
    """The SDK's client of somebody new, in both modes one after the other."""
    with client_of(stack, mode) as client:
        yield sign_up(client, "ann")


@pytest.fixture
def ben(stack: LocalSupabase, mode: Mode) -> Iterator[CampaignClient]:
    """The SDK's client of somebody else."""
    with client_of(stack, mode) as client:
        yield sign_up(client, "ben")
