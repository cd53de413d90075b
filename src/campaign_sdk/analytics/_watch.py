"""Following the counters of a campaign: a look, a wait, another look.

What changes between synchronous and asynchronous is only the bell that ends the wait.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from campaign_sdk._core.errors import InvalidInput, RateLimited, Unavailable
from campaign_sdk._core.operation import Call, LastingSteps, Opened, Page, Resource, Steps
from campaign_sdk._core.pausing import pause
from campaign_sdk.reports import Engagement

INTERVAL = 1.0
_SHORTEST = 0.05
_LONGEST_WAIT = 30.0


class Bell(Protocol):
    """What ends the wait between two looks."""

    def wait(self) -> Awaitable[None] | None:
        """Wait until there may be something new."""


@dataclass(frozen=True)
class Clock:
    """A bell that rings by the clock."""

    interval: float

    def wait(self) -> None:
        """Wait for the interval."""
        time.sleep(self.interval)


def follow(resource: Resource[Any], campaign_id: str, interval: float) -> LastingSteps[Engagement]:
    """Yield the counters now, and whenever they have changed.

    A cursor over `updated_at` would miss a change that begins before and commits after a
    look. The sums are as cheap, one row a day, and compare as they are.
    """
    bell_of = _bell(resource, campaign_id, interval)
    seen = yield from counters(resource, campaign_id)
    yield Page([seen])
    bell: Bell = yield bell_of
    while True:
        yield Call(bell.wait)
        now = yield from _patient(resource, campaign_id)
        if now != seen:
            seen = now
            yield Page([now])


def counters(
    resource: Resource[Any], campaign_id: str, *, with_events: bool = False
) -> Steps[Engagement]:
    """Read the counts of a campaign over all its days; reach and value on request."""
    arguments = {"campaign_id": campaign_id, "with_events": with_events}
    response = yield resource._rpc("summarize_campaign", arguments, kind="read")
    return Engagement.from_row(response.data).with_known_reach()


def _patient(resource: Resource[Any], campaign_id: str) -> Steps[Engagement]:
    """Read the counters, waiting for the server to come back if it is away."""
    wait = 0.5
    while True:
        try:
            return (yield from counters(resource, campaign_id))
        except RateLimited as error:
            # Asked to wait for hours, a look now and then does no harm.
            wait = min(max(wait, error.retry_after or 0.0), _LONGEST_WAIT)
        except Unavailable:
            pass
        yield pause(resource, wait)
        wait = min(2 * wait, _LONGEST_WAIT)


def _bell(resource: Resource[Any], campaign_id: str, interval: float) -> Opened:
    if isinstance(interval, bool) or not isinstance(interval, int | float):
        raise InvalidInput("interval", "must be a number of seconds")
    if not _SHORTEST <= interval <= 3_600:
        raise InvalidInput("interval", f"must lie between {_SHORTEST} and 3,600 seconds")
    if not resource.is_async:
        return Opened(nullcontext(Clock(interval)))
    from campaign_sdk.analytics._realtime import RealtimeBell

    connection = resource._connection
    return Opened(
        RealtimeBell(
            str(connection.supabase.realtime_url),
            connection.settings.key,
            lambda: connection.keeper.bearer,
            campaign_id,
            interval,
        )
    )
