"""Whom an audience is made of: rules, a segment or its id."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from campaign_sdk._core.errors import InvalidRules, NotFound, ProtocolError, TimedOut
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import Model
from campaign_sdk._core.named import as_id, id_of
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.contacts._matching import match_arguments
from campaign_sdk.contacts._naming import named_rules
from campaign_sdk.rules import Rules, RulesLike
from campaign_sdk.segments._models import AudienceSize, Segment

# A text that has one of these was meant as rules: so the error says what is wrong with them.
_LIKE_RULES = re.compile(r"[=<>(`]|\b(?:is|in|contains|between|within|begins?|ends?|not)\b")


def read_segment(resource: Resource[Any], id: UUID | str) -> Steps[Segment]:
    """Read one segment, or raise `NotFound`."""
    query = resource._db.from_("audience_segments").select("*")
    key = yield from id_of(resource, "audience_segments", id)
    response = yield query.eq("id", key)
    return one_segment(rows_of(response))


def audience(
    resource: Resource[Any], target: RulesLike | Segment | UUID | str, timezone: str | None
) -> Steps[tuple[Rules, str]]:
    """Return the rules that an audience is named by, and their time zone."""
    if isinstance(target, str):
        target = yield from _told(resource, target)
    if isinstance(target, UUID):
        target = yield from read_segment(resource, target)
    if isinstance(target, Segment):
        return target.rules, timezone or target.timezone
    return (yield from named_rules(resource, target)), timezone or "UTC"


def _told(resource: Resource[Any], text: str) -> Steps[Rules | Segment]:
    """Return what a text means: rules if it can be read as such, else a segment's id or name.

    So what a text means doesn't depend on which segments there are.
    """
    if as_id(text) is not None:
        return (yield from read_segment(resource, text))
    try:
        return Rules.parse(text)
    except InvalidRules as error:
        reason = error
    try:
        return (yield from read_segment(resource, text))
    except NotFound as error:
        if _LIKE_RULES.search(text):
            raise InvalidRules(reason.path, f"{reason.reason} ({error.message})") from None
        raise


def count_audience(
    resource: Resource[Any], rules: Rules, as_of: datetime | None, timezone: str
) -> Steps[AudienceSize]:
    """Count an audience; a count that takes too long is `None`, never 0."""
    arguments = match_arguments(rules, as_of, timezone)
    try:
        response = yield resource._rpc("audience_size", arguments, kind="read")
    except TimedOut as error:
        return AudienceSize(
            count=None, reachable=None, reason=error.message, as_of=as_of, timezone=timezone
        )
    data = response.data
    counted = _Counted.from_row(data[0] if isinstance(data, list) and data else data)
    return AudienceSize(
        count=counted.total, reachable=counted.reachable, as_of=as_of, timezone=timezone
    )


class _Counted(Model):
    """The database's answer."""

    total: int = Field(ge=0)
    reachable: int = Field(ge=0)


def one_segment(rows: list[Any]) -> Segment:
    """Return the segment of an answer, or raise `NotFound`."""
    if not rows:
        raise NotFound("there is no such segment, or it isn't yours")
    return Segment.from_row(rows[0])


_ROWS = "raise Max rows (Project Settings, Data API)"


def check_whole(rules: Rules, steps: int) -> None:
    """Raise `ProtocolError` unless a funnel has a step for each rule of its root."""
    wire = rules.to_wire()
    children = wire["rules"]
    whole = 1 if wire.get("not") or not children else len(children)
    if steps != whole:
        raise ProtocolError(
            f"the server answers with {steps} of the funnel's {whole} rules; if it cuts answers, "
            f"{_ROWS}"
        )


def cut_sample(size: AudienceSize, asked: int, shown: int) -> tuple[str, ...]:
    """Return what is to be said of a sample that is shorter than it could be."""
    if size.count is None or shown >= min(asked, size.count):
        return ()
    return (f"the server shows {shown} members of the {asked} that were asked for: {_ROWS}",)
