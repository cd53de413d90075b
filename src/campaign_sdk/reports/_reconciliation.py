"""The counters of a campaign, set against its log of events."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from campaign_sdk._core.model import Columns, Model
from campaign_sdk.reports._engagement import Engagement

_COUNTS = (
    *("impressions", "clicks", "conversions"),
    *("delivered", "bounced", "complained", "unsubscribed"),
    *("machine_impressions", "machine_clicks"),
)


class DayDifference(Model):
    """By how much the counters of a day exceed its events; negative if events are missing.

    Attributes:
        day: in the campaign's time zone.
        impressions: counted minus logged.
        clicks: counted minus logged.
        conversions: counted minus logged; and so are the others.
    """

    day: date
    impressions: int
    clicks: int
    conversions: int
    delivered: int = 0
    bounced: int = 0
    complained: int = 0
    unsubscribed: int = 0
    machine_impressions: int = 0
    machine_clicks: int = 0

    def __bool__(self) -> bool:
        """Whether there is a difference."""
        return any(getattr(self, name) for name in _COUNTS)


class _Columns(Columns):
    """The database's answer."""

    days: list[date]
    impressions: list[int]
    clicks: list[int]
    conversions: list[int]
    delivered: list[int]
    bounced: list[int]
    complained: list[int]
    unsubscribed: list[int]
    machine_impressions: list[int]
    machine_clicks: list[int]
    logged_impressions: list[int]
    logged_clicks: list[int]
    logged_conversions: list[int]
    logged_delivered: list[int]
    logged_bounced: list[int]
    logged_complained: list[int]
    logged_unsubscribed: list[int]
    logged_machine_impressions: list[int]
    logged_machine_clicks: list[int]

    def sum(self, prefix: str = "") -> Engagement:
        return Engagement(**{name: sum(getattr(self, prefix + name)) for name in _COUNTS})

    def difference(self, at: int) -> DayDifference:
        surplus = {
            name: getattr(self, name)[at] - getattr(self, f"logged_{name}")[at] for name in _COUNTS
        }
        return DayDifference(day=self.days[at], **surplus)


class Reconciliation(Model):
    """How the counters of a campaign compare with its log of events.

    Totals given to `record` are in the counters and not in the log, so a surplus is
    theirs, or somebody wrote to the table. A deficit is never right: events that aren't
    counted.

    Attributes:
        campaign_id: the campaign.
        counters: what the counters hold, over all days.
        events: what the log of events says.
        differences: the days on which the two differ, the first one first.
    """

    campaign_id: UUID
    counters: Engagement
    events: Engagement
    differences: tuple[DayDifference, ...] = ()

    @classmethod
    def of(cls, campaign_id: str, answer: Any) -> Reconciliation:
        """Read the database's answer."""
        columns = _Columns.from_row(answer)
        days = map(columns.difference, range(len(columns.days)))
        return cls(
            campaign_id=UUID(campaign_id),
            counters=columns.sum(),
            events=columns.sum("logged_"),
            differences=tuple(filter(None, days)),
        )

    @property
    def agrees(self) -> bool:
        """Whether the counters equal the events on every day."""
        return not self.differences

    @property
    def surplus(self) -> Engagement:
        """What is counted without an event, summed over the days."""
        return self._summed(1)

    @property
    def deficit(self) -> Engagement:
        """What has an event and isn't counted, summed over the days; all zero if all is well."""
        return self._summed(-1)

    def _summed(self, sign: int) -> Engagement:
        sums = {
            name: sum(max(sign * getattr(day, name), 0) for day in self.differences)
            for name in _COUNTS
        }
        return Engagement(**sums)
