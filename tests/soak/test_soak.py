"""`make soak`, for a few steps."""

from __future__ import annotations

import random

import pytest

from campaign_sdk._core import exchange
from campaign_sdk.local import LocalSupabase

from . import run


def test_two_users_on_bad_wires_end_with_what_the_model_has(
    stack: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Put back at the end; what hurries is `run`.
    monkeypatch.setitem(vars(exchange), "random", random)
    run.hurry()
    persons = run.soak(stack, 300, seed=3, odds=0.08, steps=120)
    assert [person.done for person in persons] == [120, 120]
