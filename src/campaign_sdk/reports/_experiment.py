"""What an experiment shows, and whether it shows anything yet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import Model
from campaign_sdk.reports._plan import EFFECT, Plan, check_level
from campaign_sdk.reports._sequential import anytime_p, holm, sample_ratio_p
from campaign_sdk.reports._statistics import newcombe, wilson

# What is counted of each person, and the names under which reports know such a rate.
EXPERIMENT_METRICS = {
    "open_rate": "opened",
    "click_rate": "clicked",
    "conversion_rate": "converted",
    "unsubscribe_rate": "unsubscribed",
    "ctr": "clicked",
    "cvr": "converted",
}
# Below this the arms aren't what was planned (Fabijan et al. 2019 use the same threshold).
_MISMATCH = 0.001


class Arm(Model):
    """A variant, or those who were held out.

    Attributes:
        variant: its name; `None` for the held out, and without variants for all others.
        held_out: whether they got nothing.
        weight: its share, as it was planned.
        members: who was drawn into it.
        sent: who was sent the message.
        successes: who did what the metric counts, each person once, machines left out.
        rate: successes per person (sent; of the held out, members); `None` without people.
        low: the lower end of the Wilson interval.
        high: the upper end of it.
    """

    variant: str | None
    held_out: bool
    weight: int
    members: int
    sent: int
    successes: int
    rate: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def people(self) -> int:
        """The trials of its rate."""
        return self.members if self.held_out else self.sent


class Pair(Model):
    """Two variants beside each other.

    Attributes:
        a: the name of one.
        b: the name of the other.
        difference: the rate of b minus the rate of a.
        low: the lower end of the Newcombe interval of the difference.
        high: the upper end of it.
        p_value: valid at any look, and adjusted for all pairs (Holm).
    """

    a: str
    b: str
    difference: float
    low: float
    high: float
    p_value: float


class Lift(Model):
    """What the campaign did, against those who were held out.

    Attributes:
        difference: conversions per member, minus those per person held out.
        low: the lower end of the Newcombe interval of it.
        high: the upper end of it.
        relative: the difference as a share of the rate without the campaign; `None` if that
            is zero.
        treated: converted and all members of all variants, sent to or not.
        held_out: converted and all of those held out.
    """

    difference: float
    low: float
    high: float
    relative: float | None
    treated: tuple[int, int]
    held_out: tuple[int, int]


class Experiment(Model):
    """The arms of a campaign, with the doubt that belongs to them.

    Attributes:
        campaign_id: the campaign.
        metric: the rate that is compared.
        confidence: of the intervals, and 1 minus the level of the verdict.
        plan: the sample that was planned.
        arms: the variants, and those held out last.
        pairs: each variant beside each other.
        lift: what the campaign did at all; `None` if nobody was held out.
        sample_ratio: how likely counts so far from the weights are.
        winner: the variant that beats every other; `None` if none does yet.
        reason: why, in a sentence.
    """

    campaign_id: UUID
    metric: str
    confidence: float
    plan: Plan | None
    arms: tuple[Arm, ...]
    pairs: tuple[Pair, ...] = ()
    lift: Lift | None = None
    sample_ratio: float = 1.0
    winner: str | None = None
    reason: str = ""

    @property
    def verdict(self) -> str:
        """The winner's name, or `inconclusive`."""
        return self.winner or "inconclusive"

    @classmethod
    def of(
        cls,
        campaign_id: UUID,
        metric: str,
        rows: Sequence[dict[str, Any]],
        plan: Plan | None,
        confidence: float,
    ) -> Experiment:
        """Read what the database counted."""
        counted = EXPERIMENT_METRICS[metric]
        arms = tuple(_arm(row, counted, confidence) for row in rows)
        variants = [arm for arm in arms if not arm.held_out and arm.variant is not None]
        plan = plan or _default_plan(variants, confidence)
        pairs = _pairs(variants, EFFECT if plan is None else abs(plan.effect), confidence)
        ratio = _ratio(variants)
        waiting = sum(row["waiting"] for row in rows)
        winner, reason = _verdict(variants, pairs, plan, ratio, waiting, confidence)
        return cls(
            campaign_id=campaign_id,
            metric=metric,
            confidence=confidence,
            plan=plan,
            arms=arms,
            pairs=tuple(pairs),
            lift=_lift(rows, confidence),
            sample_ratio=ratio,
            winner=winner,
            reason=reason,
        )

    def __str__(self) -> str:
        shown = ", ".join(
            f"{arm.variant or ('held out' if arm.held_out else 'all')} "
            + ("no rate" if arm.rate is None else f"{arm.rate:.2%}")
            for arm in self.arms
        )
        return f"{self.metric}: {shown}: {self.verdict} ({self.reason})"


def check_experiment(metric: str, confidence: float) -> None:
    """Raise `InvalidInput` unless there is such a metric, and the level makes sense."""
    if metric not in EXPERIMENT_METRICS:
        raise InvalidInput("metric", f"{metric!r} isn't one of {', '.join(EXPERIMENT_METRICS)}")
    check_level("confidence", confidence)


def _arm(row: dict[str, Any], counted: str, confidence: float) -> Arm:
    held_out, sent, members = row["held_out"], row["sent"], row["members"]
    people = members if held_out else sent
    successes = min(row[counted], people)
    low, high = wilson(successes, people, confidence) if people else (None, None)
    return Arm(
        variant=row["variant"],
        held_out=held_out,
        weight=row["weight"] or 1,
        members=members,
        sent=sent,
        successes=successes,
        rate=successes / people if people else None,
        low=low,
        high=high,
    )


def _default_plan(variants: Sequence[Arm], confidence: float) -> Plan | None:
    people = sum(arm.people for arm in variants)
    if len(variants) < 2 or not people:
        return None
    rate = sum(arm.successes for arm in variants) / people
    baseline = min(max(rate, 0.001), 0.98)
    return Plan.of(baseline, EFFECT, arms=len(variants), confidence=confidence, power=0.8)


def _pairs(variants: Sequence[Arm], scale: float, confidence: float) -> list[Pair]:
    able = [arm for arm in variants if arm.people]
    both = list(combinations(able, 2))
    adjusted = holm([_p_value(a, b, scale) for a, b in both])
    return [_pair(a, b, p, confidence) for (a, b), p in zip(both, adjusted, strict=True)]


def _p_value(a: Arm, b: Arm, scale: float) -> float:
    pooled = (a.successes + b.successes) / (a.people + b.people)
    variance = pooled * (1 - pooled) * (1 / a.people + 1 / b.people)
    return anytime_p((b.rate or 0) - (a.rate or 0), variance, scale)


def _pair(a: Arm, b: Arm, p_value: float, confidence: float) -> Pair:
    low, high = newcombe((a.successes, a.people), (b.successes, b.people), confidence)
    return Pair(
        a=a.variant or "",
        b=b.variant or "",
        difference=(b.rate or 0) - (a.rate or 0),
        low=low,
        high=high,
        p_value=p_value,
    )


def _ratio(variants: Sequence[Arm]) -> float:
    """The smaller of two: who was drawn against the weights, who was sent against the drawn."""
    drawn = sample_ratio_p([arm.members for arm in variants], [arm.weight for arm in variants])
    if not all(arm.members for arm in variants):
        return drawn
    sent = sample_ratio_p([arm.sent for arm in variants], [arm.members for arm in variants])
    return min(drawn, sent)


def _verdict(
    variants: Sequence[Arm],
    pairs: Sequence[Pair],
    plan: Plan | None,
    ratio: float,
    waiting: int,
    confidence: float,
) -> tuple[str | None, str]:
    if len(variants) < 2 or plan is None:
        return None, "there are no two variants that were sent"
    if waiting:
        return None, f"{waiting:,} of the members have no outcome yet"
    if ratio < _MISMATCH:
        return None, f"the arms aren't of the planned sizes (p = {ratio:.2g}): look for the cause"
    fewest = min(arm.people for arm in variants)
    if fewest < plan.per_arm:
        return None, f"{fewest:,} of the planned {plan.per_arm:,} people in the smallest arm"
    best = max(variants, key=lambda arm: arm.rate or 0)
    beaten = [pair for pair in pairs if best.variant in (pair.a, pair.b)]
    if all(pair.p_value <= 1 - confidence for pair in beaten):
        return best.variant, f"better than every other at {confidence:.0%}"
    return None, f"no variant is better than every other at {confidence:.0%}"


def _lift(rows: Sequence[dict[str, Any]], confidence: float) -> Lift | None:
    held = [row for row in rows if row["held_out"]]
    others = [row for row in rows if not row["held_out"]]
    out = _sum(held)
    treated = _sum(others)
    if not out[1] or not treated[1]:
        return None
    low, high = newcombe(out, treated, confidence)
    without = out[0] / out[1]
    difference = treated[0] / treated[1] - without
    return Lift(
        difference=difference,
        low=low,
        high=high,
        relative=difference / without if without else None,
        treated=treated,
        held_out=out,
    )


def _sum(rows: Sequence[dict[str, Any]]) -> tuple[int, int]:
    # By intention: whoever was drawn counts, whether or not the message reached them.
    return sum(row["converted"] for row in rows), sum(row["members"] for row in rows)
