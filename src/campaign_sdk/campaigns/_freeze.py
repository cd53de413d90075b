"""Going on with a freeze until all members of a launched campaign are known."""

from __future__ import annotations

from typing import Any

from campaign_sdk._core.errors import TimedOut
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk._core.pausing import pause
from campaign_sdk.campaigns._models import Campaign
from campaign_sdk.campaigns._read import one_campaign

# As long as somebody else may be at it, one statement of some seconds after the other.
_TRIES = 70
_LONGEST_PAUSE = 1.0


def frozen(resource: Resource[Any], campaign: Campaign) -> Steps[Campaign]:
    """Return a launched campaign whose members are all known.

    A statement freezes what it can within a few seconds. Whoever comes next goes on, so a
    launch that was cut off is finished by whatever asks for its members.

    Raises:
        TimedOut: for a minute it doesn't go on.
    """
    in_vain = 0
    while campaign.frozen_at is None and campaign.status in ("active", "paused"):
        seen = campaign.audience_size
        arguments = {"campaign_id": str(campaign.id)}
        response = yield resource._rpc("freeze_campaign", arguments, kind="keyed")
        campaign = one_campaign(rows_of(response))
        in_vain = 0 if campaign.audience_size != seen else in_vain + 1
        if in_vain > _TRIES:
            raise TimedOut("the freeze of the members doesn't go on: launch again to finish it")
        if in_vain:
            # Somebody else is at it.
            yield pause(resource, min(0.05 * in_vain, _LONGEST_PAUSE))
    return campaign
