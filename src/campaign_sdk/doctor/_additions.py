"""What was added for a very large project (`supabase/scale`): told if it is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from ._finding import Finding
from ._probe import Identity, Probe

_MAKE = (
    "run `select campaign_private.make_event_months()` each day, or switch pg_cron on and run "
    "`select campaign_private.schedule_event_months()`"
)


def check_additions(probe: Probe, who: Identity) -> Iterator[Finding]:
    """Tell of each addition that is there; of the others there is nothing to say."""
    months = probe.post("/rest/v1/rpc/event_months", {}, who)
    if months.status == 200 and isinstance(months.body, list):
        yield _event_months([str(month) for month in months.body], datetime.now(UTC).date())
    kept = probe.post("/rest/v1/rpc/kept_segment", {"segment_id": str(UUID(int=0))}, who)
    if kept.status == 200:
        yield Finding("addition: kept segments", "ok", "segments can be kept")


def _event_months(months: list[str], today: date) -> Finding:
    name = "addition: events by month"
    following = (today.replace(day=1) + timedelta(31)).isoformat()
    if f"{following[:8]}01" in months:
        return Finding(name, "ok", f"{len(months)} months, until {max(months)[:7]}")
    return Finding(name, "warning", f"there is no partition for {following[:7]} yet", _MAKE)
