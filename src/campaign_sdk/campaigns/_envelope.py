"""What stands around a message: a subject, and the hours at which it may be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import Model, timezone_name
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.campaigns._fields import TEXTS
from campaign_sdk.campaigns._models import Campaign
from campaign_sdk.campaigns._variants import Variant
from campaign_sdk.rules import Rules
from campaign_sdk.segments._analytics import group_audience

# The largest groups that the database tells apart.
_ZONES = 1_000


def has_message(campaign: Campaign) -> bool:
    """Whether there is anything to be sent to everybody, as plain text or as HTML."""
    return all(has_text(arm.message) or has_text(arm.html) for arm in messages(campaign))


def lacks_subject(campaign: Campaign) -> bool:
    """Whether it is an e-mail that can't be sent.

    A plain text alone may be meant for whoever renders the audience and sends it elsewhere.
    """
    return campaign.channel == "email" and any(
        bool(arm.html or arm.preheader) and not has_text(arm.subject) for arm in messages(campaign)
    )


def messages(campaign: Campaign) -> Sequence[Variant]:
    """Return what a campaign may say, variant by variant; what one leaves out is its own."""
    own = {name: getattr(campaign, name) for name in TEXTS}
    if not campaign.variants:
        return [Variant(campaign.name, **own)]
    return [
        replace(each, **{name: getattr(each, name) or own[name] for name in TEXTS})
        for each in campaign.variants
    ]


def has_text(text: str | None) -> bool:
    """Whether there is more than blanks."""
    return bool((text or "").strip())


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
