"""What the database says about an audience and the texts that are meant for it, in one scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from campaign_sdk._core.errors import TimedOut
from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.contacts._matching import match_arguments
from campaign_sdk.rules import Rules
from campaign_sdk.segments._models import AudienceSize
from campaign_sdk.templates import Template
from campaign_sdk.templates._needs import Need, can_be_blank, needs

# The database's own limit; a message of so many different placeholders isn't one.
_MOST = 500


@dataclass(frozen=True)
class Part:
    """A text of a campaign: its message, subject, preheader or HTML."""

    path: str
    template: Template

    @property
    def is_html(self) -> bool:
        """Whether it is the campaign's HTML, or a variant's."""
        return self.path.rpartition(".")[2] == "html"


@dataclass(frozen=True)
class Counts:
    """For how many contacts a placeholder has no value, one it can't use, or can't show."""

    lacking: int
    unusable: int
    unshowable: int


@dataclass(frozen=True)
class Inspection:
    """The answer: counts for each placeholder of each part, and how many get nothing."""

    size: AudienceSize
    placeholders: Sequence[tuple[str, Need, Counts]] = ()
    blank: Sequence[tuple[str, int]] = ()


class _Found(Model):
    """The database's row: lists as long as what was asked for."""

    total: int
    reachable: int
    lacking: list[int]
    unusable: list[int]
    unshowable: list[int]
    blank: list[int]


def inspect_audience(
    resource: Resource[Any], rules: Rules, parts: Sequence[Part], timezone: str
) -> Steps[Inspection]:
    """Count an audience, and whom of it each placeholder would miss."""
    asked = [(part, need) for part in parts for need in needs(part.template)][:_MOST]
    hollow = [part for part in parts if can_be_blank(part.template, html=part.is_html)]
    arguments = {
        **match_arguments(rules, None, timezone),
        "placeholders": [
            {"field": need.field, "takes": need.takes, "strips": need.strips} for _, need in asked
        ],
        "messages": [
            [number for number, (part, _) in enumerate(asked, 1) if part is one] for one in hollow
        ],
    }
    try:
        response = yield resource._rpc("inspect_audience", arguments, kind="read")
    except TimedOut as error:
        reason = error.message
        return Inspection(
            AudienceSize(count=None, reachable=None, reason=reason, timezone=timezone)
        )
    found = _Found.from_row(response.data)
    size = AudienceSize(count=found.total, reachable=found.reachable, timezone=timezone)
    counts = map(Counts, found.lacking, found.unusable, found.unshowable)
    return Inspection(
        size,
        [(part.path, need, count) for (part, need), count in zip(asked, counts, strict=True)],
        [(part.path, n) for part, n in zip(hollow, found.blank, strict=True) if n],
    )
