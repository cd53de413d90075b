"""The statistics of experiments: against scipy, and by simulation."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import (  # type: ignore[import-untyped]
    multipletests,
)

from campaign_sdk.reports._sequential import (
    anytime_p,
    anytime_sample,
    chi_squared_tail,
    holm,
    sample_ratio_p,
)
from campaign_sdk.reports._statistics import newcombe


@pytest.mark.parametrize("freedom", range(1, 10))
@pytest.mark.parametrize("statistic", [0.0, 0.1, 1.0, 3.84, 10.0, 50.0])
def test_the_tail_is_scipys(statistic: float, freedom: int) -> None:
    assert chi_squared_tail(statistic, freedom) == pytest.approx(
        stats.chi2.sf(statistic, freedom), rel=1e-9
    )


def test_the_sample_ratio_is_scipys() -> None:
    counts, weights = [480, 1_020, 500], [1, 2, 1]
    expected = [500, 1_000, 500]
    assert sample_ratio_p(counts, weights) == pytest.approx(
        stats.chisquare(counts, expected).pvalue
    )
    assert sample_ratio_p([101_000, 99_000], [1, 1]) < 0.001
    assert sample_ratio_p([100_100, 99_900], [1, 1]) > 0.001
    assert sample_ratio_p([0, 0], [1, 1]) == 1.0


@pytest.mark.parametrize(
    "values", [[0.01, 0.04, 0.03], [0.5, 0.02], [0.01], [0.9, 0.8, 0.001, 0.01]]
)
def test_holm_is_statsmodels(values: list[float]) -> None:
    assert holm(values) == pytest.approx(multipletests(values, method="holm")[1])


def test_equal_messages_are_told_apart_rarely_however_often_one_looks() -> None:
    rng = np.random.default_rng(20261125)
    runs, looks, people, rate = 2_000, 14, 1_000, 0.05
    a = rng.binomial(people, rate, (runs, looks)).cumsum(axis=1)
    b = rng.binomial(people, rate, (runs, looks)).cumsum(axis=1)
    named = fixed = 0
    for run in range(runs):
        found = found_fixed = False
        for look in range(looks):
            n = people * (look + 1)
            pooled = (a[run, look] + b[run, look]) / (2 * n)
            variance = pooled * (1 - pooled) * 2 / n
            difference = (b[run, look] - a[run, look]) / n
            found = found or anytime_p(difference, variance, 0.01) <= 0.05
            found_fixed = found_fixed or abs(difference) > 1.96 * sqrt(variance)
        named += found
        fixed += found_fixed
    assert named / runs <= 0.05
    # What it is there for: the usual test would name a difference four times too often.
    assert fixed / runs > 0.15


@pytest.mark.parametrize(("baseline", "effect"), [(0.05, 0.01), (0.2, -0.03), (0.01, 0.004)])
def test_the_planned_effect_is_found_at_the_planned_sample(baseline: float, effect: float) -> None:
    n = anytime_sample(baseline, effect, alpha=0.05, power=0.8)
    rng = np.random.default_rng(7)
    a, b = rng.binomial(n, baseline, 4_000), rng.binomial(n, baseline + effect, 4_000)
    found = 0
    for x, y in zip(a, b, strict=True):
        pooled = (x + y) / (2 * n)
        variance = pooled * (1 - pooled) * 2 / n
        found += anytime_p((y - x) / n, variance, abs(effect)) <= 0.05
    assert 0.785 <= found / 4_000 <= 0.84


def test_the_interval_of_the_lift_covers() -> None:
    rng = np.random.default_rng(11)
    held, treated = (1_000, 0.04), (19_000, 0.05)
    inside = 0
    for _ in range(3_000):
        out = int(rng.binomial(*held)), held[0]
        got = int(rng.binomial(*treated)), treated[0]
        low, high = newcombe(out, got, 0.95)
        inside += low <= 0.01 <= high
    assert 0.93 <= inside / 3_000 <= 0.97
