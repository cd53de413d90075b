"""A report as data: lines, and their total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal, Self
from uuid import UUID

from campaign_sdk._core.model import Columns, Model
from campaign_sdk.reports._engagement import Engagement, contradictions
from campaign_sdk.reports._request import PERIODS, Request

_EVENT_TYPES = {
    "impression": "impressions",
    "click": "clicks",
    "conversion": "conversions",
    "delivered": "delivered",
    "bounced": "bounced",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}
_ALWAYS = ("impression", "click", "conversion")
_MACHINES = {"impression": "machine_impressions", "click": "machine_clicks"}
_COUNTS = (*_EVENT_TYPES.values(), *_MACHINES.values(), "reach", "identified", "value")
_EXAMPLES = 3


class ReportRow(Engagement):
    """One line of a report: what it is about, and its counts.

    Attributes:
        day: the day, if the report is by day.
        week: the Monday of the ISO week, if it is by week.
        month: the first of the month, if it is by month.
        campaign: the id of the campaign, if it is by campaign.
        campaign_name: for people.
        segment: the id of the campaigns' segment, if it is by segment; `None` for
            campaigns that have rules of their own.
        segment_name: for people.
        event_type: impression, click, conversion, and what there is of delivered, bounced,
            complained and unsubscribed, if it is by event type. Such a line has no rates.
    """

    day: date | None = None
    week: date | None = None
    month: date | None = None
    campaign: UUID | None = None
    campaign_name: str | None = None
    segment: UUID | None = None
    segment_name: str | None = None
    event_type: str | None = None

    @property
    def label(self) -> str:
        """What the line is about, in a few words."""
        parts = (self.day, self.week, self.month, self.campaign_name, self.segment_name)
        return ", ".join(str(part) for part in (*parts, self.event_type) if part is not None)

    def _rate(self, name: str) -> float | None:
        return None if self.event_type else super()._rate(name)


class ReportColumns(Columns):
    """The database's answer; a column is `None` if it isn't grouped by that."""

    timezone: str
    since: date | None
    until: date | None
    days: list[date] | None
    campaigns: list[UUID] | None
    segments: list[UUID | Literal[""]] | None
    impressions: list[int]
    clicks: list[int]
    conversions: list[int]
    delivered: list[int]
    bounced: list[int]
    complained: list[int]
    unsubscribed: list[int]
    machine_impressions: list[int]
    machine_clicks: list[int]
    reach: list[int] | None
    identified: list[int] | None
    value: list[Decimal] | None
    total: Engagement
    names: dict[UUID, str]

    def rows(self, group_by: Sequence[str]) -> Iterator[ReportRow]:
        """Yield the lines."""
        period = next((group for group in group_by if group in PERIODS), "day")
        columns: dict[str, Sequence[Any] | None] = {
            period: self.days,
            "campaign": self.campaigns,
            "campaign_name": self._named(self.campaigns),
            "segment": self._nullable(self.segments),
            "segment_name": self._named(self.segments),
            **{name: getattr(self, name) for name in _COUNTS},
        }
        given = {name: column for name, column in columns.items() if column is not None}
        for values in zip(*given.values(), strict=True):
            yield ReportRow(**dict(zip(given, values, strict=True))).with_known_reach()

    def without_reach(self) -> Self:
        """Leave out what comes along with the values."""
        total = self.total.model_copy(update={"reach": None, "identified": None})
        return self.model_copy(update={"reach": None, "identified": None, "total": total})

    def _named(self, ids: Sequence[Any] | None) -> list[str | None] | None:
        return None if ids is None else [self.names.get(key) for key in ids]

    def _nullable(self, ids: Sequence[Any] | None) -> list[Any] | None:
        return None if ids is None else [key or None for key in ids]


class ReportData(Model):
    """What a report holds; see `Report`."""

    metrics: tuple[str, ...]
    group_by: tuple[str, ...]
    timezone: str
    start: date | None = None
    end: date | None = None
    rows: tuple[ReportRow, ...] = ()
    totals: Engagement

    @classmethod
    def of(cls, request: Request, answer: Any) -> Self:
        """Read the database's answer."""
        columns = ReportColumns.from_row(answer)
        if "reach" not in request.metrics:
            columns = columns.without_reach()
        rows: Iterator[ReportRow] = columns.rows(request.group_by)
        if "event_type" in request.group_by:
            seen = [kind for kind in _EVENT_TYPES if _has(columns.total, kind)]
            rows = (part for row in rows for part in _by_type(row, seen))
        return cls(
            metrics=request.metrics,
            group_by=request.group_by,
            timezone=columns.timezone,
            start=columns.since,
            end=columns.until,
            rows=tuple(rows),
            totals=columns.total.with_known_reach(),
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the numbers contradict, in the totals and in the lines."""
        lines = [row for row in self.rows if row.label and not row.event_type]
        odd = [(row.label, found) for row in lines if (found := contradictions(row))]
        told = [f"{label}: {'; '.join(found)}" for label, found in odd[:_EXAMPLES]]
        rest = [f"and {len(odd) - _EXAMPLES} more lines like these"]
        # Where one line makes up the total, it says the same, and where.
        said = {text for _, found in odd[:_EXAMPLES] for text in found}
        whole = [text for text in self.totals.warnings if text not in said]
        return (*whole, *told, *(rest if odd[_EXAMPLES:] else ()))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns: what the lines are about, then the metrics."""
        named = {"campaign": ("campaign", "campaign_name"), "segment": ("segment", "segment_name")}
        keys = [name for group in self.group_by for name in named.get(group, (group,))]
        return (*keys, *self.metrics)

    def records(self) -> list[dict[str, Any]]:
        """Return the lines as dictionaries with the columns as keys."""
        return [{name: getattr(row, name) for name in self.columns} for row in self.rows]

    def __repr__(self) -> str:
        groups = ", ".join(self.group_by) or "nothing"
        return f"<Report by {groups}: {len(self.rows)} lines, {self.start} to {self.end}>"

    __str__ = __repr__


def _has(total: Engagement, event_type: str) -> bool:
    return event_type in _ALWAYS or getattr(total, _EVENT_TYPES[event_type]) != 0


def _by_type(row: ReportRow, event_types: Sequence[str]) -> Iterator[ReportRow]:
    for event_type in event_types:
        names = {_EVENT_TYPES[event_type], _MACHINES.get(event_type)}
        counts: dict[str, Any] = {
            name: getattr(row, name) if name in names else 0
            for name in (*_EVENT_TYPES.values(), *_MACHINES.values())
        }
        counts["value"] = row.value if event_type == "conversion" else row.value and 0
        if event_type != "impression":
            counts |= {"reach": None, "identified": None}
        yield row.model_copy(update={"event_type": event_type, **counts})
