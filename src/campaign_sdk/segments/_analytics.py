"""What there is to know about a segment: who is in it, and what became of its campaigns."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.contacts._matching import match_arguments
from campaign_sdk.reports import Report
from campaign_sdk.reports._request import prepare_report
from campaign_sdk.rules import Rules
from campaign_sdk.segments._models import AudienceSize


class FieldGroup(Model):
    """The members of an audience that have the same value in a field.

    Attributes:
        value: the value, as text; of a moment its day.
        count: how many members have it.
        share: that, of all members, from 0 to 1.
    """

    value: str
    count: int
    share: float


class Breakdown(Model):
    """The members of an audience by what they have in one field.

    Attributes:
        field: which field.
        groups: the largest, the largest first.
        missing: how many members lack the field.
        other: how many have a value that isn't among the groups.
    """

    field: str
    groups: tuple[FieldGroup, ...]
    missing: int
    other: int


class SegmentAnalytics(Model):
    """What there is to know about a segment.

    Attributes:
        size: how many contacts it has now, and how many can be reached.
        contacts: how many contacts there are in all.
        share: the segment's part of them, from 0 to 1; `None` without contacts or count.
        breakdown: its members by a field, if one was asked for.
        campaigns: what became of the campaigns that use it: a line for each with its
            counts and rates, and the whole.
    """

    size: AudienceSize
    contacts: int
    share: float | None
    breakdown: Breakdown | None = None
    campaigns: Report


def break_down(
    resource: Resource[Any],
    rules: Rules,
    field: str,
    largest: int,
    as_of: datetime | None,
    timezone: str,
) -> Steps[Breakdown]:
    """Group the members of an audience by a field."""
    arguments = match_arguments(rules, as_of, timezone)
    found = yield from group_audience(resource, arguments, field, largest)
    groups = tuple(
        FieldGroup(value=group.value, count=group.count, share=group.count / found.total)
        for group in found.groups
    )
    return Breakdown(field=field, groups=groups, missing=found.missing, other=found.other)


class _Group(Model):
    value: str
    count: int = Field(gt=0)


class Groups(Model):
    """The database's answer: the largest groups of an audience."""

    total: int
    missing: int = Field(ge=0)
    groups: tuple[_Group, ...]

    @property
    def other(self) -> int:
        """How many members are in none of them."""
        return self.total - self.missing - sum(group.count for group in self.groups)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.other < 0:
            raise ValueError("there are more members in the groups than in all")
        return self


def group_audience(
    resource: Resource[Any], arguments: dict[str, Any], field: str, largest: int
) -> Steps[Groups]:
    """Ask for the largest groups of an audience by a field."""
    asked = {**arguments, "field": field, "largest": largest}
    return Groups.from_row((yield resource._rpc("group_audience", asked, kind="read")).data)


def campaigns_of(resource: Resource[Any], segment_id: UUID) -> Steps[Report]:
    """Return what became of the campaigns that use a segment."""
    request = prepare_report(
        None, "campaign", start=None, end=None, campaigns=None, segment=segment_id, timezone=None
    )
    response = yield resource._rpc("report_engagement", request.arguments, kind="read")
    return Report.of(request, response.data)
