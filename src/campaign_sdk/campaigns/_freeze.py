"""Going on with a freeze until all members of a launched campaign are known."""

from __future__ import annotations

from typing import Any

from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk._core.pausing import pause
from campaign_sdk.campaigns._models import Campaign
from campaign_sdk.campaigns._read import one_campaign


def frozen(resource: Resource[Any], campaign: Campaign) -> Steps[Campaign]:
    """Return a launched campaign whose members are all known.

    A statement freezes what it can within a few seconds. Whoever comes next goes on, so a
    launch that was cut off is finished by whatever asks for its members.
    """
    while campaign.frozen_at is None and campaign.status in ("active", "paused"):
        seen = campaign.audience_size
        arguments = {"campaign_id": str(campaign.id)}
        response = yield resource._rpc("freeze_campaign", arguments, kind="keyed")
        campaign = one_campaign(response.data)
        if campaign.audience_size == seen:
            # Somebody else is at it.
            yield pause(resource, 0.05)
    return campaign
