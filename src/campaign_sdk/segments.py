"""Audiences described by rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from campaign_sdk._errors import InvalidInput, NotFound, TimedOut
from campaign_sdk._failures import rows_of
from campaign_sdk._model import NOT_GIVEN, Model, NotGiven, given, text, timezone_name, uuid_text
from campaign_sdk._operation import Mode, PagedSteps, Resource, Steps, operation, pages
from campaign_sdk._paging import PAGE, collect, function_pages, table_pages
from campaign_sdk.contacts import Contact, match_arguments
from campaign_sdk.rules import Rules, RulesLike


class Segment(Model):
    """An audience with a name.

    Attributes:
        id: stays the same for the life of the segment.
        name: for people.
        description: for people.
        wire: the rules as they are stored, react-querybuilder's JSON.
        timezone: the IANA time zone of relative dates.
        created_at: when it was stored.
        updated_at: when it last changed.
    """

    id: UUID
    name: str
    description: str | None = None
    wire: Any = Field(default=None, alias="rules", repr=False)
    timezone: str = "UTC"
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @property
    def rules(self) -> Rules:
        """The rules.

        Raises:
            InvalidRules: another client stored something that aren't rules; names the
                segment.
        """
        return stored_rules(self.wire, f"segments[{self.id}].rules")


class AudienceSize(Model):
    """How many contacts an audience has.

    Attributes:
        count: the contacts that match; `None` if the database gave up counting.
        reachable: those of them who haven't unsubscribed; `None` likewise.
        reason: why there is no count.
        as_of: the moment asked for; `None` for the database's own now.
        timezone: the IANA time zone of relative dates.
    """

    count: int | None
    reachable: int | None
    reason: str | None = None
    as_of: AwareDatetime | None = None
    timezone: str = "UTC"


class FunnelStep(Model):
    """What one rule does to an audience.

    Attributes:
        path: which rule, as a JSON path.
        alone: how many contacts match this rule alone.
        cumulative: how many are left after this rule and all before it.
    """

    path: str
    alone: int
    cumulative: int


class AudiencePreview(Model):
    """What an audience looks like.

    Attributes:
        size: how many contacts it has.
        sample: a few of them.
        funnel: what each rule costs.
    """

    size: AudienceSize
    sample: tuple[Contact, ...]
    funnel: tuple[FunnelStep, ...] = ()


class Segments(Resource[Mode]):
    """Describing, sizing and listing audiences."""

    @operation
    def create(
        self,
        name: str,
        rules: RulesLike,
        *,
        description: str | None = None,
        timezone: str = "UTC",
    ) -> Steps[Segment]:
        """Store an audience under a name.

        Args:
            name: for people.
            rules: an expression, or react-querybuilder's JSON.
            description: for people.
            timezone: the IANA time zone of relative dates.

        Raises:
            InvalidRules: a rule is unfinished or malformed; the path says where.
            InvalidInput: the name is empty, or the time zone unknown.
        """
        row = {
            "name": text(name, "name", required=True),
            "description": text(description, "description", longest=10_000),
            "rules": Rules.of(rules).to_wire(),
            "timezone": timezone_name(timezone),
        }
        response = yield self._db.from_("audience_segments").insert(row)
        return _one(response.data)

    @operation
    def get(self, id: UUID | str) -> Steps[Segment]:
        """Return one segment.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
        """
        return (yield from read_segment(self, id))

    @operation
    def list(self) -> Steps[Sequence[Segment]]:
        """Return all segments, by name."""
        select = partial(self._db.from_("audience_segments").select, "*")
        segments = yield from collect(table_pages(select, Segment))
        return sorted(segments, key=lambda segment: segment.name)

    @operation
    def update(
        self,
        id: UUID | str,
        *,
        name: str | NotGiven = NOT_GIVEN,
        rules: RulesLike | NotGiven = NOT_GIVEN,
        description: str | None | NotGiven = NOT_GIVEN,
        timezone: str | NotGiven = NOT_GIVEN,
    ) -> Steps[Segment]:
        """Change what is given, and return the segment. Launched campaigns keep their audience.

        Raises:
            NotFound: there is no such segment, or it is somebody else's.
            InvalidRules: a rule is unfinished or malformed.
        """
        changes = given(name=name, rules=rules, description=description, timezone=timezone)
        if "name" in changes:
            text(changes["name"], "name", required=True)
        if "rules" in changes:
            changes["rules"] = Rules.of(changes["rules"]).to_wire()
        if "description" in changes:
            text(changes["description"], "description", longest=10_000)
        if "timezone" in changes:
            timezone_name(changes["timezone"])
        if not changes:
            return (yield from read_segment(self, id))
        response = yield self._db.from_("audience_segments").update(changes).eq("id", uuid_text(id))
        return _one(response.data)

    @operation
    def delete(self, id: UUID | str) -> Steps[None]:
        """Delete a segment.

        Raises:
            NotFound: there is no such segment, or it is somebody else's.
            Conflict: a campaign uses it.
        """
        response = yield self._db.from_("audience_segments").delete().eq("id", uuid_text(id))
        _one(response.data)

    @operation
    def size(
        self,
        target: RulesLike | Segment | UUID | str,
        *,
        as_of: datetime | None = None,
        timezone: str | None = None,
    ) -> Steps[AudienceSize]:
        """Count an audience.

        Args:
            target: rules, or a segment or its id.
            as_of: the moment that relative dates refer to; now by default.
            timezone: of relative dates; the segment's own by default, or UTC.

        Raises:
            NotFound: there is no such segment, or it is somebody else's.
            InvalidRules: a rule is unfinished or malformed.
        """
        rules, zone = yield from audience(self, target, timezone)
        return (yield from count_audience(self, rules, as_of, zone))

    @operation
    def preview(
        self,
        target: RulesLike | Segment | UUID | str,
        *,
        sample: int = 5,
        as_of: datetime | None = None,
        timezone: str | None = None,
    ) -> Steps[AudiencePreview]:
        """Return the size of an audience, a few members, and what each rule costs it.

        Args:
            target: rules, or a segment or its id.
            sample: how many members to show.
            as_of: the moment that relative dates refer to; now by default.
            timezone: of relative dates; the segment's own by default, or UTC.
        """
        rules, zone = yield from audience(self, target, timezone)
        size = yield from count_audience(self, rules, as_of, zone)
        arguments = match_arguments(rules, as_of, zone)
        page = {**arguments, "page": max(0, min(sample, PAGE))}
        members = yield self._rpc("match_contacts", page, kind="read")
        funnel = yield self._rpc("audience_funnel", arguments, kind="read")
        return AudiencePreview(
            size=size,
            sample=tuple(map(Contact.from_row, rows_of(members))),
            funnel=tuple(map(FunnelStep.from_row, rows_of(funnel))),
        )

    @pages
    def members(
        self,
        target: RulesLike | Segment | UUID | str,
        *,
        as_of: datetime | None = None,
        timezone: str | None = None,
        page_size: int = PAGE,
    ) -> PagedSteps[Contact]:
        """Yield each member exactly once, in the order of their ids, page by page.

        Takes the same arguments as `size`, and how many contacts to fetch in one request.
        """
        rules, zone = yield from audience(self, target, timezone)
        arguments = match_arguments(rules, as_of, zone)
        yield from function_pages(self, "match_contacts", arguments, Contact, page_size)


def read_segment(resource: Resource[Any], id: UUID | str) -> Steps[Segment]:
    """Read one segment, or raise `NotFound`."""
    query = resource._db.from_("audience_segments").select("*")
    response = yield query.eq("id", uuid_text(id))
    return _one(response.data)


def audience(
    resource: Resource[Any], target: RulesLike | Segment | UUID | str, timezone: str | None
) -> Steps[tuple[Rules, str]]:
    """Return the rules that an audience is named by, and their time zone."""
    if isinstance(target, UUID | str):
        target = yield from read_segment(resource, target)
    if isinstance(target, Segment):
        return target.rules, timezone or target.timezone
    return Rules.of(target), timezone or "UTC"


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
    counted = response.data[0] if isinstance(response.data, list) else response.data
    return AudienceSize(
        count=counted["total"], reachable=counted["reachable"], as_of=as_of, timezone=timezone
    )


def stored_rules(wire: Any, path: str) -> Rules:
    """Read rules from a row, naming it if they can't be read."""
    try:
        return Rules.of(wire)
    except InvalidInput as error:
        raise type(error)(f"{path}{error.path.removeprefix('$')}", error.reason) from None


def _one(rows: Any) -> Segment:
    if not rows:
        raise NotFound("there is no such segment, or it isn't yours")
    return Segment.from_row(rows[0])
