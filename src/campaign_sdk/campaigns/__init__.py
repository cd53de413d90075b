"""A message for an audience, from its draft to its end."""

from campaign_sdk.campaigns._models import (
    Campaign,
    CampaignFailure,
    Status,
    StatusChange,
    TickReport,
)
from campaign_sdk.campaigns._preflight import Preflight, PreflightProblem
from campaign_sdk.campaigns._resource import Campaigns
from campaign_sdk.campaigns._variants import Variant, bucket

__all__ = [
    "Campaign",
    "CampaignFailure",
    "Campaigns",
    "Preflight",
    "PreflightProblem",
    "Status",
    "StatusChange",
    "TickReport",
    "Variant",
    "bucket",
]
