"""What caps and quiet hours are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from pydantic import AwareDatetime

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import Model

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True)
class Cap:
    """At most so many messages to one contact within so many days: `Cap(3, days=7)`.

    The days are a window that moves, not a calendar's: 7 are 168 hours.

    Raises:
        InvalidInput: `messages` isn't a number from 1 to 1,000, or `days` from 1 to 366.
    """

    messages: int
    days: int = 7

    def __post_init__(self) -> None:
        _check_count(self.messages, "cap.messages", 1_000)
        _check_count(self.days, "cap.days", 366)


@dataclass(frozen=True)
class Quiet:
    """Hours at which nothing is sent, by the contact's own clock: `Quiet("21:00", "08:00")`.

    The first minute is quiet, the last one is open again.

    Raises:
        InvalidInput: a time isn't one from 00:00 to 23:59, or both are the same.
    """

    start: str
    end: str

    def __post_init__(self) -> None:
        for value, name in ((self.start, "quiet.start"), (self.end, "quiet.end")):
            if not isinstance(value, str) or not _CLOCK.fullmatch(value):
                raise InvalidInput(name, 'must be a time of day such as "21:00"')
        if self.start == self.end:
            raise InvalidInput("quiet.end", "must differ from the start: nothing would be left")


class SendingSettings(Model):
    """The settings of one owner.

    Attributes:
        cap: how many messages one contact may get; `None` for any number.
        quiet: the hours at which nothing is sent; `None` if there are none.
        updated_at: when they last changed; `None` if nothing was ever set.
    """

    cap: Cap | None = None
    quiet: Quiet | None = None
    updated_at: AwareDatetime | None = None


class SettingsRow(Model):
    """The settings as the database has them."""

    cap_messages: int | None
    cap_days: int | None
    quiet_from: time | None
    quiet_until: time | None
    updated_at: AwareDatetime | None = None

    def settings(self) -> SendingSettings:
        """Return them as people read them."""
        cap, quiet = None, None
        if self.cap_messages is not None and self.cap_days is not None:
            cap = Cap(self.cap_messages, days=self.cap_days)
        if self.quiet_from is not None and self.quiet_until is not None:
            quiet = Quiet(f"{self.quiet_from:%H:%M}", f"{self.quiet_until:%H:%M}")
        return SendingSettings(cap=cap, quiet=quiet, updated_at=self.updated_at)


def _check_count(value: int, name: str, most: int) -> None:
    if type(value) is not int or not 1 <= value <= most:
        raise InvalidInput(name, f"must be a number from 1 to {most:,}")
