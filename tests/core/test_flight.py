"""Several requests on their way at a time: bounded, in order, and none forgotten."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from postgrest.exceptions import APIError

from campaign_sdk import NotFound
from campaign_sdk._core import flight as module
from campaign_sdk._core.flight import MOST, Flight
from campaign_sdk._core.operation import Blocking, Call, Resource, Steps, arun, run
from clients import Mode

REFUSED = APIError({"code": "PT404", "message": "no"})


class Air:
    """Requests that note when they leave, and answer when they are told."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.resource = cast(Resource[Any], SimpleNamespace(is_async=mode == "async"))
        self.left: list[object] = []
        self.landed: list[object] = []
        self.most = self._flying = 0
        self._counting = threading.Lock()

    def request(self, answer: object, seconds: float = 0.0) -> Call:
        def take_off() -> None:
            with self._counting:
                self.left.append(answer)
                self._flying += 1
                self.most = max(self.most, self._flying)

        def settled() -> object:
            with self._counting:
                self._flying -= 1
            if isinstance(answer, Exception):
                raise answer
            return answer

        def at_once() -> object:
            take_off()
            time.sleep(seconds)
            return settled()

        async def awaited() -> object:
            take_off()
            await asyncio.sleep(seconds)
            return settled()

        return Call(at_once if self.mode == "sync" else awaited)

    def fly(self, body: Callable[[Flight], Steps[None]]) -> None:
        def steps() -> Steps[None]:
            with Flight(self.resource) as flight:
                yield from body(flight)
                yield from flight.land()

        if self.mode == "sync":
            run(steps())
        else:
            asyncio.run(arun(steps()))


def test_answers_are_taken_in_the_order_of_sending(mode: Mode) -> None:
    air = Air(mode)

    def body(flight: Flight) -> Steps[None]:
        for number in range(12):
            request = air.request(number, 0.03 if number % 3 == 0 else 0.0)
            yield from flight.send(request, air.landed.append)

    air.fly(body)
    assert air.landed == list(range(12))
    assert 1 < air.most <= MOST


def test_two_about_the_same_are_never_together(mode: Mode) -> None:
    air = Air(mode)

    def body(flight: Flight) -> Steps[None]:
        for number, keys in enumerate(({"a", "b"}, {"c"}, {"b"}, {"b"})):
            yield from flight.send(air.request(number, 0.02), air.landed.append, keys)
            if number == 2:
                # The first has landed before it, and the second may be on its way.
                assert air.landed[:1] == [0]
            if number == 3:
                assert air.landed == [0, 1, 2]

    air.fly(body)
    assert air.landed == [0, 1, 2, 3]


@pytest.mark.parametrize("failing", range(4))
def test_a_failure_hides_nothing_that_lands_beside_it(mode: Mode, failing: int) -> None:
    air = Air(mode)

    def body(flight: Flight) -> Steps[None]:
        for number in range(40):
            answer: object = REFUSED if number == failing else number
            yield from flight.send(air.request(answer, 0.01), air.landed.append)

    with pytest.raises(NotFound):
        air.fly(body)
    sent = [answer for answer in air.left if answer is not REFUSED]
    assert air.landed == sent == [n for n in range(len(air.left)) if n != failing]
    # Nothing is sent once it is known.
    assert len(air.left) <= failing + MOST


def test_of_several_failures_the_first_is_told(mode: Mode) -> None:
    air = Air(mode)
    stale = APIError({"code": "CMP01", "message": "later"})

    def body(flight: Flight) -> Steps[None]:
        yield from flight.send(air.request(REFUSED, 0.05), air.landed.append)
        yield from flight.send(air.request(stale), air.landed.append)
        yield from flight.send(air.request("good", 0.05), air.landed.append)

    with pytest.raises(NotFound):
        air.fly(body)
    assert air.landed == ["good"]


def test_what_cant_be_read_hides_nothing_either(mode: Mode) -> None:
    air = Air(mode)

    def body(flight: Flight) -> Steps[None]:
        yield from flight.send(air.request("sent", 0.05), air.landed.append)
        yield from flight.read(air.request(REFUSED))

    with pytest.raises(NotFound):
        air.fly(body)
    assert air.landed == ["sent"]


def test_what_somebody_elses_code_raises_hides_nothing_either(mode: Mode) -> None:
    air = Air(mode)

    def full(_: object) -> None:
        raise OSError("the disk is full")

    def told(flight: Flight) -> Steps[None]:
        yield from flight.send(air.request("told"), full)
        yield from flight.send(air.request("beside it", 0.05), air.landed.append)

    def read(flight: Flight) -> Steps[None]:
        yield from flight.send(air.request("sent", 0.05), air.landed.append)
        yield from flight.read(Blocking(partial(full, None)))

    for body in (told, read):
        with pytest.raises(OSError, match="the disk is full"):
            air.fly(body)
    assert air.landed == ["beside it", "sent"]


def test_a_failure_is_told_before_more_is_read(mode: Mode) -> None:
    air = Air(mode)

    def body(flight: Flight) -> Steps[None]:
        yield from flight.send(air.request(REFUSED), air.landed.append)
        yield air.request("a while", 0.05)
        yield from flight.read(air.request("the next"))

    with pytest.raises(NotFound):
        air.fly(body)
    assert "the next" not in air.left


def test_an_interruption_waits_for_what_is_on_its_way() -> None:
    air, seen = Air("sync"), []

    def slow() -> None:
        time.sleep(0.1)
        seen.append("stored")

    def body(flight: Flight) -> Steps[None]:
        yield from flight.send(Call(slow), air.landed.append)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        air.fly(body)
    assert seen == ["stored"]


def test_an_interruption_doesnt_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    air, over = Air("sync"), threading.Event()

    def body(flight: Flight) -> Steps[None]:
        yield from flight.send(Call(lambda: over.wait(60)), air.landed.append)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        air.fly(body)
    over.set()


async def test_a_cancellation_takes_all_along(caplog: pytest.LogCaptureFixture) -> None:
    air = Air("async")

    def body() -> Steps[None]:
        with Flight(air.resource) as flight:
            yield from flight.send(air.request("lost", 60), air.landed.append)
            yield from flight.send(air.request(REFUSED), air.landed.append)
            yield from flight.send(air.request("lost too", 60), air.landed.append)
            yield from flight.land()

    task = asyncio.ensure_future(arun(body()))
    await asyncio.sleep(0.05)
    task.cancel()
    [error] = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(error, asyncio.CancelledError)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    del error, task
    gc.collect()
    assert not caplog.records
