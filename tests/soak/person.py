"""One user: a client of the SDK, and in memory what the database must hold for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from campaign_sdk import CampaignClient, Conflict, IllegalTransition, NotFound, everyone
from campaign_sdk import field as of_field

DAY = date(2026, 1, 2)
CITIES = ("Pune", "Delhi", "Köln")
# The machine of the docs, once more and by hand.
MOVES: dict[str, dict[str, str]] = {
    "launch": {"draft": "active", "scheduled": "active"},
    "schedule": {"draft": "scheduled", "scheduled": "scheduled"},
    "unschedule": {"scheduled": "draft"},
    "pause": {"active": "paused"},
    "resume": {"paused": "active"},
    "complete": {"active": "completed", "paused": "completed"},
    "archive": {"draft": "archived", "completed": "archived"},
}


@dataclass
class Known:
    """A contact as the model has it."""

    attributes: dict[str, Any] = field(default_factory=dict)
    has_said_no: bool = False


@dataclass
class Held:
    """A campaign as the model has it."""

    name: str
    city: str | None
    status: str = "draft"
    audience: int = 0
    counts: dict[str, int] = field(
        default_factory=lambda: {"impressions": 0, "clicks": 0, "conversions": 0}
    )
    events: set[str] = field(default_factory=set)
    history: list[str] = field(default_factory=list)


class Person:
    """Does something with the client and the model alike, and compares what came of it.

    Attributes:
        exact: whether no answer is lost: a repeated request finds its work done, and says so.
    """

    def __init__(self, client: CampaignClient, *, exact: bool = True) -> None:
        self.client = client
        self.exact = exact
        self.contacts: dict[str, Known] = {}
        self.suppressed: set[str] = set()
        self.campaigns: dict[UUID, Held] = {}
        self.segments: dict[UUID, str] = {}
        self.done = 0

    def upsert(self, people: Sequence[tuple[int, str, int, bool]]) -> None:
        """Store contacts: a number, a city, a count, and whether they say no."""
        items: dict[str, Any] = {}
        for number, city, orders, says_no in people:
            item = {"email": f"c{number}@example.com", "attributes": {"city": city, "n": orders}}
            items[str(item["email"])] = item | ({"unsubscribed_at": True} if says_no else {})
        before = len(self.contacts)
        report = self.client.contacts.upsert(list(items.values()))
        for email, item in items.items():
            known = self.contacts.setdefault(email, Known())
            known.attributes |= item["attributes"]
            known.has_said_no |= "unsubscribed_at" in item
        assert (report.read, report.rejected) == (len(items), 0)
        assert not self.exact or report.created == len(self.contacts) - before

    def delete_contact(self, number: int) -> None:
        """Delete one of those who are there: the address of whoever said no stays suppressed."""
        email = self._one(self.contacts, number)
        if email is None:
            return
        self.client.contacts.delete(self._id_of(email))
        if self.contacts.pop(email).has_said_no:
            self.suppressed.add(email)

    def unsubscribe(self, number: int) -> None:
        """Let one of those who are there say no."""
        email = self._one(self.contacts, number)
        if email is not None:
            self.client.contacts.unsubscribe(self._id_of(email))
            self.contacts[email].has_said_no = True

    def suppress(self, numbers: Sequence[int]) -> None:
        """Suppress addresses, of contacts and of others."""
        emails = {f"c{number}@example.com" for number in numbers}
        report = self.client.suppressions.add(sorted(emails))
        new = emails - self.suppressed
        self.suppressed |= emails
        assert report.added + report.unchanged == len(emails)
        assert not self.exact or report.added == len(new)

    def lift(self, number: int) -> None:
        """Let an address be written to again, or see that it isn't suppressed."""
        email = f"c{number}@example.com"
        if email in self.suppressed:
            self.client.suppressions.lift(email)
            self.suppressed.remove(email)
            return
        try:
            self.client.suppressions.lift(email)
        except NotFound:
            return
        raise AssertionError("what isn't suppressed was lifted")

    def create_segment(self, city: str) -> None:
        """Store a segment."""
        made = self.client.segments.create(city, of_field("city") == city)
        self.segments[made.id] = city

    def delete_segment(self, number: int) -> None:
        """Delete one of those that are there."""
        chosen = self._one(self.segments, number)
        if chosen is not None:
            self.client.segments.delete(chosen)
            del self.segments[chosen]

    def create_campaign(self, city: str | None) -> None:
        """Store a draft."""
        rules = everyone() if city is None else of_field("city") == city
        name = f"n{len(self.campaigns)}"
        made = self.client.campaigns.create(name, message="Hello", rules=rules)
        self.campaigns[made.id] = Held(name, city)

    def duplicate(self, number: int) -> None:
        """Copy a campaign."""
        chosen = self._one(self.campaigns, number)
        if chosen is not None:
            source = self.campaigns[chosen]
            copy = self.client.campaigns.duplicate(chosen, name="copy")
            self.campaigns[copy.id] = Held("copy", source.city)

    def move(self, number: int, name: str) -> None:
        """Make a move, or see it refused."""
        chosen = self._one(self.campaigns, number)
        if chosen is None:
            return
        held, call = self.campaigns[chosen], self._call(name)
        target = MOVES[name].get(held.status)
        if target is None:
            self._refused(call, chosen)
            return
        if target == "active" and held.status != "paused":
            held.audience = self._reachable(held.city)
        # A schedule that is moved makes no line of history.
        held.history += [target] if target != held.status else []
        held.status = target
        moved = call(chosen)
        assert (moved.status, moved.audience_size) == (target, held.audience)

    def record(self, number: int, metric: str, count: int) -> None:
        """Add a total to a day."""
        chosen = self._one(self.campaigns, number)
        if chosen is not None:
            counts = self.campaigns[chosen].counts
            counts[metric] += count
            given: dict[str, Any] = {metric: count}
            day = self.client.analytics.record(chosen, on=DAY, **given)
            assert day.model_dump(include=set(counts)) == counts

    def ingest(self, number: int, names: Sequence[int]) -> None:
        """Give events, of which some were given before."""
        chosen = self._one(self.campaigns, number)
        if chosen is None:
            return
        held, fresh = self.campaigns[chosen], {f"e{name}" for name in names}
        events = [
            {
                "campaign_id": str(chosen),
                "event_id": name,
                "type": "click",
                "occurred_at": f"{DAY}T12:00:00Z",
            }
            for name in sorted(fresh)
        ]
        report = self.client.analytics.ingest(events)
        new = fresh - held.events
        held.events |= fresh
        held.counts["clicks"] += len(new)
        assert (report.inserted + report.duplicates, report.rejected) == (len(fresh), 0)
        assert not self.exact or report.inserted == len(new)

    def size(self, city: str | None) -> None:
        """Ask how many match."""
        rules = everyone() if city is None else of_field("city") == city
        size = self.client.segments.size(rules)
        assert size.count == self._matching(city)
        assert size.reachable == self._reachable(city)

    def compare(self) -> None:
        """Compare all that is stored with the model."""
        client = self.client
        contacts = {each.email: each for each in client.contacts.iterate()}
        assert {
            email: (each.attributes, each.is_subscribed) for email, each in contacts.items()
        } == {
            email: (each.attributes, self._is_subscribed(email))
            for email, each in self.contacts.items()
        }
        assert len(list(client.suppressions.list())) == len(self.suppressed)
        assert {each.id: each.name for each in client.segments.list()} == self.segments
        campaigns = {each.id: each for each in client.campaigns.iterate()}
        assert {key: (each.name, each.status) for key, each in campaigns.items()} == {
            key: (each.name, each.status) for key, each in self.campaigns.items()
        }
        for key, held in self.campaigns.items():
            summary = client.analytics.summary(key)
            assert summary.model_dump(include=set(held.counts)) == held.counts
            assert [each.to_status for each in client.campaigns.history(key)] == held.history

    def _call(self, name: str) -> Callable[[UUID], Any]:
        call: Callable[..., Any] = getattr(self.client.campaigns, name)
        if name != "schedule":
            return call
        return lambda key: call(key, datetime.now(UTC) + timedelta(days=30))

    def _refused(self, call: Callable[[UUID], Any], key: UUID) -> None:
        try:
            call(key)
        except (IllegalTransition, Conflict):
            return
        raise AssertionError("an illegal move was made")

    def _matching(self, city: str | None) -> int:
        return sum(city in (None, each.attributes.get("city")) for each in self.contacts.values())

    def _reachable(self, city: str | None) -> int:
        return sum(
            city in (None, each.attributes.get("city")) and self._is_subscribed(email)
            for email, each in self.contacts.items()
        )

    def _is_subscribed(self, email: str) -> bool:
        return not self.contacts[email].has_said_no and email not in self.suppressed

    def _id_of(self, email: str) -> UUID:
        found = self.client.contacts.find(email)
        assert found is not None
        return found.id

    @staticmethod
    def _one(things: dict[Any, Any], number: int) -> Any:
        return list(things)[number % len(things)] if things else None
