"""One body for both clients: driven alike, closed always, and typed for each."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import pydoc
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import postgrest._async.client
import postgrest._async.request_builder
import postgrest._sync.client
import postgrest._sync.request_builder
import pytest
import supabase
from postgrest.exceptions import APIError

from campaign_sdk import AsyncCampaignClient, CampaignClient, NotFound
from campaign_sdk._core.operation import (
    Call,
    Page,
    PagedSteps,
    Resource,
    Steps,
    aiterate,
    arun,
    iterate,
    operation,
    pages,
    run,
)
from campaign_sdk._core.paging import collect, map_pages
from campaign_sdk._nouns import Nouns
from clients import Mode

USAGE = Path(__file__).parent / "typed_usage.py"
REFUSED = APIError({"code": "PT404", "message": "no"})


class Script:
    """A body that notes what happens to it."""

    def __init__(self) -> None:
        self.log: list[object] = []

    def body(self, *requests: Any) -> Steps[list[object]]:
        try:
            for request in requests:
                try:
                    self.log.append((yield request))
                except NotFound as error:
                    self.log.append(error)
            return self.log
        finally:
            self.log.append("closed")

    def pages(self, *steps: Any) -> PagedSteps[Any]:
        try:
            for step in steps:
                self.log.append((yield step))
        finally:
            self.log.append("closed")


class Wire:
    """Makes requests that answer, or fail, in one of the modes."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode

    def request(self, answer: object) -> Call:
        def settled() -> object:
            if isinstance(answer, BaseException):
                raise answer
            return answer

        async def awaited() -> object:
            await asyncio.sleep(0)
            return settled()

        return Call(settled if self.mode == "sync" else awaited)

    def run(self, steps: Steps[Any]) -> Any:
        return run(steps) if self.mode == "sync" else asyncio.run(arun(steps))

    def items(self, steps: PagedSteps[Any], first: int | None = None) -> list[Any]:
        if self.mode == "sync":
            return _some(iterate(steps), first)
        return asyncio.run(_asome(aiterate(steps), first))


def _some(items: Iterator[Any], first: int | None) -> list[Any]:
    found = []
    # Closed as a `for` that is left does it, but at once and on every Python.
    with contextlib.closing(items) as left:  # type: ignore[type-var]
        for item in left:
            found.append(item)
            if len(found) == first:
                break
    return found


async def _asome(items: AsyncIterator[Any], first: int | None) -> list[Any]:
    found = []
    async with contextlib.aclosing(items) as left:  # type: ignore[type-var]
        async for item in left:
            found.append(item)
            if len(found) == first:
                break
    return found


def test_a_body_receives_its_answers(mode: Mode) -> None:
    wire, script = Wire(mode), Script()
    assert wire.run(script.body(wire.request(1), wire.request(2))) == [1, 2, "closed"]
    assert wire.run(script.body()) is script.log


def test_an_error_is_thrown_into_the_body_by_our_name(mode: Mode) -> None:
    wire, script = Wire(mode), Script()
    log = wire.run(script.body(wire.request(REFUSED), wire.request(2)))
    assert isinstance(log[0], NotFound)
    assert log[0].__cause__ is REFUSED
    assert log[1:] == [2, "closed"]


@pytest.mark.parametrize("error", [KeyError("a bug"), KeyboardInterrupt(), SystemExit()])
def test_what_isnt_ours_goes_through_and_the_body_is_closed(
    mode: Mode, error: BaseException
) -> None:
    wire, script = Wire(mode), Script()
    steps = script.body(wire.request(error))
    with pytest.raises(type(error)):
        wire.run(steps)
    assert script.log == ["closed"]


async def test_a_cancelled_body_is_closed() -> None:
    script = Script()
    task = asyncio.ensure_future(arun(script.body(Call(lambda: asyncio.sleep(60)))))
    await asyncio.sleep(0)
    task.cancel()
    [error] = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(error, asyncio.CancelledError)
    assert script.log == ["closed"]


def test_pages_come_as_they_are_asked_for(mode: Mode) -> None:
    wire, script = Wire(mode), Script()
    steps = [wire.request("a"), Page([1, 2]), Page([]), wire.request("b"), Page([3])]
    assert wire.items(script.pages(*steps)) == [1, 2, 3]
    assert script.log == ["a", None, None, "b", None, "closed"]
    script.log.clear()
    # Held here, so that it isn't the garbage collector who closes it.
    body = script.pages(*steps)
    assert wire.items(body, first=1) == [1]
    assert script.log == ["a", "closed"]
    assert inspect.getgeneratorstate(body) == inspect.GEN_CLOSED


def test_an_error_ends_the_pages(mode: Mode) -> None:
    wire, script = Wire(mode), Script()
    with pytest.raises(NotFound):
        wire.items(script.pages(Page([1]), wire.request(REFUSED), Page([2])))
    assert script.log == [None, "closed"]


def test_pages_can_be_mapped_and_collected(mode: Mode) -> None:
    wire, script = Wire(mode), Script()
    steps = [wire.request("a"), Page([1, 2]), Page([3])]
    # A page at a time, so that one bad item needn't spoil it.
    doubled = map_pages(lambda items: [2 * item for item in items], script.pages(*steps))
    assert wire.run(collect(doubled)) == [2, 4, 6]
    assert script.log == ["a", None, None, "closed"]


def resources() -> Iterator[type[Resource[Any]]]:
    client = CampaignClient("https://example.test", "key")
    for name, member in vars(Nouns).items():
        if isinstance(member, cached_property) and not name.startswith("_"):
            yield type(getattr(client, name))


def operations() -> Iterator[Any]:
    for resource in resources():
        for name, member in vars(resource).items():
            if isinstance(member, operation | pages):
                yield pytest.param(resource, name, member, id=f"{resource.__name__}.{name}")


def returned(signature: inspect.Signature) -> str:
    return str(signature.return_annotation)


def awaited(member: Any, result: str) -> str:
    if isinstance(member, operation):
        return f"Awaitable[{result}]"
    assert result.startswith("Iterator[")
    return f"Async{result}"


def test_help_shows_what_a_call_returns() -> None:
    with CampaignClient("https://x.test", "key") as client:
        shown = pydoc.plain(pydoc.render_doc(client.segments.size))
        # Python 3.13 writes a long signature on several lines.
        assert re.search(r"size\(\s*target: [^)]*\) -> AudienceSize\s", shown)
        whole = pydoc.plain(pydoc.render_doc(type(client.segments)))
        assert " -> AudienceSize\n" in whole
        assert " -> Iterator[Contact]\n" in whole
        for ours in ("Steps", "operation object", "pages object", "Generator"):
            assert ours not in whole
    other = AsyncCampaignClient("https://x.test", "key")
    shown = pydoc.plain(pydoc.render_doc(other.segments.size))
    assert re.search(r"\) -> Awaitable\[AudienceSize\]\s", shown)
    asyncio.run(other.aclose())


@pytest.mark.parametrize(("resource", "name", "member"), list(operations()))
def test_every_operation_is_there_in_both_modes(
    resource: type[Resource[Any]], name: str, member: Any
) -> None:
    with CampaignClient("https://x.test", "key") as sync:
        clients: list[Any] = [sync, AsyncCampaignClient("https://x.test", "key")]
        methods = [getattr(getattr(client, resource.__name__.lower()), name) for client in clients]
        for method in methods:
            assert method.__doc__ == member.body.__doc__ == member.__doc__
            assert method.__doc__.strip()
            assert method.__name__ == name
        one, other = (inspect.signature(method) for method in methods)
        assert one.parameters == other.parameters
        assert returned(other) == awaited(member, returned(one))
        assert "Steps" not in returned(one)
        assert "self" not in one.parameters
        # Whatever comes after the subject is named by its keyword.
        positional = [p.name for p in one.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert len(positional) <= 3
        asyncio.run(clients[1].aclose())


def test_a_method_belongs_to_its_resource() -> None:
    with CampaignClient("https://x.test", "key") as client:
        assert client.contacts.get.__self__ is client.contacts  # type: ignore[attr-defined]


def builder_pairs() -> Iterator[Any]:
    for sync, asynchronous in (
        (postgrest._sync.request_builder, postgrest._async.request_builder),
        (postgrest._sync.client, postgrest._async.client),
        (supabase, supabase),
    ):
        for name, kind in vars(sync).items():
            other = {"Client": "AsyncClient"}.get(name, name.replace("Sync", "Async"))
            if name != other and isinstance(kind, type) and hasattr(asynchronous, other):
                yield pytest.param(kind, getattr(asynchronous, other), id=name)


@pytest.mark.parametrize(("sync", "asynchronous"), list(builder_pairs()))
def test_a_builder_is_the_same_value_in_both_modes(sync: type, asynchronous: type) -> None:
    """`Resource._db` claims it with a cast."""
    ours, theirs = _shape(sync), _shape(asynchronous)
    # How a client is closed is the one thing that differs, and no operation closes one.
    closing = {"aclose", "close", "__enter__", "__aenter__", "__exit__", "__aexit__"}
    assert {name for name in ours if name not in closing} == set(theirs) - closing
    for name in set(ours) & set(theirs) - closing:
        assert ours[name] == theirs[name], name


def _shape(kind: type) -> dict[str, object]:
    members = {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}
    return {
        name: [(p.name, p.kind, p.default) for p in inspect.signature(member).parameters.values()]
        if inspect.isfunction(member)
        else type(member)
        for name, member in members.items()
        if name not in ("create", "remove_channel", "remove_all_channels")
    }


def test_there_are_pairs_to_compare() -> None:
    names = {case.id for case in builder_pairs()}
    assert {"SyncSelectRequestBuilder", "SyncRPCFilterRequestBuilder", "Client"} <= names
    assert len(list(operations())) > 30


def test_types_are_exact_in_both_modes() -> None:
    """mypy agrees with each `assert_type`, and reports what must be reported."""
    command = [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", str(USAGE)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "ignore[unused-coroutine]" in USAGE.read_text()
