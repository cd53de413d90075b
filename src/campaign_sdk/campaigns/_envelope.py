"""What stands around a message: a subject, and the hours at which it may be sent."""

from __future__ import annotations

from typing import Any

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import Model, timezone_name
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.campaigns._models import Campaign
from campaign_sdk.rules import Rules
from campaign_sdk.segments._analytics import group_audience

# The largest groups that the database tells apart.
_ZONES = 1_000


def lacks_subject(campaign: Campaign) -> bool:
    """Whether it is an e-mail that can't be sent.

    A plain text alone may be meant for whoever renders the audience and sends it elsewhere.
    """
    parts = campaign.html or campaign.preheader
    return campaign.channel == "email" and bool(parts) and not (campaign.subject or "").strip()


def without_zone(resource: Resource[Any], campaign: Campaign, rules: Rules) -> Steps[int]:
    """Count whose quiet hours will be the campaign's, since their own zone isn't known."""
    rows = rows_of((yield resource._db.from_("campaign_settings").select("quiet_from")))
    if not rows or _Quiet.from_row(rows[0]).quiet_from is None:
        return 0
    arguments = {"rules": rules.to_wire(), "timezone": campaign.timezone}
    found = yield from group_audience(resource, arguments, "timezone", _ZONES)
    return found.total - sum(group.count for group in found.groups if _is_zone(group.value))


class _Quiet(Model):
    quiet_from: str | None


def _is_zone(value: Any) -> bool:
    try:
        timezone_name(value)
    except InvalidInput:
        return False
    return True
