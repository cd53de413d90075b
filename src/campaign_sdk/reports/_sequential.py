"""Statistics for looking at an experiment as often as one likes: pure functions with sources.

Whoever looks each day and stops at the first p below 0.05 finds a difference between two equal
messages far too often. These p-values hold at every look at once; the price is a larger sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, erfc, exp, gamma, log, sqrt

from campaign_sdk.reports._statistics import quantile


def anytime_p(difference: float, variance: float, scale: float) -> float:
    """Return a p-value that is valid however often one looks.

    The mixture sequential probability ratio test with a normal mixture of variance scale²
    around no difference: with r = scale² / variance and z = difference / √variance,
    p = min(1, √(1 + r) exp(-z² r / (2 (1 + r)))). Under equal rates it is at most alpha at any
    look, ever, with probability 1 - alpha.

    Source: R. Johari, P. Koomen, L. Pekelis, D. Walsh, "Peeking at A/B tests: why it matters,
    and what to do about it", KDD 2017, section 4.
    """
    if variance <= 0:
        return 1.0
    ratio = scale * scale / variance
    squared = difference * difference / variance
    return min(1.0, sqrt(1 + ratio) * exp(-squared * ratio / (2 * (1 + ratio))))


def anytime_sample(baseline: float, effect: float, *, alpha: float, power: float) -> int:
    """Return the trials of each arm with which `anytime_p` finds an effect with this power.

    The smallest n with √r - c(r) ≥ the normal quantile of the power, where r is effect² n /
    (p(1-p) + q(1-q)), q is p + effect, and c(r)² = 2 (1 + 1/r) ln(√(1 + r) / alpha) is what z²
    must reach.
    """
    other = baseline + effect
    spread = baseline * (1 - baseline) + other * (1 - other)
    wanted = quantile(power)
    low, high = 0.0, 1.0
    while not _is_found(high, alpha, wanted):
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _is_found(middle, alpha, wanted) else (middle, high)
    return ceil(high * spread / (effect * effect))


def _is_found(ratio: float, alpha: float, wanted: float) -> bool:
    needed = sqrt(2 * (1 + 1 / ratio) * log(sqrt(1 + ratio) / alpha))
    return sqrt(ratio) - needed >= wanted


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values of several tests, adjusted so that one threshold holds for all.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 6 (1979), 65-70.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def sample_ratio_p(counts: Sequence[int], weights: Sequence[float]) -> float:
    """Return how likely counts as far from their weights are, by Pearson's χ² test.

    Far from it means that the arms weren't drawn or weren't sent as planned, and that nothing
    they show can be trusted.

    Source: A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled
    experiments", KDD 2019.
    """
    total, whole = sum(counts), sum(weights)
    if total == 0 or len(counts) < 2:
        return 1.0
    expected = [total * weight / whole for weight in weights]
    statistic = sum((count - e) ** 2 / e for count, e in zip(counts, expected, strict=True))
    return chi_squared_tail(statistic, len(counts) - 1)


def chi_squared_tail(statistic: float, freedom: int) -> float:
    """Return the upper tail of the χ² distribution with a whole number of degrees of freedom.

    Source: M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions" (1964), 26.4.4
    and 26.4.5.
    """
    half = statistic / 2
    if freedom % 2 == 0:
        return exp(-half) * sum(float(half**i) / gamma(i + 1) for i in range(freedom // 2))
    powers = [sqrt(half) ** (2 * i - 1) / gamma(i + 0.5) for i in range(1, (freedom + 1) // 2)]
    return erfc(sqrt(half)) + exp(-half) * sum(powers)
