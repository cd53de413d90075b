"""The moves of the status machine; the database decides which are legal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import uuid_text
from campaign_sdk._core.operation import Mode, Resource, Steps, operation
from campaign_sdk._core.paging import collect, table_pages
from campaign_sdk.campaigns._models import Campaign, Status, StatusChange
from campaign_sdk.campaigns._read import check_status, one_campaign, read_campaign
from campaign_sdk.contacts._items import utc_text


class Moves(Resource[Mode]):
    """Launching, pausing and ending campaigns."""

    @operation
    def launch(self, id: UUID | str, *, expected: Status | None = None) -> Steps[Campaign]:
        """Make a campaign active, and freeze its audience and size.

        Args:
            id: the campaign.
            expected: the status that it is believed to have, if that matters.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            NotReady: it has no message or no audience.
            IllegalTransition: it can't be launched from the status it has.
            StaleState: somebody else moved it first.
        """
        return (yield from self._move(id, "launch", expected))

    @operation
    def schedule(
        self, id: UUID | str, at: datetime, *, expected: Status | None = None
    ) -> Steps[Campaign]:
        """Note when a draft is to be launched. Launching it then is up to a job of yours.

        Raises:
            InvalidInput: the moment has no time zone, or has passed.
            IllegalTransition: it isn't a draft.
            NotFound, StaleState: as for `launch`.
        """
        moment = utc_text(at, "at")
        if at <= datetime.now(UTC):
            raise InvalidInput("at", "must lie in the future")
        return (yield from self._move(id, "schedule", expected, moment))

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

    def _move(
        self, id: UUID | str, move: str, expected: Status | None, scheduled_at: str | None = None
    ) -> Steps[Campaign]:
        check_status(expected, "expected")
        arguments = {
            "campaign_id": uuid_text(id),
            "move": move,
            "expected": expected,
            "scheduled_at": scheduled_at,
        }
        response = yield self._rpc("move_campaign", arguments)
        return one_campaign(response.data)

    @operation
    def history(self, id: UUID | str) -> Steps[Sequence[StatusChange]]:
        """Return every move that the campaign made, the first one first.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
        """
        yield from read_campaign(self, id)

        def select() -> Any:
            query = self._db.from_("campaign_status_history").select("*")
            return query.eq("campaign_id", uuid_text(id))

        return (yield from collect(table_pages(select, StatusChange)))
