"""A verdict only where there is one."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from campaign_sdk import CampaignClient, Comparison, Engagement, InvalidInput, NotFound

A, B = UUID(int=1), UUID(int=2)


def compared(
    a: tuple[int, int],
    b: tuple[int, int],
    metric: str = "conversion_per_impression",
    **levels: float,
) -> Comparison:
    """Compare conversions of impressions."""
    sides = (Engagement(impressions=whole, clicks=part, conversions=part) for part, whole in (a, b))
    first, second = sides
    given = {"confidence": 0.95, "power": 0.8, **levels}
    return Comparison.of((A, first), (B, second), metric, **given)


def test_ten_against_twelve_of_a_thousand_says_nothing() -> None:
    comparison = compared((10, 1_000), (12, 1_000))
    assert comparison.verdict == "inconclusive"
    assert comparison.p_value == pytest.approx(0.668, abs=1e-3)
    assert comparison.needed is not None
    assert comparison.needed > 20_000


def test_a_clear_difference_has_a_winner_either_way_round() -> None:
    worse, better = (1_000, 100_000), (1_400, 100_000)
    assert compared(worse, better).verdict == "b"
    assert compared(better, worse).verdict == "a"
    comparison = compared(worse, better)
    assert comparison.difference == pytest.approx(0.004)
    assert 0 < (comparison.low or 0) < 0.004 < (comparison.high or 0)


def test_below_the_sample_no_winner_is_named_though_the_test_would() -> None:
    comparison = compared((100, 1_000), (130, 1_000))
    assert comparison.p_value is not None
    assert comparison.p_value < 0.05
    assert comparison.needed is not None
    assert comparison.needed > 1_000
    assert comparison.verdict == "inconclusive"
    assert f"{comparison.needed:,}" in comparison.reason


def test_a_handful_is_too_few_however_clear() -> None:
    comparison = compared((0, 6), (6, 6))
    assert (comparison.verdict, comparison.needed) == ("inconclusive", 2)
    assert "too little" in comparison.reason


def test_where_the_test_and_the_interval_disagree_nobody_wins() -> None:
    comparison = compared((2, 50), (8, 50), power=0.5)
    assert comparison.needed is not None
    assert comparison.needed <= 50
    assert (comparison.p_value or 1) < 0.05
    assert (comparison.low or 0) < 0 < (comparison.high or 0)
    assert (comparison.verdict, comparison.reason) == (
        "inconclusive",
        "the difference could be chance",
    )


def test_no_difference_is_no_winner() -> None:
    comparison = compared((10, 100), (10, 100))
    assert (comparison.verdict, comparison.needed, comparison.z) == ("inconclusive", None, 0.0)


@pytest.mark.parametrize("counts", [((0, 0), (3, 10)), ((3, 10), (0, 0)), ((0, 0), (0, 0))])
def test_without_trials_there_is_nothing_to_compare(counts: Any) -> None:
    comparison = compared(*counts)
    assert (comparison.verdict, comparison.difference, comparison.p_value) == (
        "inconclusive",
        None,
        None,
    )
    assert "no impressions" in comparison.reason


def test_a_rate_above_one_is_no_proportion() -> None:
    comparison = compared((142, 100), (10, 100))
    assert (comparison.verdict, comparison.a.rate, comparison.a.low) == ("inconclusive", 1.42, None)
    assert any("142%" in warning for warning in comparison.warnings)


def test_each_rate_divides_what_the_dictionary_says(ann: CampaignClient) -> None:
    a, b = (ann.campaigns.create(name).id for name in "ab")
    ann.analytics.record(a, impressions=1_000, clicks=100, conversions=10)
    ann.analytics.record(b, impressions=2_000, clicks=300, conversions=60)
    divided = {
        metric: tuple((side.successes, side.trials) for side in (told.a, told.b))
        for metric in ("ctr", "cvr", "conversion_per_impression")
        for told in [ann.analytics.compare(a, b, metric)]
    }
    assert divided == {
        "ctr": ((100, 1_000), (300, 2_000)),
        "cvr": ((10, 100), (60, 300)),
        "conversion_per_impression": ((10, 1_000), (60, 2_000)),
    }


def test_what_makes_no_sense_is_refused(ann: CampaignClient) -> None:
    a, b = (ann.campaigns.create(name).id for name in "ab")
    refused: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
        ((a, b, "clicks"), {}, "metric"),
        ((a, a), {}, "b"),
        ((a, ""), {}, "b"),
        ((a, b), {"confidence": 1.0}, "confidence"),
        ((a, b), {"confidence": float("nan")}, "confidence"),
        ((a, b), {"confidence": "high"}, "confidence"),
        ((a, b), {"power": 0.1}, "power"),
    ]
    for arguments, levels, path in refused:
        with pytest.raises(InvalidInput) as caught:
            ann.analytics.compare(*arguments, **levels)
        assert caught.value.path == path


def test_other_peoples_campaigns_are_not_there(ann: CampaignClient, ben: CampaignClient) -> None:
    mine, theirs = ann.campaigns.create("Mine").id, ben.campaigns.create("Theirs").id
    for other in (theirs, uuid4()):
        with pytest.raises(NotFound):
            ann.analytics.compare(mine, other)


def test_it_can_be_read_aloud() -> None:
    assert str(compared((10, 1_000), (12, 1_000))).startswith(
        "conversion_per_impression: a 1.00%, b 1.20%, difference +0.20 points"
    )
    assert "no impressions" in str(compared((0, 0), (1, 2)))
