"""Reading one campaign."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput, NotFound
from campaign_sdk._core.model import uuid_text
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.campaigns._models import Campaign, Status


def read_campaign(resource: Resource[Any], id: UUID | str) -> Steps[Campaign]:
    """Read one campaign, or raise `NotFound`."""
    response = yield resource._db.from_("campaigns").select("*").eq("id", uuid_text(id))
    return one_campaign(response.data)


def one_campaign(rows: Any) -> Campaign:
    if not rows:
        raise NotFound("there is no such campaign, or it isn't yours")
    return Campaign.from_row(rows[0])


def check_status(status: object, name: str) -> None:
    if status is not None and status not in get_args(Status):
        raise InvalidInput(name, f"must be one of {', '.join(get_args(Status))}")
