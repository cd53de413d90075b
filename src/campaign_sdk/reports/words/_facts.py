"""What there is to tell of a campaign, as data: each number, once, before any word of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

from campaign_sdk._core.model import Model
from campaign_sdk.reports._breakdown import BreakdownGroup, CampaignBreakdown, GroupRate
from campaign_sdk.reports._engagement import Engagement, contradictions
from campaign_sdk.reports._experiment import Experiment
from campaign_sdk.reports._sequential import holm
from campaign_sdk.reports._statistics import two_proportion_z

Unit = Literal["count", "share", "points", "amount", "bound"]
Direction = Literal["higher", "lower", "inconclusive"]

# More groups of a field than these are for a table.
GROUPS_TOLD = 6
_COUNTS = ("impressions", "reach", "clicks", "human_clicks", "conversions")
_TROUBLES = ("unsubscribed", "complained", "bounced")
# With fewer to be expected on a side, the normal approximation misleads (Cochran 1954).
_EXPECTED = 5


class Fact(Model):
    """One number, and what it is of.

    Attributes:
        id: unique within its summary, such as `clicks` or `by.city.0.click_rate`.
        metric: what is counted; the name of a metric, or of a bound of a group.
        number: the number itself, unrounded.
        unit: a `count`; a `share` of 1; `points`, a difference of two shares; an `amount` in
            your own unit; or a `bound` of a group of numbers.
        direction: `higher` or `lower` than what it is compared with (all others, the variant
            that is ahead, or those held out), or `inconclusive`; `None` if it isn't compared.
        about: the group or variant, in the words of its field; `None` for the campaign.
    """

    id: str
    metric: str
    number: int | float | Decimal
    unit: Unit
    direction: Direction | None = None
    about: str | None = None


def engagement_facts(totals: Engagement) -> Iterator[Fact]:
    """Yield what the counts of a campaign are; a rate over zero is no fact."""
    odd = bool(contradictions(totals))
    for name in (*_COUNTS, *_TROUBLES):
        count: int | None = getattr(totals, name)
        if count is not None and count >= 0 and _is_told(name, count, totals):
            yield Fact(id=name, metric=name, number=count, unit="count")
    for name in ("ctr", "cvr"):
        rate: float | None = getattr(totals, name)
        if rate is not None and 0 <= rate <= 1 and not odd:
            yield Fact(id=name, metric=name, number=rate, unit="share")
    if totals.value and totals.conversions > 0:
        yield Fact(id="value", metric="value", number=totals.value, unit="amount")


def _is_told(name: str, count: int, totals: Engagement) -> bool:
    if name == "human_clicks":
        return 0 < totals.machine_clicks <= totals.clicks
    return name not in _TROUBLES or count > 0


def told_groups(found: CampaignBreakdown) -> list[BreakdownGroup]:
    """Return the groups that are worth a sentence: ranges in order, or the largest values."""
    return [group for group in found.groups if group.rates and group.kind != "other"][:GROUPS_TOLD]


def breakdown_facts(found: CampaignBreakdown, metric: str) -> Iterator[Fact]:
    """Yield the rate of each group, with its interval and that of all others beside it."""
    groups = told_groups(found)
    whole = _whole(found, metric)
    compared = [(group.rates[metric], _rest(whole, group.rates[metric])) for group in groups]
    directions = _directions(compared, 1 - found.confidence)
    for place, (group, (rate, rest), direction) in enumerate(
        zip(groups, compared, directions, strict=True)
    ):
        yield from _group_facts(f"by.{found.field}.{place}", metric, group, rate, rest, direction)


def _group_facts(
    id: str,
    metric: str,
    group: BreakdownGroup,
    rate: GroupRate,
    rest: tuple[int, int],
    direction: Direction,
) -> Iterator[Fact]:
    about = group.label
    for name in ("above", "below"):
        bound: Decimal | None = getattr(group, name)
        if bound is not None:
            yield Fact(id=f"{id}.{name}", metric=name, number=bound, unit="bound", about=about)
    if rate.rate is None:
        return
    compares = direction if rest[1] else None
    yield Fact(
        id=f"{id}.{metric}",
        metric=metric,
        number=rate.rate,
        unit="share",
        direction=compares,
        about=about,
    )
    for name in ("low", "high"):
        end: float | None = getattr(rate, name)
        if end is not None:
            yield Fact(
                id=f"{id}.{metric}.{name}", metric=metric, number=end, unit="share", about=about
            )


def _whole(found: CampaignBreakdown, metric: str) -> tuple[int, int]:
    rates = [group.people_rates(found.confidence)[metric] for group in found.groups]
    return sum(rate.successes for rate in rates), sum(rate.trials for rate in rates)


def _rest(whole: tuple[int, int], rate: GroupRate) -> tuple[int, int]:
    return whole[0] - rate.successes, whole[1] - rate.trials


def _directions(
    compared: Sequence[tuple[GroupRate, tuple[int, int]]], level: float
) -> list[Direction]:
    """Say of each group whether it differs from all others, adjusted for their number (Holm)."""
    p_values = holm([_p_value(rate, rest) for rate, rest in compared])
    return [
        _direction(rate, rest, p_value <= level)
        for (rate, rest), p_value in zip(compared, p_values, strict=True)
    ]


def _direction(rate: GroupRate, rest: tuple[int, int], is_clear: bool) -> Direction:
    if not is_clear or rate.rate is None or not rest[1]:
        return "inconclusive"
    return "higher" if rate.rate > rest[0] / rest[1] else "lower"


def _p_value(rate: GroupRate, rest: tuple[int, int]) -> float:
    if not rate.trials or not rest[1]:
        return 1.0
    pooled = (rate.successes + rest[0]) / (rate.trials + rest[1])
    if min(rate.trials, rest[1]) * min(pooled, 1 - pooled) < _EXPECTED:
        return 1.0
    return two_proportion_z(rest, (rate.successes, rate.trials))[1]


def experiment_facts(found: Experiment) -> Iterator[Fact]:
    """Yield the rate of each variant, which is ahead, and the lift over those held out."""
    for place, arm in enumerate(arm for arm in found.arms if not arm.held_out and arm.variant):
        if arm.rate is None or arm.low is None or arm.high is None:
            continue
        ahead: Direction = "higher" if arm.variant == found.winner else "lower"
        direction: Direction = ahead if found.winner else "inconclusive"
        ends = {"": arm.rate, ".low": arm.low, ".high": arm.high}
        for name, number in ends.items():
            yield Fact(
                id=f"variant.{place}.{found.metric}{name}",
                metric=found.metric,
                number=number,
                unit="share",
                direction=None if name else direction,
                about=arm.variant,
            )
    if (lift := found.lift) is not None:
        clear = lift.low > 0 or lift.high < 0
        way: Direction = "higher" if lift.difference > 0 else "lower"
        ends = {"lift": lift.difference, "lift.low": lift.low, "lift.high": lift.high}
        for name, number in ends.items():
            direction = way if clear else "inconclusive"
            yield Fact(
                id=name,
                metric="conversion_rate",
                number=number,
                unit="points",
                direction=direction if name == "lift" else None,
            )
