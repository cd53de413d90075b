"""Time zones by their IANA names."""

from __future__ import annotations

import re
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
