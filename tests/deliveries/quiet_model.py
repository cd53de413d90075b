"""Caps and quiet hours once more, in plain Python: what the database is held to.

It walks through the minutes of a day with a clock of each zone on the wall, and counts
messages on its fingers. It shares nothing with the SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def quiet_at(moment: datetime, zone: ZoneInfo, start: time, end: time) -> bool:
    """Whether the wall clock shows a time within quiet hours."""
    clock = moment.astimezone(zone).time()
    if start < end:
        return start <= clock < end
    return clock >= start or clock < end


def open_from(moment: datetime, zone: ZoneInfo, start: time, end: time) -> datetime:
    """The first moment from this one on that isn't quiet."""
    if not quiet_at(moment, zone, start, end):
        return moment
    moment = moment.astimezone(UTC).replace(second=0, microsecond=0) + MINUTE
    while quiet_at(moment, zone, start, end):
        moment += MINUTE
    return moment


def may_get_another(earlier: Iterable[datetime], now: datetime, messages: int, days: int) -> bool:
    """Whether somebody who got these may get another one under a cap."""
    return sum(now - at < timedelta(days=days) for at in earlier) < messages
