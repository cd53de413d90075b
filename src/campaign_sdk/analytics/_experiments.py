"""Planning experiments, and reading them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from campaign_sdk._core.failures import all_rows_of, row_of
from campaign_sdk._core.model import Model
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import Mode, Resource, Steps, operation
from campaign_sdk.reports import Experiment, Plan
from campaign_sdk.reports._experiment import check_experiment


class _Counted(Model):
    """One arm, as the database counted it."""

    variant: str | None
    held_out: bool
    weight: int | None
    members: int = Field(ge=0)
    waiting: int = Field(ge=0)
    sent: int = Field(ge=0)
    opened: int = Field(ge=0)
    clicked: int = Field(ge=0)
    converted: int = Field(ge=0)
    unsubscribed: int = Field(ge=0)


class Experiments(Resource[Mode]):
    """Which message works, and whether the campaign worked at all."""

    @operation
    def plan(
        self,
        *,
        baseline: float,
        effect: float,
        arms: int = 2,
        confidence: float = 0.95,
        power: float = 0.8,
    ) -> Steps[Plan]:
        """Say how many people an experiment needs, before it is sent; asks no server.

        Args:
            baseline: the rate that is expected anyway, such as 0.05.
            effect: the difference that is worth finding, such as 0.01 for one point.
            arms: how many variants are compared.
            confidence: 1 minus the chance of naming a difference where there is none.
            power: the chance of finding the effect.

        Raises:
            InvalidInput: a rate or a level is out of bounds.
        """
        yield from ()
        return Plan.of(baseline, effect, arms=arms, confidence=confidence, power=power)

    @operation
    def experiment(
        self,
        campaign_id: UUID | str,
        metric: str = "click_rate",
        *,
        plan: Plan | None = None,
        confidence: float = 0.95,
    ) -> Steps[Experiment]:
        """Compare the variants of a campaign, person by person, and with those held out.

        Look as often as you like: the p-values hold at every look. There is no verdict before
        the planned sample, while members have no outcome, or when the arms aren't of the
        planned sizes. The lift is the conversions of all members since the launch, against
        those of the held out.

        Args:
            campaign_id: a campaign that was launched.
            metric: `open_rate`, `click_rate` (or `ctr`), `conversion_rate` (or `cvr`) or
                `unsubscribe_rate`: people who did, of those who were sent the message.
            plan: what `plan` said before; by default one that finds a point of difference
                from the rate that is seen.
            confidence: of the intervals and the verdict.

        Raises:
            InvalidInput: no such metric, or a level out of bounds.
            NotFound: there is no such campaign, or it is somebody else's.
        """
        check_experiment(metric, confidence)
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        return (yield from read_experiment(self, campaign, metric, plan, confidence))


def read_experiment(
    resource: Resource[Any], campaign: str, metric: str, plan: Plan | None, confidence: float
) -> Steps[Experiment]:
    """Read the arms of a campaign."""
    arguments = {"campaign_id": campaign}
    response = yield resource._rpc("experiment_arms", arguments, kind="read", counted=True)
    # There is one arm at least.
    row_of(response)
    rows = [_Counted.from_row(row).model_dump() for row in all_rows_of(response)]
    return Experiment.of(UUID(campaign), metric, rows, plan, confidence)
