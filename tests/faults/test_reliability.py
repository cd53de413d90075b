"""docs/reliability.md says what the tests show."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from .promises import PROMISES, Promise
from .reliability import page

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
ALL = [promise for promises in PROMISES.values() for promise in promises]


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "stale: run `PYTHONPATH=src:tests python -m faults.reliability > docs/reliability.md`"
    )


@pytest.mark.parametrize("promise", ALL, ids=lambda each: each.test)
def test_every_promise_has_a_test(promise: Promise) -> None:
    module, name = promise.test.split(":")
    assert callable(getattr(import_module(module), name))
