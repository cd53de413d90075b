"""Reading one campaign."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput, NotFound
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.campaigns._models import Campaign, Status

# The statuses in which a campaign is meant, where several have its name.
_DRAFTS: tuple[Status, ...] = ("draft", "scheduled")
MOVABLE: dict[str, tuple[Status, ...]] = {
    "update": _DRAFTS,
    "preflight": _DRAFTS,
    "launch": _DRAFTS,
    "schedule": _DRAFTS,
    "unschedule": ("scheduled",),
    "pause": ("active",),
    "resume": ("paused",),
    "complete": ("active", "paused"),
    "archive": ("completed",),
    "promote": ("active", "paused"),
    "send": ("active",),
}


def read_campaign(resource: Resource[Any], id: UUID | str, meant_for: str = "") -> Steps[Campaign]:
    """Read one campaign, by its id or its name, or raise `NotFound`.

    Args:
        resource: whose database is asked.
        id: the id, or the name.
        meant_for: a move: of several with the name, the one that can make it.
    """
    key = yield from id_of(resource, "campaigns", id, prefer=MOVABLE.get(meant_for, ()))
    response = yield resource._db.from_("campaigns").select("*").eq("id", key)
    return one_campaign(rows_of(response))


def one_campaign(rows: list[Any]) -> Campaign:
    """Return the campaign of an answer, or raise `NotFound`."""
    if not rows:
        raise NotFound("there is no such campaign, or it isn't yours")
    return Campaign.from_row(rows[0])


def check_status(status: object, name: str) -> None:
    if status is not None and status not in get_args(Status):
        raise InvalidInput(name, f"must be one of {', '.join(get_args(Status))}")
