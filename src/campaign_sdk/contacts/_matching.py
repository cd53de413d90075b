"""What the SQL functions of audiences take."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from campaign_sdk._core.model import timezone_name
from campaign_sdk.contacts._items import utc_text
from campaign_sdk.rules import Rules


def match_arguments(
    rules: Rules, as_of: datetime | None, timezone: str, *, reachable: bool = False
) -> dict[str, Any]:
    """Return what the SQL functions of audiences take."""
    arguments = {"rules": rules.to_wire(), "timezone": timezone_name(timezone)}
    if as_of is not None:
        arguments["as_of"] = utc_text(as_of, "as_of")
    return {**arguments, "reachable": True} if reachable else arguments
