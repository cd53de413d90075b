"""Dates in rules: how they are written, and when two of them come before each other."""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.zones import zone as zone

from ._tree import Relative

BARE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]"
    r"(:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-5]):[0-5][0-9])"
)
NAIVE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?")
STORED = re.compile(r".{4}-..-..(T..:..:..(\..*)?Z)?", re.DOTALL)
"""The shape by which the database takes a stored text as a date. By shape only: to look
at each digit of a million contacts would cost more than all the rest of a rule."""

ANCHORS = (
    "now",
    *(
        edge + period
        for period in ("Day", "Week", "Month", "Quarter", "Year")
        for edge in ("startOf", "endOf")
    ),
)
UNITS = {
    "minute": 525_600_000,
    "hour": 8_760_000,
    "day": 365_000,
    "week": 52_000,
    "month": 12_000,
    "quarter": 4_000,
    "year": 1_000,
}
"""The units of an offset, and the most of each: a thousand years."""

ELAPSING = ("minute", "hour")
"""The units that a clock counts; the others turn on the calendar."""

_DAYS_OF_A_YEAR = 366
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MONTH_ENDS = ("endOfMonth", "endOfQuarter", "endOfYear")


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant: as a clock in UTC shows it, and as one on the wall does."""

    utc: datetime
    wall: datetime


def utc_text(moment: datetime) -> str:
    """Write an aware datetime the one way in which the SDK stores instants (`…Z`)."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise InvalidInput("datetime", 'lacks a time zone: pass an aware one, as with "UTC"')
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def at_wall(utc: datetime, timezone: ZoneInfo) -> datetime:
    """What a clock on the wall shows, kept within the years 1 to 9999."""
    try:
        return utc.replace(tzinfo=UTC).astimezone(timezone).replace(tzinfo=None, fold=0)
    except OverflowError:
        return _clamp(utc)


def to_utc(wall: datetime, timezone: ZoneInfo) -> datetime:
    """The instant at which a clock on the wall shows this, kept within the years 1 to 9999."""
    # What PostgreSQL does: of the two readings around a change of the clocks, the one
    # with the smaller offset (the time before a gap, the second pass of an overlap).
    offsets = (wall.replace(fold=fold, tzinfo=timezone).utcoffset() for fold in (0, 1))
    return shifted(wall, -min(offset for offset in offsets if offset is not None))


def shifted(moment: datetime, by: timedelta) -> datetime:
    """Add, stopping at the ends of the calendar."""
    try:
        return moment + by
    except OverflowError:
        return datetime.max if by > timedelta(0) else datetime.min


def read(text: str, timezone: ZoneInfo) -> Moment | None:
    """Read a date or an instant of a rule, or return `None` if it is neither."""
    try:
        if BARE.fullmatch(text):
            wall = datetime.combine(date.fromisoformat(text), time())
            return Moment(to_utc(wall, timezone), wall)
        if INSTANT.fullmatch(text):
            aware = datetime.fromisoformat(text)
            utc = shifted(aware.replace(tzinfo=None), -(aware.utcoffset() or timedelta(0)))
            return Moment(utc, at_wall(utc, timezone))
    except ValueError:
        pass
    return None


def resolve(relative: Relative, as_of: datetime, timezone: ZoneInfo) -> Moment:
    """Resolve a relative date at a moment (naive, in UTC)."""
    utc = _resolve_utc(relative, as_of, timezone)
    return Moment(utc, at_wall(utc, timezone))


def _resolve_utc(relative: Relative, as_of: datetime, timezone: ZoneInfo) -> datetime:
    anchored = _anchor(at_wall(as_of, timezone), relative.anchor)
    # Hours and minutes elapse; days and longer units turn on the calendar.
    if relative.unit in ELAPSING:
        start = as_of if relative.anchor == "now" else to_utc(anchored, timezone)
        return shifted(start, timedelta(**{f"{relative.unit}s": relative.offset}))
    if relative.anchor == "now" and not relative.offset:
        return as_of
    return to_utc(_on_calendar(anchored, relative), timezone)


def _anchor(wall: datetime, anchor: str) -> datetime:
    if anchor == "now":
        return wall
    edge, period = ("start", anchor[7:]) if anchor.startswith("startOf") else ("end", anchor[5:])
    first = wall.date()
    if period == "Week":
        first -= timedelta(days=first.weekday())
    elif period != "Day":
        months = _MONTHS[period.lower()]
        first = first.replace(day=1, month=(first.month - 1) // months * months + 1)
    if edge == "start":
        return datetime.combine(first, time())
    return datetime.combine(_last_day(first, period), time.max)


def _last_day(first: date, period: str) -> date:
    if period in ("Day", "Week"):
        return shifted(
            datetime.combine(first, time()), timedelta(days=6 * (period == "Week"))
        ).date()
    month = first.month + _MONTHS[period.lower()] - 1
    return first.replace(month=month, day=monthrange(first.year, month)[1])


def _on_calendar(wall: datetime, relative: Relative) -> datetime:
    offset, unit = relative.offset, relative.unit
    if unit in ("day", "week"):
        return shifted(wall, timedelta(**{f"{unit}s": offset}))
    year, month = divmod(wall.year * 12 + wall.month - 1 + offset * _MONTHS[unit], 12)
    if not 1 <= year <= 9999:
        return datetime.max if offset > 0 else datetime.min
    last = monthrange(year, month + 1)[1]
    # The end of a month stays one: moved back from 28 February it is 31 January.
    day = last if relative.anchor in _MONTH_ENDS else min(wall.day, last)
    return wall.replace(year=year, month=month + 1, day=day)


def days_between(first: datetime, last: datetime) -> frozenset[str]:
    """The days of the year (`MM-DD`) from one wall clock's date to another's.

    29 February is on the 28th of a year that has none.
    """
    days = set()
    day, end = first.date(), last.date()
    for _ in range(_DAYS_OF_A_YEAR):
        if day > end:
            break
        days.add(f"{day:%m-%d}")
        if (day.month, day.day, isleap(day.year)) == (2, 28, False):
            days.add("02-29")
        if day == date.max:
            break
        day += timedelta(days=1)
    return frozenset(days)


def _clamp(utc: datetime) -> datetime:
    return datetime.max if utc.year > 5000 else datetime.min


def before(stored: str, moment: Moment, *, inclusive: bool) -> bool:
    """Whether a stored text of the right shape lies before a moment (or on it).

    A bare date is compared with the clock on the wall; an instant, in UTC. Both as
    texts, which is what the database does.
    """
    if len(stored) == 10:
        midnight = moment.wall.time() == time()
        day = moment.wall.date().isoformat()
        return stored < (day if midnight and not inclusive else f"{day}T")
    bound = moment.utc.isoformat(timespec="microseconds")
    return stored.rstrip("Z") < (f"{bound} " if inclusive else bound.rstrip("0").rstrip("."))
