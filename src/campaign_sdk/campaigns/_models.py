"""What a campaign is."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, field_validator

from campaign_sdk._core.model import Model
from campaign_sdk.campaigns._variants import Variant
from campaign_sdk.channels import Channel
from campaign_sdk.rules import Rules
from campaign_sdk.segments._models import stored_rules

Status = Literal["draft", "scheduled", "active", "paused", "completed", "archived"]
"""Where a campaign is in its life; the database allows the moves between them."""


class Campaign(Model):
    """A message for an audience.

    Attributes:
        id: stays the same for the life of the campaign.
        name: for people.
        description: for people.
        message: the text, with placeholders; see `campaign_sdk.templates`.
        subject: of an e-mail, with placeholders; one line.
        preheader: what an inbox shows after the subject, with placeholders; one line.
        html: the message as HTML, with placeholders.
        channel: by which way it is sent.
        wire: the rules as they are stored; after the launch, those that were launched.
        segment_id: the segment that is the audience, if it isn't described by rules.
        status: where it is in its life.
        audience_size: how many members the launch froze.
        timezone: the IANA time zone of its days and relative dates.
        variants: the messages that it compares; empty if there is only one.
        hold_out: the share of the audience that gets nothing, for comparison.
        test_share: the share of the rest that the variants are tested on first; `None` if
            all get one at once.
        promoted: the variant that was chosen for those who waited.
        scheduled_at: when it is meant to be launched.
        launched_at: when it was; relative dates refer to this moment from then on.
        frozen_at: when the last of its members was known; nothing is handed over before.
        completed_at: when it was completed.
        created_at: when it was stored.
        updated_at: when it last changed.
        warnings: what `create` or `update` found odd about the fields that it names; empty
            when read again.
    """

    id: UUID
    name: str
    description: str | None = None
    message: str | None = None
    subject: str | None = None
    preheader: str | None = None
    html: str | None = None
    channel: Channel = "email"
    wire: Any = Field(default=None, alias="rules", repr=False)
    segment_id: UUID | None = None
    status: Status
    audience_size: int | None = 0
    timezone: str = "UTC"
    variants: tuple[Variant, ...] = ()
    hold_out: float = 0
    test_share: float | None = None
    promoted: str | None = None
    scheduled_at: AwareDatetime | None = None
    launched_at: AwareDatetime | None = None
    frozen_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    warnings: tuple[str, ...] = ()

    @field_validator("variants", mode="before")
    @classmethod
    def _none_is_empty(cls, stored: Any) -> Any:
        return () if stored is None else stored

    @property
    def rules(self) -> Rules | None:
        """The rules of its own, or those that were launched; `None` if a segment has them.

        Raises:
            InvalidRules: another client stored something that aren't rules; names the
                campaign.
        """
        return None if self.wire is None else stored_rules(self.wire, f"campaigns[{self.id}].rules")


class StatusChange(Model):
    """One move in the life of a campaign.

    Attributes:
        from_status: where it was.
        to_status: where it went.
        changed_at: when.
        changed_by: the user who moved it; `None` for a job of the database.
    """

    from_status: Status
    to_status: Status
    changed_at: AwareDatetime
    changed_by: UUID | None = None


class CampaignFailure(Model):
    """What a job couldn't do for a campaign; it goes away once that succeeds.

    Attributes:
        campaign_id: the campaign.
        action: what was to be done: schedule, launch, freeze, expire or complete.
        code: the database's code (SQLSTATE).
        reason: why it wasn't.
        times: how often it was tried in vain.
        first_at: when first.
        last_at: when last.
    """

    campaign_id: UUID
    action: str
    code: str
    reason: str
    times: int
    first_at: AwareDatetime
    last_at: AwareDatetime


class TickReport(Model):
    """What one tick did.

    Attributes:
        launched: campaigns that were due.
        failed: campaigns for which something couldn't be done; see `failures`.
        frozen: campaigns whose freeze it finished.
        doubts: deliveries whose sender died, so that nobody knows.
        completed: campaigns that had nothing left.
    """

    launched: int
    failed: int
    frozen: int
    doubts: int
    completed: int
