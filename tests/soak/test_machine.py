"""Whatever is done in whatever order, the database holds what the model holds."""

from __future__ import annotations

from contextlib import ExitStack
from typing import ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from campaign_sdk.local import LocalSupabase
from clients import Mode, client_of, sign_up

from .person import CITIES, MOVES, Person

numbers = st.integers(0, 5)
cities = st.sampled_from(CITIES)
anywhere = st.sampled_from([None, *CITIES])
people = st.lists(st.tuples(numbers, cities, st.integers(0, 3), st.booleans()), max_size=6)


class Machine(RuleBasedStateMachine):
    """The rules: what a user does."""

    stack: ClassVar[LocalSupabase]
    mode: ClassVar[Mode]

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        client = self._open.enter_context(client_of(self.stack, self.mode))
        self.person = Person(sign_up(client, "model"))

    def teardown(self) -> None:
        with self._open:
            self.person.compare()

    @initialize(some=people)
    def begin(self, some: list[tuple[int, str, int, bool]]) -> None:
        self.person.upsert([(number, CITIES[number % 3], number, False) for number in range(6)])
        self.person.upsert(some)
        self.person.create_campaign(None)

    @rule(some=people)
    def upsert(self, some: list[tuple[int, str, int, bool]]) -> None:
        self.person.upsert(some)

    @rule(number=numbers)
    def delete_contact(self, number: int) -> None:
        self.person.delete_contact(number)

    @rule(number=numbers)
    def unsubscribe(self, number: int) -> None:
        self.person.unsubscribe(number)

    @rule(some=st.lists(numbers, min_size=1, max_size=4))
    def suppress(self, some: list[int]) -> None:
        self.person.suppress(some)

    @rule(number=numbers)
    def lift(self, number: int) -> None:
        self.person.lift(number)

    @rule(city=cities)
    def create_segment(self, city: str) -> None:
        self.person.create_segment(city)

    @rule(number=numbers)
    def delete_segment(self, number: int) -> None:
        self.person.delete_segment(number)

    @rule(city=anywhere)
    def create_campaign(self, city: str | None) -> None:
        self.person.create_campaign(city)

    @rule(number=numbers)
    def duplicate(self, number: int) -> None:
        self.person.duplicate(number)

    @rule(number=numbers, name=st.sampled_from(sorted(MOVES)))
    def move(self, number: int, name: str) -> None:
        self.person.move(number, name)

    @rule(
        number=numbers,
        metric=st.sampled_from(["impressions", "clicks", "conversions"]),
        count=st.integers(0, 5),
    )
    def record(self, number: int, metric: str, count: int) -> None:
        self.person.record(number, metric, count)

    @rule(number=numbers, names=st.lists(st.integers(0, 9), min_size=1, max_size=6))
    def ingest(self, number: int, names: list[int]) -> None:
        self.person.ingest(number, names)

    @rule(city=anywhere)
    def size(self, city: str | None) -> None:
        self.person.size(city)


# One body serves both modes: what the database does is looked for in one of them.
@pytest.mark.parametrize(("mode", "examples"), [("sync", 15), ("async", 4)])
def test_the_database_and_the_model_are_one(
    stack: LocalSupabase, mode: Mode, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Machine, "stack", stack, raising=False)
    monkeypatch.setattr(Machine, "mode", mode, raising=False)
    # A failure has few steps as it is, and to look for fewer takes minutes.
    bounded = settings(
        max_examples=examples, stateful_step_count=30, phases=[Phase.explicit, Phase.generate]
    )
    run_state_machine_as_test(Machine, settings=bounded)
