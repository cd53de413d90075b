"""What of a campaign is stored: its values checked, its segment and its campaigns by their ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from campaign_sdk._core.errors import StaleState
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import text, timezone_name, uuid_text
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import Resource, Steps, keyed
from campaign_sdk.campaigns import _content
from campaign_sdk.campaigns._models import Campaign
from campaign_sdk.campaigns._read import read_campaign
from campaign_sdk.campaigns._variants import share
from campaign_sdk.channels._limits import check_channel
from campaign_sdk.contacts._items import utc_text
from campaign_sdk.contacts._naming import named_rules
from campaign_sdk.drafting import Draft

_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": lambda value: text(value, "name", required=True),
    "message": _content.message,
    "subject": lambda value: _content.one_line(value, "subject"),
    "preheader": lambda value: _content.one_line(value, "preheader"),
    "html": _content.html,
    "channel": check_channel,
    "description": lambda value: text(value, "description", longest=10_000),
    "rules": lambda value: value,
    "segment_id": lambda value: value if value is None else uuid_text(value, "segment_id"),
    "timezone": timezone_name,
    "variants": lambda value: value,
    "hold_out": lambda value: value,
    "test_share": lambda value: share(value, "test_share", 0.01, 0.99),
}


def find_segment(resource: Resource[Any], values: dict[str, Any]) -> Steps[None]:
    """Put the id of a segment in the place of its name; an id takes no request."""
    if values.get("segment_id") is not None:
        named = values["segment_id"]
        values["segment_id"] = yield from id_of(resource, "audience_segments", named, "segment_id")


def _row(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _CHECKS[name](value) for name, value in values.items()}


def resolved(resource: Resource[Any], values: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Check the values of a row; campaigns that its rules name get their ids."""
    row = _row(values)
    if row.get("rules") is not None:
        row["rules"] = (yield from named_rules(resource, row["rules"])).to_wire()
    return row


def save_draft(resource: Resource[Any], campaign: Campaign, draft: Draft) -> Steps[None]:
    """Store a draft, unless the campaign isn't any more as it was read."""
    written = {"subject": draft.subject, "preheader": draft.preheader, "channel": draft.channel}
    kept = {name: value for name, value in written.items() if value is not None}
    update = resource._db.from_("campaigns").update(_row({"message": draft.body, **kept}))
    unchanged = update.eq("id", str(campaign.id)).eq(
        "updated_at", utc_text(campaign.updated_at, "updated_at")
    )
    if rows_of((yield keyed(unchanged))):
        return
    # Not there any more as it was read: unless this was sent again, and had been stored before.
    found = yield from read_campaign(resource, campaign.id)
    stored = {"message": found.message, **{name: getattr(found, name) for name in kept}}
    if stored != {"message": draft.body, **kept}:
        raise StaleState(
            "somebody changed the campaign while the draft was written: not saved", details=draft
        )
