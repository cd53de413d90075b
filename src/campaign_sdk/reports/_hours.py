"""By which hour of the day people click, and how sure that is."""

from __future__ import annotations

from math import erfc, exp, lgamma, log, sqrt
from typing import Any

from pydantic import Field

from campaign_sdk._core.model import Model
from campaign_sdk.reports._statistics import wilson

HOURS = 24
# Below this many first clicks no hour is called the best: an interval would be half the day.
SAMPLE = 200
# Above this many, the binomial distribution is as good as normal.
_EXACT = 2_000
# What one hour holds of all that was sent, for its clicks to say more of that than of people.
_MUCH = 0.5

CAVEAT = (
    "People click after they are written to: this shows when they do, and not when they would "
    "have if the message had come at another hour. To know that, send at hours drawn by chance."
)


class Hour(Model):
    """One hour of the day.

    Attributes:
        hour: 0 to 23; 9 is from 9:00 to 10:00.
        clicked: first clicks of contacts in it, each contact once for a campaign.
        share: of all first clicks; `None` if there are none.
        low: the lower end of its interval; all 24 hold at once.
        high: the upper end of it.
        sent: messages that went out in this hour, as far as the SDK handed them over.
    """

    hour: int
    clicked: int
    share: float | None = None
    low: float | None = None
    high: float | None = None
    sent: int = 0


class BestHour(Model):
    """The hours of a day by clicks, and the best of them if there is one.

    Attributes:
        hour: the hour in which most people click, from 0; `None` if that could be chance.
        reason: why, in a sentence.
        p_value: how often an hour is ahead of the next by as much where both are alike.
        hours: all 24.
        clicks: first clicks in all.
        people: distinct contacts who made them.
        campaigns: distinct campaigns in which.
        nameless: clicks left out, since nobody knows whose they are.
        timezone: `campaign` or `contact`: whose day it is.
        confidence: of the intervals, and 1 minus the level of the verdict.
        caveat: what this can't know.
        warnings: what speaks against it in these numbers.
    """

    hour: int | None = None
    reason: str
    p_value: float | None = None
    hours: tuple[Hour, ...]
    clicks: int
    people: int
    campaigns: int
    nameless: int
    timezone: str
    confidence: float
    caveat: str = CAVEAT
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Any, timezone: str, confidence: float) -> BestHour:
        """Read the database's answer."""
        read = _Answer.from_row(answer)
        clicks = sum(read.clicked)
        hour, p_value, reason = _verdict(read.clicked, confidence)
        return cls(
            hour=hour,
            reason=reason,
            p_value=p_value,
            hours=tuple(_hours(read, confidence)),
            clicks=clicks,
            people=read.people,
            campaigns=read.campaigns,
            nameless=read.nameless,
            timezone=timezone,
            confidence=confidence,
            warnings=tuple(_warnings(read, hour)),
        )

    def __str__(self) -> str:
        if self.hour is None:
            return f"no best hour: {self.reason}"
        best = self.hours[self.hour]
        return (
            f"{self.hour}:00 to {(self.hour + 1) % HOURS}:00: {best.share:.1%} of first clicks "
            f"({best.low:.1%} to {best.high:.1%})"
        )


class _Answer(Model):
    clicked: list[int] = Field(min_length=HOURS, max_length=HOURS)
    sent: list[int] = Field(min_length=HOURS, max_length=HOURS)
    nameless: int
    people: int
    campaigns: int


def ahead_p(first: int, second: int) -> float:
    """Return how often the fuller of two cells is ahead by as much where both are alike.

    The two-sided binomial test of the two largest counts of a multinomial. That they were
    picked as the largest needs no correction for all the others.

    Source: K. Hung, W. Fithian, "Rank verification for exponential families", Annals of
    Statistics 47 (2019), 758-782, section 2.
    """
    both = first + second
    if first == second:
        return 1.0
    if both > _EXACT:
        return erfc((first - second - 1) / sqrt(2 * both))
    terms = (
        lgamma(both + 1) - lgamma(k + 1) - lgamma(both - k + 1) for k in range(first, both + 1)
    )
    return min(1.0, 2 * sum(exp(term - both * log(2)) for term in terms))


def _verdict(clicked: list[int], confidence: float) -> tuple[int | None, float | None, str]:
    total = sum(clicked)
    if total < SAMPLE:
        return None, None, f"{total:,} of the {SAMPLE:,} first clicks that it takes"
    second, first = sorted(range(HOURS), key=lambda hour: clicked[hour])[-2:]
    p_value = ahead_p(clicked[first], clicked[second])
    if p_value > 1 - confidence:
        return None, p_value, f"the lead of {first}:00 over {second}:00 could be chance"
    return first, p_value, f"ahead of {second}:00, and so of every other, beyond chance"


def _hours(read: _Answer, confidence: float) -> list[Hour]:
    total = sum(read.clicked)
    # Goodman's intervals: Wilson's, each at so high a level that all 24 hold at once
    # (L. A. Goodman, "On simultaneous confidence intervals for multinomial proportions",
    # Technometrics 7 (1965), 247-254).
    level = 1 - (1 - confidence) / HOURS
    shown = []
    for hour, (clicked, sent) in enumerate(zip(read.clicked, read.sent, strict=True)):
        low, high = wilson(clicked, total, level) if total else (None, None)
        share = clicked / total if total else None
        shown.append(Hour(hour=hour, clicked=clicked, share=share, low=low, high=high, sent=sent))
    return shown


def _warnings(read: _Answer, best: int | None) -> list[str]:
    told = []
    sent, clicks = sum(read.sent), sum(read.clicked)
    if sent and max(read.sent) / sent >= _MUCH:
        hour = read.sent.index(max(read.sent))
        told.append(
            f"{max(read.sent) / sent:.0%} of the messages went out at {hour}:00: the clicks may "
            "say when you sent"
        )
    if not sent and best is not None:
        told.append("when the messages went out isn't known: the clicks may say when you sent")
    if read.nameless > clicks:
        told.append(f"{read.nameless:,} clicks of nobody known are left out")
    return told
