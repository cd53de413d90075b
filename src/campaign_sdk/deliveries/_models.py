"""What is known of a hand-over."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from campaign_sdk._core.model import Model

Outcome = Literal["sent", "failed", "skipped", "unknown"]
"""What became of one message; `unknown` is a doubt that somebody has to settle."""


class Delivery(Model):
    """What became of one member of a campaign.

    Attributes:
        campaign_id: the campaign.
        contact_id: the member; the contact may have been deleted since.
        outcome: `sent`: a vendor took the message; `failed`: a vendor refused it, or there
            was no message for this contact; `skipped`: it was never handed over; `unknown`:
            it may have been, and nobody knows.
        reason: why, unless it was sent; of what was sent, that it bounced.
        provider_id: the vendor's own name for the message, if it gave one.
        variant: which variant of the campaign it was; `None` if it has none.
        at: when this was noted.
    """

    campaign_id: UUID
    contact_id: UUID
    outcome: Outcome
    reason: str | None = None
    provider_id: str | None = None
    variant: str | None = None
    at: AwareDatetime

    @property
    def key(self) -> str:
        """The key of the message, as the sender was given it."""
        return f"{self.campaign_id}/{self.contact_id}"


class DeliveryStatus(Model):
    """How far a campaign is, in one look: all states add up to `audience_size`.

    Attributes:
        audience_size: how many members the launch froze.
        pending: who wait to be handed over.
        in_flight: with whom a sender has begun, and hasn't said yet what became of it.
        sent: whose message a vendor took.
        failed: whose message a vendor refused, or for whom there was none.
        skipped: who were never handed over: unsubscribed, suppressed, deleted, or capped.
        unknown: who may have got it, and nobody knows.
        held_out: who are never written to, for comparison.
        frozen: whether all members are known; until then `audience_size` grows.
        next_due: when the next of those are due who wait for their hour, if any do.
    """

    audience_size: int
    pending: int
    in_flight: int
    sent: int
    failed: int
    skipped: int
    unknown: int
    held_out: int = 0
    frozen: bool = True
    next_due: AwareDatetime | None = None

    @property
    def done(self) -> bool:
        """Whether nobody waits, and nobody is in flight."""
        return self.frozen and not self.pending and not self.in_flight


class SendReport(Model):
    """What one `send` did; the whole campaign's numbers are `deliveries.status`'s.

    Attributes:
        sent: whose message the vendor took.
        failed: whose message the vendor refused, or for whom there was none.
        skipped: who may not be written to any more.
        unknown: who may have got it, and nobody knows.
        pending: how many of the campaign still wait.
        next_due: when the next of those are due who wait for their hour, if any do.
        waiting: as progress, why nothing goes on: what the vendor says that is away for now.
    """

    sent: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    pending: int = 0
    next_due: AwareDatetime | None = None
    waiting: str | None = None


class Resolution(Model):
    """What `deliveries.resolve` did.

    Attributes:
        resolved: how many doubts were resolved.
        busy: how many were left, since a sender is at work on their batch.
    """

    resolved: int
    busy: int


class ReceiptReport(Model):
    """What `deliveries.receive` took note of.

    Attributes:
        changed: receipts that were news.
        repeated: receipts of what was known.
        unmatched: receipts about no delivery of yours.
    """

    changed: int = 0
    repeated: int = 0
    unmatched: int = 0
