"""The texts of the mutations are those of the migrations: `make mutants` tries them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from .mutation import Mutation
from .table import MUTATIONS

HOUSE = Path(__file__).parents[2]


def test_there_are_enough_and_none_is_there_twice() -> None:
    assert len(MUTATIONS) > 100
    twice = [each for each, times in Counter(MUTATIONS).items() if times > 1]
    assert twice == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.find[:60])
def test_a_mutation_changes_one_place(mutation: Mutation) -> None:
    assert len(mutation.places) == 1
    assert mutation.replace != mutation.find
    for killer in mutation.killers:
        assert not killer.startswith("tests/") or (HOUSE / killer).exists()
