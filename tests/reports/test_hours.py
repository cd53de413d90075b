"""An hour is called the best only if it is, as far as chance goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from campaign_sdk.reports import BestHour
from campaign_sdk.reports._hours import HOURS, ahead_p


def answer(clicked: list[int], sent: list[int] | None = None, **given: Any) -> dict[str, Any]:
    values = {"clicked": clicked, "sent": sent or [0] * HOURS, "nameless": 0}
    return {**values, "people": sum(clicked), "campaigns": 1, **given}


def best(clicked: list[int], sent: list[int] | None = None, **given: Any) -> BestHour:
    return BestHour.of(answer(clicked, sent, **given), "campaign", 0.95)


@pytest.mark.parametrize(
    ("first", "second"), [(10, 3), (5, 5), (900, 850), (1_100, 1_000), (30_000, 29_500), (7, 0)]
)
def test_the_lead_is_tested_as_scipy_does(first: int, second: int) -> None:
    exact = stats.binomtest(first, first + second).pvalue
    assert ahead_p(first, second) == pytest.approx(exact, rel=0.02)


def test_equal_hours_rarely_have_a_best() -> None:
    rng = np.random.default_rng(14)
    for clicks in (200, 1_000, 50_000):
        runs = rng.multinomial(clicks, [1 / HOURS] * HOURS, 2_000)
        named = sum(best([int(n) for n in run]).hour is not None for run in runs)
        assert named / 2_000 <= 0.05


def test_two_equal_hours_are_rarely_told_apart() -> None:
    # The worst case of the test: two alike, far ahead of all others.
    rng = np.random.default_rng(15)
    runs = rng.multinomial(600, [0.4, 0.4, *[0.2 / 22] * 22], 2_000)
    assert sum(best([int(n) for n in run]).hour is not None for run in runs) / 2_000 <= 0.05


def test_a_clear_hour_is_found_with_its_interval() -> None:
    clicked = [10] * HOURS
    clicked[14] = 60
    found = best(clicked)
    assert found.hour == 14
    hour = found.hours[14]
    assert hour.share == pytest.approx(60 / 290)
    assert hour.low is not None
    assert hour.high is not None
    assert hour.low < 60 / 290 < hour.high
    assert found.p_value is not None
    assert found.p_value < 0.001
    assert "14:00 to 15:00" in str(found)
    assert "chance" in found.caveat


def test_all_intervals_hold_at_once() -> None:
    rng = np.random.default_rng(16)
    shares = np.array([3.0 if 9 <= hour < 18 else 1.0 for hour in range(HOURS)])
    shares /= shares.sum()
    held = 0
    for run in rng.multinomial(800, shares, 400):
        hours = best([int(n) for n in run]).hours
        held += all(
            (hour.low or 0) <= share <= (hour.high or 1)
            for hour, share in zip(hours, shares, strict=True)
        )
    assert held / 400 >= 0.93


@pytest.mark.parametrize("clicked", [[0] * HOURS, [199, *[0] * 23]])
def test_too_few_clicks_have_no_best_hour(clicked: list[int]) -> None:
    found = best(clicked)
    assert found.hour is None
    assert "of the 200 first clicks" in found.reason
    assert str(found).startswith("no best hour")


def test_it_says_that_clicks_follow_the_sending() -> None:
    clicked = [10] * HOURS
    clicked[9] = 90
    sent = [0] * HOURS
    sent[9] = 800
    assert any(
        "100% of the messages went out at 9:00" in text for text in best(clicked, sent).warnings
    )
    assert any("isn't known" in text for text in best(clicked).warnings)
    spread = best(clicked, [30] * HOURS)
    assert spread.warnings == ()
    assert any("nobody known" in text for text in best(clicked, nameless=900).warnings)
