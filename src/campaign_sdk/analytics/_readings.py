"""Reading the counts: sums, reports, comparisons, and watching them change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import LastingSteps, Mode, Resource, Steps, operation, pages
from campaign_sdk.analytics._clicks import LinkClicks, link_clicks
from campaign_sdk.analytics._watch import INTERVAL, counters, follow
from campaign_sdk.reports import METRICS, Comparison, Engagement, Reconciliation, Report
from campaign_sdk.reports._comparison import check_comparison
from campaign_sdk.reports._metrics import check_metrics, needs_events
from campaign_sdk.reports._request import prepare_report


class Readings(Resource[Mode]):
    """Saying what the counts amount to."""

    @operation
    def summary(
        self, campaign_id: UUID | str, *, metrics: str | Iterable[str] | None = None
    ) -> Steps[Engagement]:
        """Return the counts of a campaign over all its days.

        Args:
            campaign_id: the campaign.
            metrics: those you need; all by default. Without `reach` and `value` it takes
                a look at the counters only, however many events there are.

        Raises:
            InvalidInput: there is no such metric; names those that there are.
            NotFound: there is no such campaign, or it is somebody else's.
        """
        wanted = check_metrics(metrics, default=tuple(METRICS))
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        return (yield from counters(self, campaign, with_events=needs_events(wanted)))

    @operation
    def report(
        self,
        metrics: str | Iterable[str] | None = None,
        group_by: str | Iterable[str] | None = "day",
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        campaigns: UUID | str | Iterable[UUID | str] | None = None,
        segment: UUID | str | None = None,
        timezone: str | None = None,
    ) -> Steps[Report]:
        """Return counts by time, campaign, segment or event type, summed by the database.

        The lines sum up to the totals, and over all days to `summary`, in every time
        zone: an event is counted on the day of its moment there, and totals that were
        recorded for a date stay on it. Gaps are filled with zeros.

        Args:
            metrics: names from `METRICS`; the counts and two rates by default. `reach`
                and `value` take a look at every event.
            group_by: some of `day`, `week` (from Monday), `month`, `campaign`, `segment`
                (that of the campaign) and `event_type`; one period at most.
            start: the first day; by default the first with a count.
            end: the day after the last; by default that after the last with a count.
            campaigns: ids or names; all of yours by default.
            segment: only campaigns of this segment.
            timezone: the IANA time zone of the days; by default that of the campaigns,
                or UTC if they differ.

        Raises:
            InvalidInput: an unknown metric or group, a naive datetime, a reversed range,
                an unknown time zone, or more than 200,000 lines.
            NotFound: a campaign or the segment doesn't exist, or is somebody else's.
        """
        ids = yield from _ids_of(self, campaigns)
        request = prepare_report(
            metrics,
            group_by,
            start=start,
            end=end,
            campaigns=ids,
            segment=segment and (yield from id_of(self, "audience_segments", segment, "segment")),
            timezone=timezone,
        )
        response = yield self._rpc("report_engagement", request.arguments, kind="read")
        return Report.of(request, response.data)

    @operation
    def clicks(self, campaign_id: UUID | str) -> Steps[Sequence[LinkClicks]]:
        """Return the clicks of a campaign by link, the most clicked first.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            InvalidInput: it has more than 100,000 different links.
        """
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        response = yield self._rpc("count_clicks", {"campaign_id": campaign}, kind="read")
        return link_clicks(response.data)

    @operation
    def compare(
        self,
        a: UUID | str,
        b: UUID | str,
        metric: str = "ctr",
        *,
        confidence: float = 0.95,
        power: float = 0.8,
    ) -> Steps[Comparison]:
        """Compare a rate of two campaigns, with the doubt that belongs to it.

        Trials are taken to be independent, and the sample to be fixed beforehand:
        looking again and again until there is a winner finds one too often.

        Args:
            a: the first campaign.
            b: the second campaign.
            metric: `ctr`, `cvr` or `conversion_per_impression`.
            confidence: of the intervals; the test's level is 1 minus this.
            power: the chance of seeing the difference with the sample called needed.

        Raises:
            InvalidInput: no such rate, the same campaign twice, or a level out of bounds.
            NotFound: a campaign doesn't exist, or is somebody else's.
        """
        check_comparison(metric, confidence, power)
        first_id = yield from id_of(self, "campaigns", a, "a")
        ids = first_id, (yield from id_of(self, "campaigns", b, "b"))
        if ids[0] == ids[1]:
            raise InvalidInput("b", "is the same campaign as a")
        first = yield from counters(self, ids[0])
        second = yield from counters(self, ids[1])
        sides = (UUID(ids[0]), first), (UUID(ids[1]), second)
        return Comparison.of(*sides, metric, confidence=confidence, power=power)

    @pages
    def watch(
        self, campaign_id: UUID | str, *, interval: float = INTERVAL
    ) -> LastingSteps[Engagement]:
        """Yield the counts of a campaign now, and whenever they have changed, for ever.

        The asynchronous client is told by Supabase Realtime, and asks where that isn't
        there; the synchronous one asks. What is yielded is always read anew, under your
        policies, so neither a lost connection nor a lost message makes it wrong. While
        the server is away it waits, longer each time, up to half a minute.

        Args:
            campaign_id: the campaign.
            interval: seconds between two looks, at least 0.05.

        Raises:
            NotFound: there is no such campaign (any more), or it is somebody else's.
            NotAuthenticated: the session has ended.
            Unavailable: there was no answer to begin with.
        """
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        yield from follow(self, campaign, interval)

    @operation
    def reconcile(self, campaign_id: UUID | str) -> Steps[Reconciliation]:
        """Compare the counters of a campaign with its log of events, day by day.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
        """
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        response = yield self._rpc("reconcile_campaign", {"campaign_id": campaign}, kind="read")
        return Reconciliation.of(campaign, response.data)


def _ids_of(
    resource: Resource[Any], campaigns: UUID | str | Iterable[UUID | str] | None
) -> Steps[list[str] | None]:
    """Return the ids of campaigns that are asked for by id or by name; an id takes no request."""
    if campaigns is None:
        return None
    asked = [campaigns] if isinstance(campaigns, UUID | str) else list(campaigns)
    found = []
    for each in asked:
        found.append((yield from id_of(resource, "campaigns", each, "campaigns")))
    return found
