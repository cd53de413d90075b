"""The tools that look. Their docstrings are what an agent is told of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput, NotFound
from campaign_sdk.agents._answers import Paged, masked
from campaign_sdk.rules import Rules

if TYPE_CHECKING:
    from campaign_sdk import AudienceSize, Campaign, CampaignClient, Contact, Preflight, Segment


class _Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


Item = TypeVar("Item", bound=_Named)


class Desk:
    """What all tools share: a client, and whether addresses may be told."""

    def __init__(self, client: CampaignClient, *, show_contacts: bool) -> None:
        self.client = client
        self.show_contacts = show_contacts

    def campaign(self, named: str) -> Campaign:
        """Return the campaign of this name or id."""
        return _named(self.client.campaigns.list(), named, "campaign")

    def segment(self, named: str) -> Segment:
        """Return the segment of this name or id."""
        return _named(self.client.segments.list(), named, "segment")

    def audience(self, segment: str | None, where: str | None) -> Segment | Rules:
        """Return the audience that is named or described."""
        if (segment is None) == (where is None):
            raise InvalidInput("where", "name a segment, or give where: one of the two")
        return Rules.parse(where) if where is not None else self.segment(segment or "")

    def person(self, contact: Contact) -> dict[str, Any]:
        """Return a contact as an agent may see it."""
        row = contact.model_dump(mode="json")
        if self.show_contacts:
            return row
        attributes = masked(row["attributes"], phones=True)
        return {**row, "phone": row["phone"] and "[phone]", "attributes": attributes}


def _named(items: Iterable[Item], wanted: str, noun: str) -> Item:
    listed = list(items)
    found = [item for item in listed if str(item.id) == wanted.lower()]
    found = found or [item for item in listed if item.name == wanted]
    if not found:
        raise NotFound(f"there is no {noun} of this name or id; list_{noun}s says what there is")
    if len(found) > 1:
        raise InvalidInput(noun, f"{len(found)} are called so: give the id")
    return found[0]


def outlined(campaign: Campaign) -> dict[str, Any]:
    """Return what a list says of a campaign."""
    kept = {"id", "name", "status", "channel", "audience_size", "scheduled_at", "launched_at"}
    return campaign.model_dump(mode="json", include=kept)


def sized(size: AudienceSize | None) -> dict[str, Any] | None:
    """Return an audience's size; a count that is null is unknown, not zero."""
    return None if size is None else size.model_dump(mode="json")


def checked(found: Preflight) -> dict[str, Any]:
    """Return a pre-flight."""
    problems = [problem.model_dump(mode="json") for problem in found.problems]
    return {"ok": found.ok, "audience": sized(found.audience), "problems": problems}


class Reading(Desk):
    """The tools that change nothing."""

    def list_campaigns(self, status: str | None = None, cursor: str | None = None) -> Any:
        """List campaigns, the newest first: id, name, status, channel, audience size, moments.

        status: draft, scheduled, active, paused, completed or archived; all by default.
        cursor: next_cursor of the page before.
        """
        campaigns = self.client.campaigns.list()
        wanted = [each for each in campaigns if status in (None, each.status)]
        return Paged([outlined(each) for each in wanted], cursor)

    def show_campaign(self, campaign: str) -> Any:
        """Show one campaign: its message, its audience in words, and its history of moves.

        campaign: its name or id.
        """
        found = self.campaign(campaign)
        history = self.client.campaigns.history(found.id)
        rules = found.rules
        return {
            **found.model_dump(mode="json", exclude={"wire"}),
            "audience": None if rules is None else rules.explain(),
            "history": [move.model_dump(mode="json") for move in history][-20:],
        }

    def list_segments(self, cursor: str | None = None) -> Any:
        """List segments by name: id, name, description, rules in words.

        cursor: next_cursor of the page before.
        """
        return Paged([self._segment(each) for each in self.client.segments.list()], cursor)

    def _segment(self, segment: Segment) -> dict[str, Any]:
        row = segment.model_dump(mode="json", include={"id", "name", "description", "timezone"})
        return {**row, "rules": segment.rules.explain()}

    def list_fields(self, cursor: str | None = None) -> Any:
        """List what is known of contacts: each field's name, types and share of contacts.

        Rules (where) and placeholders in messages use these names, and email, phone,
        created_at, updated_at, unsubscribed_at.
        cursor: next_cursor of the page before.
        """
        fields = [field.model_dump(mode="json") for field in self.client.contacts.fields()]
        hidden = fields if self.show_contacts else masked(fields, phones=True)
        return Paged(hidden, cursor)

    def size_audience(self, segment: str | None = None, where: str | None = None) -> Any:
        """Count an audience, and those of it who may be written to.

        Give one of the two. A count of null is unknown, not zero.
        segment: its name or id.
        where: rules in a line, such as: orders >= 3 and not city in ("Pune", "Delhi")
        """
        return sized(self.client.segments.size(self.audience(segment, where)))

    def preview_audience(
        self, segment: str | None = None, where: str | None = None, sample: int = 3
    ) -> Any:
        """Show an audience: its size, what each rule costs it, and a few members.

        Give one of the two. Addresses are masked unless a person allowed them.
        segment: its name or id.
        where: rules in a line, such as: orders >= 3 and city is "Pune"
        sample: how many members, up to 5.
        """
        shown = self.client.segments.preview(
            self.audience(segment, where), sample=min(max(sample, 0), 5)
        )
        return {
            "size": sized(shown.size),
            "funnel": [step.model_dump(mode="json") for step in shown.funnel],
            "warnings": list(shown.warnings),
            "sample": [self.person(contact) for contact in shown.sample],
        }

    def preflight_campaign(self, campaign: str) -> Any:
        """Check a campaign before its launch: whom it would reach, and what is wrong with it.

        campaign: its name or id.
        """
        return checked(self.client.campaigns.preflight(self.campaign(campaign).id))

    def report(
        self,
        campaigns: list[str] | None = None,
        metrics: list[str] | None = None,
        group_by: list[str] | None = None,
        start: date | None = None,
        end: date | None = None,
        cursor: str | None = None,
    ) -> Any:
        """Report what became of campaigns, with totals; a rate of null is over nothing.

        campaigns: names or ids; all by default.
        metrics: such as impressions, clicks, conversions, ctr, cvr, reach, value.
        group_by: of day, week, month, campaign, segment, event_type; day by default.
        start, end: the first day, and the day after the last.
        cursor: next_cursor of the page before.
        """
        ids = None if campaigns is None else [self.campaign(each).id for each in campaigns]
        found = self.client.analytics.report(
            metrics, group_by or "day", start=start, end=end, campaigns=ids
        )
        totals = found.totals.model_dump(mode="json", include=set(found.metrics))
        beside = {"timezone": found.timezone, "totals": totals}
        return Paged(list(found.records()), cursor, beside)

    def compare_campaigns(self, a: str, b: str, metric: str = "ctr") -> Any:
        """Compare a rate of two campaigns, with its interval and whether it may be chance.

        a, b: names or ids.
        metric: ctr, cvr or conversion_per_impression.
        """
        ids = self.campaign(a).id, self.campaign(b).id
        found = self.client.analytics.compare(*ids, metric)
        return {**found.model_dump(mode="json"), "in_words": str(found)}

    def propose_launch(self, campaign: str) -> Any:
        """Prepare a launch for a person: the pre-flight, and the command that person would run.

        This launches nothing, and no other tool does: show the command to your person.
        campaign: its name or id.
        """
        found = self.campaign(campaign)
        inspected = self.client.campaigns.preflight(found.id)
        return {
            "campaign": outlined(found),
            "preflight": checked(inspected),
            "launched": False,
            "for_a_person": f"campaign launch {found.id}" if inspected.ok else None,
        }
