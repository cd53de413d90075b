"""What a launch asks before it asks the database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import NotReady
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.campaigns._audience import audience_of
from campaign_sdk.campaigns._envelope import has_message
from campaign_sdk.campaigns._models import Status
from campaign_sdk.campaigns._preflight import Preflight, inspect
from campaign_sdk.campaigns._read import read_campaign

_NAMED = 3


def refuse_unready(
    resource: Resource[Any], id: UUID | str, expected: Status | None, move: str = "launch"
) -> Steps[None]:
    """Raise `NotReady` if the pre-flight finds errors and somebody would be written to.

    What the database refuses by itself, it refuses better: a move that is illegal or late,
    a campaign without a message or an audience.
    """
    campaign = yield from read_campaign(resource, id)
    if campaign.status not in ("draft", "scheduled") or expected not in (None, campaign.status):
        return
    rules = yield from audience_of(resource, campaign)
    if rules is None or not has_message(campaign):
        return
    found = yield from inspect(resource, campaign, rules)
    # Nobody is embarrassed by a launch that reaches nobody.
    if found.ok or (found.audience is not None and found.audience.reachable == 0):
        return
    raise NotReady(
        f"the pre-flight finds errors: {_named(found)}",
        hint=f"mend them, or {move} with force=True all the same",
        details=found,
    )


def _named(found: Preflight) -> str:
    errors = [each for each in found.problems if each.severity == "error"]
    more = f"; and {len(errors) - _NAMED} more" if len(errors) > _NAMED else ""
    return "; ".join(f"{each.path}: {each.reason}" for each in errors[:_NAMED]) + more
