"""Two campaigns beside each other, with the doubt that belongs to the numbers."""

from __future__ import annotations

from math import ceil
from typing import Any, Literal
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import Model
from campaign_sdk.reports._engagement import Engagement
from campaign_sdk.reports._metrics import METRICS, RATES
from campaign_sdk.reports._statistics import (
    needed_sample,
    newcombe,
    two_proportion_z,
    wilson,
)

Verdict = Literal["a", "b", "inconclusive"]

# With fewer successes or failures to be expected, the normal approximation misleads
# (W. G. Cochran, "Some methods for strengthening the common chi-squared tests", 1954).
_EXPECTED = 5


class Proportion(Model):
    """A rate, and how far it is to be trusted.

    Attributes:
        campaign_id: the campaign.
        successes: the numerator.
        trials: the denominator; each is taken to be independent of the others.
        rate: successes per trial; `None` without trials.
        low: the lower end of the Wilson interval; `None` where there is no proportion.
        high: the upper end of it.
    """

    campaign_id: UUID
    successes: int
    trials: int
    rate: float | None = None
    low: float | None = None
    high: float | None = None


class Comparison(Model):
    """How the rates of two campaigns differ. Where there are no proportions, all is `None`.

    Attributes:
        metric: the rate.
        a: the first campaign.
        b: the second campaign.
        confidence: of the intervals, and 1 minus the level of the test.
        power: of the sample that is needed.
        difference: the rate of b minus the rate of a.
        low: the lower end of the Newcombe interval of the difference.
        high: the upper end of it.
        z: the statistic of the two-proportion test.
        p_value: how often a difference as large comes from nothing, if both are alike.
        needed: the trials that each side needs to detect the difference seen.
        verdict: which of the two has the higher rate: `a` or `b`, or `inconclusive`.
            Never a name below the sample that is needed.
        reason: why, in a sentence.
        warnings: what the counts contradict.
    """

    metric: str
    a: Proportion
    b: Proportion
    confidence: float
    power: float
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    z: float | None = None
    p_value: float | None = None
    needed: int | None = None
    verdict: Verdict = "inconclusive"
    reason: str = ""
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        a: tuple[UUID, Engagement],
        b: tuple[UUID, Engagement],
        metric: str,
        *,
        confidence: float,
        power: float,
    ) -> Comparison:
        """Compare the counts of two campaigns."""
        sides = [_proportion(*side, metric, confidence) for side in (a, b)]
        about: dict[str, Any] = {
            "metric": metric,
            "a": sides[0],
            "b": sides[1],
            "confidence": confidence,
            "power": power,
            "warnings": (*_doubts("a", a[1]), *_doubts("b", b[1])),
        }
        if any(side.low is None for side in sides):
            return cls(**about, reason=_no_proportion(sides, metric))
        return cls(**about, **_compared(sides[0], sides[1], confidence, power))

    def __str__(self) -> str:
        if self.difference is None or self.p_value is None:
            return f"{self.metric}: {self.verdict} ({self.reason})"
        return (
            f"{self.metric}: a {self.a.rate:.2%}, b {self.b.rate:.2%}, difference "
            f"{100 * self.difference:+.2f} points ({100 * (self.low or 0):+.2f} to "
            f"{100 * (self.high or 0):+.2f}), p = {self.p_value:.3g}: "
            f"{self.verdict} ({self.reason})"
        )


def check_comparison(metric: str, confidence: float, power: float) -> None:
    """Raise `InvalidInput` unless the metric is a rate and the levels make sense."""
    if metric not in RATES:
        raise InvalidInput("metric", f"{metric!r} isn't one of {', '.join(RATES)}")
    for name, level in (("confidence", confidence), ("power", power)):
        is_number = isinstance(level, int | float) and not isinstance(level, bool)
        if not is_number or not 0.5 <= level <= 0.9999:
            raise InvalidInput(name, "must lie between 0.5 and 0.9999")


def _proportion(id: UUID, counts: Engagement, metric: str, confidence: float) -> Proportion:
    successes: int = getattr(counts, METRICS[metric].numerator)
    trials: int = getattr(counts, METRICS[metric].denominator or "")
    low, high = None, None
    if 0 <= successes <= trials and trials:
        low, high = wilson(successes, trials, confidence)
    rate: float | None = getattr(counts, metric)
    return Proportion(
        campaign_id=id, successes=successes, trials=trials, rate=rate, low=low, high=high
    )


def _doubts(side: str, counts: Engagement) -> list[str]:
    return [f"{side}: {text}" for text in counts.warnings]


def _no_proportion(sides: list[Proportion], metric: str) -> str:
    whole = METRICS[metric].denominator
    if any(side.trials <= 0 for side in sides):
        return f"there are no {whole} to compare"
    return f"a rate above 1 isn't a proportion of {whole}"


def _compared(a: Proportion, b: Proportion, confidence: float, power: float) -> dict[str, Any]:
    counts = (a.successes, a.trials), (b.successes, b.trials)
    low, high = newcombe(*counts, confidence)
    z, p_value = two_proportion_z(*counts)
    sample = needed_sample(a.rate or 0.0, b.rate or 0.0, confidence=confidence, power=power)
    needed = None if sample is None else ceil(sample)
    decided = p_value < 1 - confidence and not low <= 0 <= high
    verdict, reason = _verdict(a, b, needed, decided=decided)
    return {
        "difference": (b.rate or 0.0) - (a.rate or 0.0),
        "low": low,
        "high": high,
        "z": z,
        "p_value": p_value,
        "needed": needed,
        "verdict": verdict,
        "reason": reason,
    }


def _verdict(
    a: Proportion, b: Proportion, needed: int | None, *, decided: bool
) -> tuple[Verdict, str]:
    smaller = min(a.trials, b.trials)
    if needed is None:
        return "inconclusive", "there is no difference"
    if smaller < needed:
        return "inconclusive", f"a difference like this takes {needed:,} on each side"
    pooled = (a.successes + b.successes) / (a.trials + b.trials)
    if smaller * min(pooled, 1 - pooled) < _EXPECTED:
        return "inconclusive", "too little has happened yet to tell"
    if not decided:
        return "inconclusive", "the difference could be chance"
    return ("a" if (a.rate or 0) > (b.rate or 0) else "b"), "the difference is beyond chance"
