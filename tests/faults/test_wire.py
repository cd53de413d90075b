"""Every fault of the wire, done to every kind of request, in both modes, before the real stack."""

from __future__ import annotations

import logging
import socket
import time
import traceback
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from campaign_sdk import CampaignError, ProtocolError, TimedOut, Unavailable
from campaign_sdk._core import exchange, transport
from campaign_sdk._core.operation import Kind
from campaign_sdk.local import LocalSupabase
from clients import Mode, client_of, sign_up

from . import faults
from .faults import CASES, GRACE, LARGEST, SHORT, Case
from .operations import CORE, Operation, World, world_of
from .proxy import Proxy

PERSON = "secretive-person"
WRITE = "auth.update_profile"


class There:
    """What the proxy's clients see: the stack's keys at the proxy's address."""

    def __init__(self, stack: LocalSupabase, url: str) -> None:
        self.url = url
        self.anon_key = stack.anon_key


class Scene:
    """A proxy, somebody with a world behind it, and a database to look into."""

    def __init__(self, stack: LocalSupabase, proxy: Proxy, db: psycopg.Connection) -> None:
        self.proxy = proxy
        self.db = db
        self.there: Any = There(stack, proxy.url)
        with client_of(stack) as client:
            sign_up(client, PERSON)
            self.world: World = world_of(client)
            session = client._connection.keeper.session
            assert session is not None
            self.session = session

    def client(self, mode: Mode, timeout: float) -> Any:
        return client_of(self.there, mode, timeout=timeout)

    def rows(self, operation: Operation, new: str) -> int:
        found = self.db.execute(operation.rows or "select 0", [new] if operation.rows else [])
        row = found.fetchone()
        assert row is not None
        return int(row[0])

    def secrets(self, stack: LocalSupabase) -> list[str]:
        return [stack.anon_key, self.session.access_token, self.session.refresh_token]


@pytest.fixture(scope="module")
def scene(stack: LocalSupabase) -> Iterator[Scene]:
    with Proxy(stack.url) as proxy, psycopg.connect(stack.db_url, autocommit=True) as db:
        yield Scene(stack, proxy, db)


@pytest.fixture(scope="module", autouse=True)
def _elsewhere() -> Iterator[list[str]]:
    """A host that redirects lead to: nobody may come."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.0)
        faults.ELSEWHERE[0] = f"127.0.0.1:{listening.getsockname()[1]}"
        yield faults.ELSEWHERE
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_BACKOFF", 0.001)
    monkeypatch.setattr(transport._Body, "most", LARGEST)


SOME = [each for each in CORE if each.name in ("contacts.upsert", "contacts.get", WRITE)]
PAIRS = [
    pytest.param(case, operation, id=f"{case.name}: {operation.name}")
    for case in CASES
    # Where time passes, one of each kind is enough.
    for operation in (SOME if case.timeout == SHORT else CORE)
]


@pytest.mark.parametrize(("case", "operation"), PAIRS)
def test_a_fault_is_a_typed_error_in_time(
    scene: Scene,
    stack: LocalSupabase,
    mode: Mode,
    case: Case,
    operation: Operation,
    caplog: pytest.LogCaptureFixture,
) -> None:
    new = uuid.uuid4().hex
    caplog.set_level(logging.INFO)
    began = time.monotonic()
    with scene.client(mode, case.timeout) as client:
        client._connection.keeper.keep(scene.session)
        with (
            scene.proxy.doing(case.do, operation.path, unread=case.unread) as arrived,
            pytest.raises(CampaignError) as caught,
        ):
            operation.do(client, scene.world, new)
    took = time.monotonic() - began
    error = caught.value
    assert type(error) is case.raises_for(operation.path), repr(error)
    assert took < case.timeout + GRACE
    # Before it is read, nobody can tell how much of it had left.
    if not case.unread:
        assert len(arrived) == case.requests(operation.kind)
        assert getattr(error, "maybe_applied", False) is in_doubt(type(error), operation.kind)
    assert scene.rows(operation, new) == (1 if case.applied and operation.rows else 0)
    told = "".join(traceback.format_exception(error)) + repr(error) + caplog.text
    assert not [secret for secret in scene.secrets(stack) if secret in told]


def in_doubt(raised: type[CampaignError], kind: Kind) -> bool:
    """Say what `maybe_applied` must be: of a read never, of a refusal neither."""
    return kind != "read" and raised in (ProtocolError, TimedOut, Unavailable)
