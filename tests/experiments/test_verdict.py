"""What an experiment says, and when it keeps silent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from campaign_sdk import Experiment, InvalidInput, Plan

PLAN = Plan.of(0.05, 0.01, arms=2, confidence=0.95, power=0.8)


def row(variant: str | None, sent: int, clicked: int, **given: Any) -> dict[str, Any]:
    values = {
        "variant": variant,
        "held_out": False,
        "weight": 1,
        "members": sent,
        "waiting": 0,
        "sent": sent,
        "opened": 0,
        "clicked": clicked,
        "converted": 0,
        "unsubscribed": 0,
    }
    return {**values, **given}


def shown(*rows: dict[str, Any], plan: Plan | None = PLAN, metric: str = "ctr") -> Experiment:
    return Experiment.of(UUID(int=1), metric, rows, plan, 0.95)


def test_a_clear_difference_has_a_winner() -> None:
    found = shown(row("short", 20_000, 1_000), row("story", 20_000, 1_300))
    assert (found.winner, found.verdict) == ("story", "story")
    (pair,) = found.pairs
    assert pair.difference == pytest.approx(0.015)
    assert pair.low < 0.015 < pair.high
    assert pair.p_value < 0.001
    assert "short 5.00%, story 6.50%: story" in str(found)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row("a", 15_000, 100), row("b", 15_000, 900)], "of the planned"),
        ([row("a", 20_000, 1_000), row("b", 20_000, 1_010)], "no variant is better"),
        ([row("a", 101_000, 1_000), row("b", 99_000, 9_000)], "planned sizes"),
        ([row("a", 20_000, 1_000), row("b", 20_000, 2_000, waiting=1)], "no outcome yet"),
        ([row(None, 20_000, 1_000)], "no two variants"),
        ([], "no two variants"),
        ([row("a", 0, 0), row("b", 0, 0)], "planned"),
    ],
)
def test_there_is_no_verdict(rows: list[dict[str, Any]], reason: str) -> None:
    found = shown(*rows)
    assert found.winner is None
    assert found.verdict == "inconclusive"
    assert reason in found.reason


def test_messages_that_got_lost_on_one_side_are_a_mismatch() -> None:
    lost = row("b", 95_000, 9_000, members=100_000)
    found = shown(row("a", 100_000, 5_000), lost)
    assert found.sample_ratio < 0.001
    assert found.winner is None


def test_the_best_of_many_must_beat_every_other() -> None:
    plan = Plan.of(0.05, 0.01, arms=3, confidence=0.95, power=0.8)
    people = plan.per_arm
    rates = {"a": 0.05, "b": 0.065, "c": 0.066}
    close = [row(name, people, int(people * rate)) for name, rate in rates.items()]
    assert shown(*close, plan=plan).winner is None
    clear = [row(name, people, int(people * rate)) for name, rate in (rates | {"c": 0.09}).items()]
    assert shown(*clear, plan=plan).winner == "c"


def test_the_lift_is_against_all_who_were_held_out() -> None:
    held = row(None, 0, 0, held_out=True, members=1_000, converted=40)
    others = (
        row("a", 9_000, 0, members=10_000, converted=300),
        row("b", 9_000, 0, members=10_000, converted=700),
    )
    lift = shown(*others, held).lift
    assert lift is not None
    assert (lift.treated, lift.held_out) == ((1_000, 20_000), (40, 1_000))
    assert lift.difference == pytest.approx(0.01)
    assert lift.relative == pytest.approx(0.25)
    assert lift.low < 0.01 < lift.high
    assert shown(*others).lift is None


def test_without_a_plan_it_is_one_point_from_what_is_seen() -> None:
    found = shown(row("a", 20_000, 1_000), row("b", 20_000, 1_000), plan=None)
    assert found.plan == Plan.of(0.05, 0.01, arms=2, confidence=0.95, power=0.8)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"baseline": 0}, "baseline"),
        ({"baseline": 5}, "baseline"),
        ({"baseline": "5 %"}, "baseline"),
        ({"effect": 0}, "effect"),
        ({"effect": -0.05}, "effect"),
        ({"effect": 0.95}, "effect"),
        ({"effect": True}, "effect"),
        ({"arms": 1}, "arms"),
        ({"power": 1}, "power"),
        ({"confidence": float("nan")}, "confidence"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(given: dict[str, Any], path: str) -> None:
    asked: dict[str, Any] = {
        "baseline": 0.05,
        "effect": 0.01,
        "arms": 2,
        "confidence": 0.95,
        "power": 0.8,
    }
    asked |= given
    with pytest.raises(InvalidInput) as raised:
        Plan.of(asked.pop("baseline"), asked.pop("effect"), **asked)
    assert raised.value.path == path


def test_looking_often_costs_a_larger_sample() -> None:
    assert PLAN.one_look < PLAN.per_arm < 2.2 * PLAN.one_look
    assert PLAN.total == 2 * PLAN.per_arm
    assert f"{PLAN.per_arm:,} people" in str(PLAN)
