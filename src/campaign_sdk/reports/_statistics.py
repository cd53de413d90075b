"""Statistics of two proportions: pure functions, each with its source.

Every formula is checked in the tests against scipy and statsmodels, to 1e-9.
"""

from __future__ import annotations

from math import erfc, sqrt
from statistics import NormalDist

Interval = tuple[float, float]


def quantile(probability: float) -> float:
    """Return the quantile of the standard normal distribution."""
    return NormalDist().inv_cdf(probability)


def wilson(successes: int, trials: int, confidence: float) -> Interval:
    """Return the score interval of a proportion.

    With z the normal quantile of (1 + confidence) / 2, n the trials and p the observed
    proportion: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n).

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", JASA 22 (1927), 209-212.
    """
    z = quantile((1 + confidence) / 2)
    p = successes / trials
    centre = p + z * z / (2 * trials)
    spread = z * sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # At the ends the formula gives 0 and 1 exactly; floating point doesn't.
    low = 0.0 if successes == 0 else (centre - spread) / scale
    high = 1.0 if successes == trials else (centre + spread) / scale
    return low, high


def newcombe(a: tuple[int, int], b: tuple[int, int], confidence: float) -> Interval:
    """Return the hybrid score interval of the difference b - a, each (successes, trials).

    With d the difference, p the proportions, and l and u the Wilson bounds:
    d - √((p_b - l_b)² + (u_a - p_a)²) to d + √((u_b - p_b)² + (p_a - l_a)²).

    Source: R. G. Newcombe, "Interval estimation for the difference between independent
    proportions: comparison of eleven methods", Statistics in Medicine 17 (1998),
    873-890, method 10.
    """
    p_a, p_b = a[0] / a[1], b[0] / b[1]
    low_a, high_a = wilson(*a, confidence)
    low_b, high_b = wilson(*b, confidence)
    difference = p_b - p_a
    below = sqrt((p_b - low_b) ** 2 + (high_a - p_a) ** 2)
    above = sqrt((high_b - p_b) ** 2 + (p_a - low_a) ** 2)
    return difference - below, difference + above


def two_proportion_z(a: tuple[int, int], b: tuple[int, int]) -> tuple[float, float]:
    """Return z and the two-sided p-value of the hypothesis that both proportions are equal.

    With p the pooled proportion: z = (p_b - p_a) / √(p(1-p)(1/n_a + 1/n_b)), and the
    p-value is erfc(|z| / √2). If nothing or everything succeeded, z is 0 and p is 1.

    Source: J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates and
    Proportions", 3rd ed. (2003), section 3.1, without continuity correction.
    """
    pooled = (a[0] + b[0]) / (a[1] + b[1])
    variance = pooled * (1 - pooled) * (1 / a[1] + 1 / b[1])
    if variance <= 0:
        return 0.0, 1.0
    z = (b[0] / b[1] - a[0] / a[1]) / sqrt(variance)
    return z, erfc(abs(z) / sqrt(2))


def needed_sample(p_a: float, p_b: float, *, confidence: float, power: float) -> float | None:
    """Return how many trials each side needs to detect this difference with this power.

    With z the normal quantile of (1 + confidence) / 2, y that of the power, and p the
    mean of the two: ((z √(2p(1-p)) + y √(p_a(1-p_a) + p_b(1-p_b))) / (p_b - p_a))².
    `None` if there is no difference to detect.

    Source: Fleiss, Levin, Paik (2003), equation 4.14, equal samples, without continuity
    correction.
    """
    if p_a == p_b:
        return None
    mean = (p_a + p_b) / 2
    under_null = quantile((1 + confidence) / 2) * sqrt(2 * mean * (1 - mean))
    under_effect = quantile(power) * sqrt(p_a * (1 - p_a) + p_b * (1 - p_b))
    return ((under_null + under_effect) / (p_b - p_a)) ** 2
