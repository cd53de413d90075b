"""A campaign by a field of its contacts: groups that sum up to the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from campaign_sdk._core.errors import InvalidInput, ProtocolError
from campaign_sdk._core.model import Model
from campaign_sdk.reports._engagement import Engagement
from campaign_sdk.reports._metrics import METRICS, RATES
from campaign_sdk.reports._plan import check_level
from campaign_sdk.reports._statistics import wilson

GroupKind = Literal["range", "value", "missing", "no_number", "gone", "other", "no_contact"]
Base = Literal["sent", "members", "reached"]
Number = int | float | Decimal

# Smaller groups aren't shown by themselves: their rates say next to nothing.
SMALLEST = 50
_MOST_EDGES = 100
# What is stored of an engagement, and adds up.
_COUNTS = tuple(
    name for name in Engagement.model_fields if name not in ("reach", "identified", "value")
)
PEOPLE_RATES = {
    "open_rate": "opened",
    "click_rate": "clicked",
    "conversion_rate": "converted",
    "unsubscribe_rate": "unsubscribers",
}
_LABELS = {
    "missing": "missing",
    "no_number": "not a number",
    "gone": "contacts who were deleted",
    "other": "other",
    "no_contact": "events without a contact",
}


class GroupRate(Model):
    """A rate, and how far it is to be trusted.

    Attributes:
        successes: the numerator.
        trials: the denominator.
        rate: successes per trial; `None` without trials.
        low: the lower end of the Wilson interval; `None` where there is no proportion.
        high: the upper end of it.
    """

    successes: int
    trials: int
    rate: float | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, successes: int, trials: int, confidence: float) -> GroupRate:
        """Return the rate of so many successes."""
        low, high = None, None
        if trials > 0 and 0 <= successes <= trials:
            low, high = wilson(successes, trials, confidence)
        rate = successes / trials if trials > 0 else None
        return cls(successes=successes, trials=trials, rate=rate, low=low, high=high)


class BreakdownGroup(Engagement):
    """Contacts who have the same in a field, and what they did.

    Attributes:
        kind: `value` or `range`; `missing`: the contacts lack the field; `no_number`: what they
            have isn't one, though there are bins; `gone`: they were deleted; `other`: groups too
            small to be shown; `no_contact`: events, and recorded totals, of nobody known.
        text: what they have, at most 200 characters of it, for `value`.
        above: the lower bound of a `range`, included; `None` for none.
        below: the upper bound, not included.
        size: all whom the campaign knows of them: members, and who else did something.
        members: who was frozen into the audience.
        recipients: who was sent the message.
        people: of whom `opened` and the next three count; see `CampaignBreakdown.base`.
        opened: who of them opened, machines left out, each person once.
        clicked: who clicked, likewise.
        converted: who converted.
        unsubscribers: who unsubscribed.
        rates: the rates of people (`open_rate`, `click_rate`, `conversion_rate`,
            `unsubscribe_rate`) and of events (`ctr` and so on), each with its interval; empty
            for an `other` of fewer than the smallest group, and for `no_contact`.
    """

    kind: GroupKind
    text: str | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    size: int = 0
    members: int = 0
    recipients: int = 0
    people: int = 0
    opened: int = 0
    clicked: int = 0
    converted: int = 0
    unsubscribers: int = 0
    rates: dict[str, GroupRate] = Field(default_factory=dict)

    @property
    def label(self) -> str:
        """What the group is, in a few words."""
        if self.kind == "range":
            return _range_label(self.above, self.below)
        return self.text or "" if self.kind == "value" else _LABELS[self.kind]

    def people_rates(self, confidence: float) -> dict[str, GroupRate]:
        """Return the rates of people: who did, of those who could."""
        return {
            name: GroupRate.of(getattr(self, part), self.people, confidence)
            for name, part in PEOPLE_RATES.items()
        }


class CampaignBreakdown(Model):
    """A campaign by a field of its contacts, as it is now. The groups sum up to the whole.

    Attributes:
        campaign_id: the campaign.
        field: which field.
        base: of whom rates of people are: those who were `sent` the message; without a record
            of that, the `members` of the frozen audience who weren't held out; without an
            audience, those whom an impression `reached`.
        confidence: of the intervals.
        smallest: how many contacts a group needs to be shown by itself.
        groups: ranges in order or values by size; then those that are none.
        totals: the whole, which is what `analytics.summary` says.
    """

    campaign_id: UUID
    field: str
    base: Base
    confidence: float
    smallest: int
    groups: tuple[BreakdownGroup, ...]
    totals: Engagement

    @classmethod
    def of(
        cls,
        campaign_id: str,
        field: str,
        answer: Any,
        *,
        edges: Sequence[Decimal],
        smallest: int,
        confidence: float,
    ) -> CampaignBreakdown:
        """Read the database's answer."""
        read = _Answer.from_row(answer)
        groups = [_group(row, edges) for row in read.groups]
        groups.extend(_nobodys(groups, read.total))
        return cls(
            campaign_id=UUID(campaign_id),
            field=field,
            base=read.base,
            confidence=confidence,
            smallest=smallest,
            groups=tuple(_rated(group, smallest, confidence) for group in groups),
            totals=read.total.with_known_reach(),
        )

    def records(self) -> list[dict[str, Any]]:
        """Return the groups as dictionaries, each with its label."""
        return [{"label": group.label, **group.model_dump()} for group in self.groups]


class _Answer(Model):
    base: Base
    total: Engagement
    groups: list[_Row]


class _Row(Model):
    # The counts are columns of the group's own.
    model_config = ConfigDict(extra="allow")

    kind: GroupKind
    label: str | None


def check_breakdown(
    bins: Sequence[Number] | None, smallest: int, confidence: float
) -> list[Decimal]:
    """Return the edges of bins as exact numbers.

    Raises:
        InvalidInput: they don't rise, or a level is out of bounds.
    """
    check_level("confidence", confidence)
    if isinstance(smallest, bool) or not isinstance(smallest, int) or not 1 <= smallest <= 10**6:
        raise InvalidInput("smallest", "must be a whole number from 1 to 1,000,000")
    if bins is None:
        return []
    edges = [_edge(number) for number in bins]
    if not 1 <= len(edges) <= _MOST_EDGES or any(a >= b for a, b in pairwise(edges)):
        raise InvalidInput("bins", f"must be 1 to {_MOST_EDGES} numbers that rise")
    return edges


def _edge(number: object) -> Decimal:
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        raise InvalidInput("bins", "must be numbers")
    exact = Decimal(str(number))
    if not exact.is_finite() or abs(exact) > 10**15:
        raise InvalidInput("bins", "must be finite numbers, at most 1e15")
    return exact


def _group(row: _Row, edges: Sequence[Decimal]) -> BreakdownGroup:
    given = row.model_dump()
    label = given.pop("label")
    if row.kind == "range":
        place = _place(label, len(edges))
        given["above"] = edges[place - 1] if place else None
        given["below"] = edges[place] if place < len(edges) else None
    else:
        given["text"] = label
    return BreakdownGroup.from_row(given)


def _place(label: str | None, edges: int) -> int:
    if label is None or not label.isdecimal() or int(label) > edges:
        raise ProtocolError("the server's breakdown has a range that wasn't asked for")
    return int(label)


def _nobodys(groups: Sequence[BreakdownGroup], total: Engagement) -> Iterator[BreakdownGroup]:
    """What is counted, and no contact is known for: the rest, whatever it comes from."""
    counts = {
        name: getattr(total, name) - sum(getattr(group, name) for group in groups)
        for name in _COUNTS
    }
    value = (total.value or Decimal()) - sum((group.value or 0 for group in groups), Decimal())
    if any(counts.values()) or value:
        yield BreakdownGroup(kind="no_contact", reach=0, identified=0, value=value, **counts)


def _rated(group: BreakdownGroup, smallest: int, confidence: float) -> BreakdownGroup:
    if group.kind == "no_contact" or group.size < smallest:
        return group
    rates = group.people_rates(confidence)
    for name in RATES:
        part, whole = METRICS[name].numerator, METRICS[name].denominator or ""
        rates[name] = GroupRate.of(getattr(group, part), getattr(group, whole), confidence)
    return group.model_copy(update={"rates": rates})


def _range_label(above: Decimal | None, below: Decimal | None) -> str:
    if above is None:
        return f"below {below:,f}"
    return f"{above:,f} or more" if below is None else f"{above:,f} to below {below:,f}"
