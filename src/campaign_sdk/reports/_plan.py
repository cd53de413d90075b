"""How many people an experiment needs, said before anybody is written to."""

from __future__ import annotations

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import Model
from campaign_sdk.reports._sequential import anytime_sample
from campaign_sdk.reports._statistics import needed_sample

# One point: what most who compare messages would want to know of.
EFFECT = 0.01


class Plan(Model):
    """How many people an experiment needs before it can say anything.

    Attributes:
        baseline: the rate that is expected without any difference.
        effect: the difference that is to be found, in the rate itself: 0.01 is one point.
        confidence: 1 minus the chance of naming a difference where there is none.
        power: the chance of finding the effect.
        arms: how many variants are compared.
        per_arm: the people that each variant needs, if one looks as often as one likes.
        total: of all variants together.
        one_look: the people that each would need if one looked once, at the end, and never
            before (the usual formula).
    """

    baseline: float
    effect: float
    confidence: float
    power: float
    arms: int
    per_arm: int
    total: int
    one_look: int

    @classmethod
    def of(
        cls, baseline: float, effect: float, *, arms: int, confidence: float, power: float
    ) -> Plan:
        """Reckon a plan.

        Raises:
            InvalidInput: a rate or level is out of bounds.
        """
        _check_plan(baseline, effect, arms, confidence, power)
        alpha = (1 - confidence) / (arms * (arms - 1) / 2)
        per_arm = anytime_sample(baseline, effect, alpha=alpha, power=power)
        once = needed_sample(baseline, baseline + effect, confidence=1 - alpha, power=power)
        return cls(
            baseline=baseline,
            effect=effect,
            confidence=confidence,
            power=power,
            arms=arms,
            per_arm=per_arm,
            total=per_arm * arms,
            one_look=int(once or 0) + 1,
        )

    def __str__(self) -> str:
        return (
            f"{self.per_arm:,} people for each of {self.arms} variants find a difference of "
            f"{100 * self.effect:+.2f} points from {self.baseline:.2%} in {self.power:.0%} of cases"
        )


def check_level(name: str, level: object) -> None:
    """Raise `InvalidInput` unless a level makes sense."""
    is_number = isinstance(level, int | float) and not isinstance(level, bool)
    if not is_number or not 0.5 <= level <= 0.9999:  # type: ignore[operator]
        raise InvalidInput(name, "must lie between 0.5 and 0.9999")


def _check_plan(baseline: float, effect: float, arms: int, confidence: float, power: float) -> None:
    for name, rate in (("baseline", baseline), ("effect", effect)):
        if isinstance(rate, bool) or not isinstance(rate, int | float):
            raise InvalidInput(name, "must be a number, such as 0.05 for 5 %")
    if not 0 < baseline < 1:
        raise InvalidInput("baseline", "must lie between 0 and 1, such as 0.05 for 5 %")
    if effect == 0 or not 0 < baseline + effect < 1:
        raise InvalidInput("effect", "must be a difference that leaves the rate between 0 and 1")
    if isinstance(arms, bool) or not 2 <= arms <= 10:
        raise InvalidInput("arms", "must lie between 2 and 10")
    check_level("confidence", confidence)
    check_level("power", power)
