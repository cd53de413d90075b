"""Answers that are a success and perhaps JSON, but not ours: each is a typed error or the truth."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from campaign_sdk import CampaignClient, CampaignError, ProtocolError
from campaign_sdk._core import exchange
from campaign_sdk.campaigns import _freeze
from campaign_sdk.local import LocalSupabase
from clients import client_of, sign_up

from .operations import CORE, OTHERS, Operation, World, world_of
from .shapes import Recording, Replay, others

ALL = (*CORE, *OTHERS)
Replayed = Callable[[Operation, httpx.Response], None]


class Home:
    """Somebody with all that operations are about; the answers they get are kept."""

    def __init__(self, stack: LocalSupabase, client: CampaignClient, recording: Recording) -> None:
        self.stack = stack
        self.client = sign_up(client, "home")
        self.recording = recording
        self.world: World = world_of(client)
        self.session = client._connection.keeper.session

    def answers_to(self, operation: Operation) -> list[httpx.Response]:
        """Carry an operation out, and return the answers of the stack."""
        self.recording.answers.clear()
        try:
            operation.do(self.client, self.world, uuid.uuid4().hex)
        except CampaignError:
            # Some aren't possible any more; how that is said counts as well.
            assert self.recording.answers, operation.name
        return list(self.recording.answers)

    @contextmanager
    def replaying(self, answers: list[httpx.Response], index: int) -> Iterator[Replayed]:
        """Carry an operation out again and again, each time with another answer in one place."""
        wire = Replay(answers, index)
        with client_of(self.stack, transport=wire, timeout=5) as client:

            def replayed(operation: Operation, other: httpx.Response) -> None:
                assert self.session is not None
                client._connection.keeper.keep(self.session)
                wire.begin(other)
                try:
                    operation.do(client, self.world, uuid.uuid4().hex)
                finally:
                    assert wire.sent > index, "it didn't ask for that answer"

            yield replayed


@pytest.fixture(scope="module")
def home(stack: LocalSupabase) -> Iterator[Home]:
    recording = Recording()
    with client_of(stack, transport=recording) as client:
        yield Home(stack, client, recording)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_BACKOFF", 0.0)
    monkeypatch.setattr(_freeze, "_LONGEST_PAUSE", 0.0)
    monkeypatch.setattr(_freeze, "_TRIES", 3)


@pytest.mark.parametrize("operation", ALL, ids=lambda each: each.name)
def test_no_answer_raises_what_isnt_ours(home: Home, operation: Operation) -> None:
    answers = home.answers_to(operation)
    for index, answer in enumerate(answers):
        with home.replaying(answers, index) as replayed:
            for name, other in others(answer):
                try:
                    replayed(operation, other)
                except CampaignError:
                    continue
                except Exception as error:
                    raise AssertionError(f"answer {index}, {name}: {error!r}") from error
    home.session = home.client._connection.keeper.session or home.session


READS = [each for each in ALL if each.kind == "read"]


@pytest.mark.parametrize("status", [201, 202, 203, 204, 205, 299])
@pytest.mark.parametrize("operation", READS, ids=lambda each: each.name)
def test_a_read_that_isnt_answered_is_no_empty_listing(
    home: Home, operation: Operation, status: int
) -> None:
    answers = home.answers_to(operation)
    for index in range(len(answers)):
        with home.replaying(answers, index) as replayed:
            for content in (b"", b"[]"):
                other = httpx.Response(
                    status, headers={"content-type": "application/json"}, content=content
                )
                with pytest.raises(CampaignError):
                    replayed(operation, other)


class Cutting(Recording):
    """Carries requests out; of what is a set of rows, one comes, as with the lowest max-rows."""

    def __init__(self, sets: frozenset[str]) -> None:
        super().__init__()
        self._sets = sets

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        path, _, name = request.url.path.rpartition("/")
        if "/rest/v1" not in path or (path.endswith("/rpc") and name not in self._sets):
            return answer
        rows = answer.json() if request.method in ("GET", "POST") else None
        if not isinstance(rows, list):
            return answer
        kept = self.answers[-1]
        return httpx.Response(kept.status_code, headers=kept.headers, json=rows[:1])


@pytest.fixture(scope="module")
def sets(stack: LocalSupabase) -> frozenset[str]:
    """The functions that return a set of rows."""
    found = "select proname from pg_proc where pronamespace = 'public'::regnamespace and proretset"
    with psycopg.connect(stack.db_url) as db:
        return frozenset(name for (name,) in db.execute(found))


@pytest.mark.parametrize("operation", READS, ids=lambda each: each.name)
def test_what_max_rows_cuts_is_whole_or_told(
    home: Home, operation: Operation, sets: frozenset[str]
) -> None:
    try:
        whole = operation.do(home.client, home.world, "")
    except CampaignError:
        return
    told: list[str] = []
    found = None
    with client_of(home.stack, transport=Cutting(sets)) as client:
        assert home.session is not None
        client._connection.keeper.keep(home.session)
        try:
            found = operation.do(client, home.world, "")
        except ProtocolError as error:
            told.append(error.message)
    if isinstance(found, dict):
        found["exported_at"] = whole["exported_at"]
    told.extend(getattr(found, "warnings", ()))
    assert found == whole or any("Max rows" in each for each in told)
