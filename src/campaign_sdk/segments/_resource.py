"""Audiences described by rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from postgrest.types import CountMethod

from campaign_sdk._core.failures import count_of, rows_of
from campaign_sdk._core.model import NOT_GIVEN, NotGiven, given, text, timezone_name
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import Mode, PagedSteps, Resource, Steps, keyed, operation, pages
from campaign_sdk._core.paging import PAGE, collect, function_pages, table_pages
from campaign_sdk._core.writing import create_row, delete_rows
from campaign_sdk.contacts._matching import match_arguments
from campaign_sdk.contacts._models import Contact
from campaign_sdk.contacts._naming import named_rules
from campaign_sdk.rules import RulesLike
from campaign_sdk.segments._analytics import SegmentAnalytics, break_down, campaigns_of
from campaign_sdk.segments._audience import (
    audience,
    check_whole,
    count_audience,
    cut_sample,
    one_segment,
    read_segment,
)
from campaign_sdk.segments._fields import field_warnings, refuse_unknown
from campaign_sdk.segments._models import AudiencePreview, AudienceSize, FunnelStep, Segment


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
        strict: bool = False,
    ) -> Steps[Segment]:
        """Store an audience under a name.

        Rules that ask about a field which no contact has are stored, and `warnings` of
        the segment says so.

        Args:
            name: for people.
            rules: an expression, or react-querybuilder's JSON.
            description: for people.
            timezone: the IANA time zone of relative dates.
            strict: refuse what would only be warned of.

        Raises:
            InvalidRules: a rule is unfinished or malformed; the path says where.
            InvalidInput: the name is empty, or the time zone unknown.
        """
        row: dict[str, Any] = {
            "name": text(name, "name", required=True),
            "description": text(description, "description", longest=10_000),
            "timezone": timezone_name(timezone),
        }
        asked = yield from named_rules(self, rules)
        row["rules"] = asked.to_wire()
        warnings = yield from field_warnings(self, asked)
        if strict:
            refuse_unknown(warnings)
        created = yield from create_row(self, "audience_segments", row)
        return Segment.from_row(created).model_copy(update={"warnings": warnings})

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

        `warnings` says what `create` would say about the rules that are given.

        Raises:
            NotFound: there is no such segment, or it is somebody else's.
            InvalidRules: a rule is unfinished or malformed.
        """
        changes = given(name=name, rules=rules, description=description, timezone=timezone)
        warnings: tuple[str, ...] = ()
        if "name" in changes:
            text(changes["name"], "name", required=True)
        if "rules" in changes:
            asked = yield from named_rules(self, changes["rules"])
            changes["rules"] = asked.to_wire()
            warnings = yield from field_warnings(self, asked)
        if "description" in changes:
            text(changes["description"], "description", longest=10_000)
        if "timezone" in changes:
            timezone_name(changes["timezone"])
        if not changes:
            return (yield from read_segment(self, id))
        key = yield from id_of(self, "audience_segments", id)
        update = self._db.from_("audience_segments").update(changes).eq("id", key)
        return one_segment(rows_of((yield keyed(update)))).model_copy(update={"warnings": warnings})

    @operation
    def delete(self, id: UUID | str) -> Steps[None]:
        """Delete a segment.

        Raises:
            NotFound: there is no such segment, or it is somebody else's.
            Conflict: a campaign uses it.
        """
        query = self._db.from_("audience_segments").delete
        key = yield from id_of(self, "audience_segments", id)
        rows = yield from delete_rows(lambda: query().eq("id", key))
        if rows is not None:
            one_segment(rows)

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
            target: rules, also as a line of text, or a segment, its id or its name. A text
                that reads as rules is rules.
            as_of: the moment that relative dates refer to; now by default.
            timezone: of relative dates; the segment's own by default, or UTC.

        Raises:
            NotFound: there is no such segment, or it is somebody else's.
            InvalidRules: a rule is unfinished or malformed.
        """
        rules, zone = yield from audience(self, target, timezone)
        return (yield from count_audience(self, rules, as_of, zone))

    @operation
    def check(self, target: RulesLike | Segment | UUID | str) -> Steps[tuple[str, ...]]:
        """Return a sentence for each field of an audience's rules that no contact has.

        Most likely it is misspelt; the sentence says what may be meant. Under a negative
        condition such a field means everybody.

        Raises:
            NotFound: there is no such segment, or it is somebody else's.
            InvalidRules: a rule is unfinished or malformed.
        """
        rules, _ = yield from audience(self, target, None)
        return (yield from field_warnings(self, rules))

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
            target: rules, also as a line of text, or a segment, its id or its name. A text
                that reads as rules is rules.
            sample: how many members to show.
            as_of: the moment that relative dates refer to; now by default.
            timezone: of relative dates; the segment's own by default, or UTC.
        """
        rules, zone = yield from audience(self, target, timezone)
        size = yield from count_audience(self, rules, as_of, zone)
        arguments = match_arguments(rules, as_of, zone)
        page = {**arguments, "page": max(0, min(sample, PAGE))}
        members = rows_of((yield self._rpc("match_contacts", page, kind="read")))
        funnel = rows_of((yield self._rpc("audience_funnel", arguments, kind="read")))
        check_whole(rules, len(funnel))
        told = cut_sample(size, page["page"], len(members))
        warnings = told + (yield from field_warnings(self, rules))
        return AudiencePreview(
            size=size,
            sample=tuple(map(Contact.from_row, members)),
            funnel=tuple(map(FunnelStep.from_row, funnel)),
            warnings=warnings,
        )

    @operation
    def analytics(
        self,
        id: UUID | str,
        *,
        by: str | None = None,
        largest: int = 20,
        as_of: datetime | None = None,
    ) -> Steps[SegmentAnalytics]:
        """Return how large a segment is, who is in it, and what became of its campaigns.

        Args:
            id: the segment.
            by: a field to group its members by, such as `city`.
            largest: how many groups to return.
            as_of: the moment that relative dates refer to; now by default.

        Raises:
            NotFound: there is no such segment, or it is somebody else's.
        """
        segment = yield from read_segment(self, id)
        rules, zone = segment.rules, segment.timezone
        size = yield from count_audience(self, rules, as_of, zone)
        counted = yield self._db.from_("contacts").select("id", count=CountMethod.exact, head=True)
        contacts = count_of(counted)
        groups = (
            None if by is None else (yield from break_down(self, rules, by, largest, as_of, zone))
        )
        campaigns = yield from campaigns_of(self, segment.id)
        share = None if size.count is None or not contacts else size.count / contacts
        return SegmentAnalytics(
            size=size, contacts=contacts, share=share, breakdown=groups, campaigns=campaigns
        )

    @pages
    def members(
        self,
        target: RulesLike | Segment | UUID | str,
        *,
        as_of: datetime | None = None,
        timezone: str | None = None,
        reachable: bool = False,
        page_size: int = PAGE,
    ) -> PagedSteps[Contact]:
        """Yield each member exactly once, in the order of their ids, page by page.

        Takes the same arguments as `size`; with `reachable`, yields only those who may be
        written to. `page_size` is how many contacts to fetch in one request.
        """
        rules, zone = yield from audience(self, target, timezone)
        arguments = match_arguments(rules, as_of, zone, reachable=reachable)
        yield from function_pages(self, "match_contacts", arguments, Contact, page_size)
