"""Time zones by their IANA names."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from campaign_sdk._core.errors import InvalidInput

_TIMEZONE = re.compile(r"UTC|[A-Za-z_]+(/[A-Za-z_-]+)+|Etc/GMT([+-]1?[0-9])?")


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name, or raise `InvalidInput` (path `timezone`)."""
    # Abbreviations and POSIX strings, which PostgreSQL would take, mean something else,
    # or nothing, to whoever reads IANA names.
    if not isinstance(name, str) or not _TIMEZONE.fullmatch(name):
        raise InvalidInput("timezone", 'must be an IANA name such as "Europe/Berlin"')
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("timezone", 'must be an IANA name such as "Europe/Berlin"') from None


def moment_at(wall: datetime, timezone: ZoneInfo) -> tuple[datetime, str | None]:
    """Return the moment at which clocks show this, and a remark if that isn't just one.

    In the hour that clocks leave out it is so much later; in the hour that they show
    twice it is the first time.
    """
    first, second = (wall.replace(tzinfo=timezone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first, None
    moment = first.astimezone(UTC).astimezone(timezone)
    if moment.replace(tzinfo=None) != wall:
        shown = f"{moment:%H:%M}"
        return moment, f"clocks in {timezone.key} leave out {wall:%H:%M} that day: taken as {shown}"
    again = second.isoformat()
    return moment, (
        f"clocks in {timezone.key} show {wall:%H:%M} twice that day: taken as the first; "
        f"the second is {again}"
    )
