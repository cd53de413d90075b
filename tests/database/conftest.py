"""Two people with a world each, and somebody whose world may be spoilt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import psycopg
import pytest
from postgrest import APIError
from supabase import Client, create_client
from supabase.lib.client_options import SyncClientOptions

from campaign_sdk.local import LocalSupabase
from conftest import anonymous, signed_up

from .world import World, belongings, settle

Refused = Callable[[Callable[[], object]], str]


@pytest.fixture(scope="session")
def mallory(stack: LocalSupabase) -> Iterator[World]:
    """Who attacks."""
    with signed_up(stack, "mallory") as client:
        yield settle(client)


@pytest.fixture(scope="session")
def victim(stack: LocalSupabase) -> Iterator[World]:
    """Who is attacked."""
    with signed_up(stack, "victim") as client:
        yield settle(client)


@pytest.fixture(scope="session")
def settling(stack: LocalSupabase) -> Iterator[Callable[[], World]]:
    """Settle somebody new."""
    with ExitStack() as clients:
        yield lambda: settle(clients.enter_context(signed_up(stack, "vandal")))


@pytest.fixture(scope="session")
def unspoilt() -> list[World]:
    """The world of a vandal who has been refused everything: good for another test."""
    return []


@pytest.fixture
def vandal(
    settling: Callable[[], World], unspoilt: list[World], db: psycopg.Connection
) -> Iterator[World]:
    """Who attacks so broadly that her own rows suffer."""
    world = unspoilt.pop() if unspoilt else settling()
    before = belongings(db, world.user_id)
    yield world
    if belongings(db, world.user_id) == before:
        unspoilt.append(world)


@pytest.fixture
def unharmed(db: psycopg.Connection, victim: World) -> Iterator[None]:
    """Whatever happens, the victim keeps what was hers, as it was."""
    before = belongings(db, victim.user_id)
    assert all(before.values())
    yield
    assert belongings(db, victim.user_id) == before


@pytest.fixture(scope="session")
def nobody(stack: LocalSupabase) -> Iterator[Client]:
    """A client that nobody has signed in to."""
    with anonymous(stack) as client:
        yield client


@pytest.fixture(scope="session")
def service(stack: LocalSupabase) -> Iterator[Client]:
    """A client with the secret key."""
    with httpx.Client(http2=False, timeout=30) as http:
        options = SyncClientOptions(
            httpx_client=http, auto_refresh_token=False, persist_session=False
        )
        yield create_client(stack.url, stack.service_key, options)


@pytest.fixture
def refused() -> Refused:
    """Return the code with which the API refuses a request."""

    def code(request: Callable[[], object]) -> str:
        with pytest.raises(APIError) as caught:
            request()
        assert caught.value.code
        return caught.value.code

    return code
