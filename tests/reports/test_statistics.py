"""The formulas, against scipy and statsmodels."""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import isclose

import pytest
from scipy.stats import binomtest, norm
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
    samplesize_proportions_2indep_onetail,
)

from campaign_sdk.reports._statistics import (
    needed_sample,
    newcombe,
    quantile,
    two_proportion_z,
    wilson,
)

Table = tuple[tuple[int, int], tuple[int, int], float]


def tables(number: int) -> Iterator[Table]:
    chance = random.Random(1927)
    for _ in range(number):
        trials = [round(10 ** chance.uniform(0, 7)) for _ in range(2)]
        rates = [
            chance.choice([0.0, 1.0, chance.random(), 10 ** chance.uniform(-5, 0)]) for _ in trials
        ]
        counts = [(round(rate * whole), whole) for rate, whole in zip(rates, trials, strict=True)]
        yield counts[0], counts[1], chance.choice([0.8, 0.9, 0.95, 0.99, 0.999])


def _rate(chance: random.Random) -> float:
    return chance.choice([0.0, 1.0, chance.random(), 10 ** chance.uniform(-5, 0)])


def close(ours: float, theirs: float) -> bool:
    return isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)


@pytest.fixture(scope="module", name="many")
def a_thousand_tables() -> list[Table]:
    return list(tables(1_000))


def test_the_tables_hold_the_edges_too(many: list[Table]) -> None:
    rates = [side[0] / side[1] for a, b, _ in many for side in (a, b)]
    assert {0.0, 1.0} < set(rates)
    assert min(side[1] for a, b, _ in many for side in (a, b)) == 1


def test_wilson(many: list[Table]) -> None:
    for (successes, trials), _, confidence in many:
        low, high = wilson(successes, trials, confidence)
        scipy = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
        statsmodels = proportion_confint(successes, trials, 1 - confidence, method="wilson")
        for other in ((scipy.low, scipy.high), statsmodels):
            assert close(low, other[0]), (successes, trials, confidence)
            assert close(high, other[1]), (successes, trials, confidence)
        assert 0 <= low <= successes / trials <= high <= 1


def test_newcombe(many: list[Table]) -> None:
    for a, b, confidence in many:
        low, high = newcombe(a, b, confidence)
        expected = confint_proportions_2indep(
            *b, *a, method="newcomb", compare="diff", alpha=1 - confidence
        )
        assert close(low, expected[0]), (a, b, confidence)
        assert close(high, expected[1]), (a, b, confidence)


def test_the_two_proportion_test(many: list[Table]) -> None:
    for a, b, _ in many:
        z, p_value = two_proportion_z(a, b)
        if a[0] + b[0] in (0, a[1] + b[1]):
            assert (z, p_value) == (0.0, 1.0)
            continue
        expected = proportions_ztest([b[0], a[0]], [b[1], a[1]])
        assert close(z, expected[0]), (a, b)
        assert close(p_value, expected[1]), (a, b)


def test_the_sample_that_is_needed(many: list[Table]) -> None:
    for (s_a, n_a), (s_b, n_b), confidence in many:
        p_a, p_b = s_a / n_a, s_b / n_b
        sample = needed_sample(p_a, p_b, confidence=confidence, power=0.8)
        if p_a == p_b:
            assert sample is None
            continue
        expected = samplesize_proportions_2indep_onetail(p_b - p_a, p_a, 0.8, alpha=1 - confidence)
        assert sample is not None
        assert isclose(sample, expected, rel_tol=1e-9), (p_a, p_b, confidence)


def test_the_quantile() -> None:
    for probability in (0.5, 0.75, 0.8, 0.975, 0.9995, 0.99995):
        assert close(quantile(probability), norm.ppf(probability))
