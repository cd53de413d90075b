"""The moves of the status machine; the database decides which are legal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from postgrest.types import CountMethod

from campaign_sdk._core.errors import IllegalTransition, InvalidInput
from campaign_sdk._core.failures import all_rows_of, rows_of
from campaign_sdk._core.model import text
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import Mode, Resource, Steps, keyed, operation
from campaign_sdk._core.paging import collect, table_pages
from campaign_sdk._core.writing import new_request_id
from campaign_sdk.campaigns._freeze import frozen
from campaign_sdk.campaigns._launch import refuse_unready
from campaign_sdk.campaigns._models import (
    Campaign,
    CampaignFailure,
    Status,
    StatusChange,
    TickReport,
)
from campaign_sdk.campaigns._read import MOVABLE, check_status, one_campaign, read_campaign
from campaign_sdk.contacts._items import utc_text


class Moves(Resource[Mode]):
    """Launching, pausing and ending campaigns."""

    @operation
    def launch(
        self, id: UUID | str, *, expected: Status | None = None, force: bool = False
    ) -> Steps[Campaign]:
        """Make a campaign active, and freeze who its members are.

        A launch of many that was cut off is finished by launching again, or by whatever else
        asks for the members: the tick, a sender, `audience`.

        The pre-flight is asked first. One that would reach nobody is launched all the same.

        Args:
            id: the campaign.
            expected: the status that it is believed to have, if that matters.
            force: whether to launch in spite of what the pre-flight calls an error. What a
                launch can't do without is asked of in any case: a message and an audience.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            NotReady: it has no message or no audience, or the pre-flight finds errors: it is
                in `details` then.
            IllegalTransition: it can't be launched from the status it has.
            StaleState: somebody else moved it first.
        """
        key = yield from id_of(self, "campaigns", id, prefer=MOVABLE["launch"])
        if not force:
            yield from refuse_unready(self, key, expected)
        try:
            campaign = yield from self._move(key, "launch", expected)
        except IllegalTransition:
            campaign = yield from read_campaign(self, key)
            if campaign.status != "active" or campaign.frozen_at is not None:
                raise
        return (yield from frozen(self, campaign))

    @operation
    def promote(self, id: UUID | str, variant: str) -> Steps[Campaign]:
        """Choose the variant for all who wait for the end of the test; once, and for good.

        Nobody of the test gets it again. Sending goes on with `deliveries.send`.

        Args:
            id: a campaign with a `test_share` that was launched.
            variant: the name of the variant: your decision, see `analytics.experiment`.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            InvalidInput: the campaign has no such variant, or nobody waits in it.
            Conflict: another was promoted before, or the campaign isn't active or paused.
        """
        query = self._db.from_("campaigns").update({"promoted": text(variant, "variant")})
        key = yield from id_of(self, "campaigns", id, prefer=MOVABLE["promote"])
        return one_campaign(rows_of((yield keyed(query.eq("id", key)))))

    @operation
    def schedule(
        self,
        id: UUID | str,
        at: datetime,
        *,
        expected: Status | None = None,
        force: bool = False,
    ) -> Steps[Campaign]:
        """Have a draft launched at a moment, by the next tick after it; see `tick`.

        Scheduling again, while it is scheduled, gives it another moment. The pre-flight is
        asked now, as by `launch`: nobody is there to ask it then.

        Args:
            id: the campaign.
            at: when, with a time zone.
            expected: the status that it is believed to have, if that matters.
            force: whether to schedule in spite of what the pre-flight calls an error.

        Raises:
            InvalidInput: the moment has no time zone, or has passed.
            IllegalTransition: it is neither a draft nor scheduled.
            NotFound, NotReady, StaleState: as for `launch`.
        """
        moment = utc_text(at, "at")
        if at <= datetime.now(UTC):
            raise InvalidInput("at", "must lie in the future")
        key = yield from id_of(self, "campaigns", id, prefer=MOVABLE["schedule"])
        if not force:
            yield from refuse_unready(self, key, expected, "schedule")
        return (yield from self._move(key, "schedule", expected, moment))

    @operation
    def unschedule(self, id: UUID | str, *, expected: Status | None = None) -> Steps[Campaign]:
        """Make a scheduled campaign a draft again. Raises as `launch` does."""
        return (yield from self._move(id, "unschedule", expected))

    @operation
    def pause(self, id: UUID | str, *, expected: Status | None = None) -> Steps[Campaign]:
        """Pause an active campaign. Raises as `launch` does."""
        return (yield from self._move(id, "pause", expected))

    @operation
    def resume(self, id: UUID | str, *, expected: Status | None = None) -> Steps[Campaign]:
        """Make a paused campaign active again. Raises as `launch` does."""
        return (yield from self._move(id, "resume", expected))

    @operation
    def complete(self, id: UUID | str, *, expected: Status | None = None) -> Steps[Campaign]:
        """End an active or paused campaign. Raises as `launch` does."""
        return (yield from self._move(id, "complete", expected))

    @operation
    def archive(self, id: UUID | str, *, expected: Status | None = None) -> Steps[Campaign]:
        """Put a draft or a completed campaign away, for good. Raises as `launch` does."""
        return (yield from self._move(id, "archive", expected))

    @operation
    def tick(self) -> Steps[TickReport]:
        """Do what has come due for your campaigns; repeat it whenever you like.

        Launches what is scheduled for now or earlier, goes on with freezes that were cut
        off, names the doubts of senders that died, and completes what has nothing left. Some
        cron should call it, once a minute; pg_cron does where a project has it. What can't be
        done is noted in `failures`, and stops nobody else.
        """
        response = yield self._rpc("tick_campaigns", {}, kind="keyed")
        return TickReport.from_row(response.data)

    @operation
    def failures(self) -> Steps[Sequence[CampaignFailure]]:
        """Return what jobs couldn't do for your campaigns, and why, the latest first."""
        query = self._db.from_("campaign_failures").select("*", count=CountMethod.exact)
        rows = all_rows_of((yield query.order("last_at", desc=True)))
        return [CampaignFailure.from_row(row) for row in rows]

    def _move(
        self, id: UUID | str, move: str, expected: Status | None, scheduled_at: str | None = None
    ) -> Steps[Campaign]:
        check_status(expected, "expected")
        arguments = {
            "campaign_id": (yield from id_of(self, "campaigns", id, prefer=MOVABLE[move])),
            "move": move,
            "expected": expected,
            "scheduled_at": scheduled_at,
            "request_id": new_request_id(),
        }
        response = yield self._rpc("move_campaign", arguments, kind="keyed")
        return one_campaign(rows_of(response))

    @operation
    def history(self, id: UUID | str) -> Steps[Sequence[StatusChange]]:
        """Return every move that the campaign made, the first one first.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
        """
        campaign = yield from read_campaign(self, id)

        def select() -> Any:
            query = self._db.from_("campaign_status_history").select("*")
            return query.eq("campaign_id", str(campaign.id))

        return (yield from collect(table_pages(select, StatusChange)))
