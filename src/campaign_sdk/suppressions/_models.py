"""What a suppression is."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from campaign_sdk._core.model import Model

Reason = Literal["hard_bounce", "soft_bounces", "complaint", "unsubscribed", "manual"]
"""Why an address isn't written to; `soft_bounces` are several in a row."""


class Suppression(Model):
    """An address that is never written to again. The address itself isn't kept.

    Attributes:
        id: of the suppression.
        address: the HMAC-SHA256 of the address under the owner's key, in hex.
        reason: a hard bounce, five soft bounces without a delivery between, a complaint,
            an unsubscription whose contact is gone, or a person's decision.
        source: who said so, such as the name of a provider.
        since: when it was added.
    """

    id: UUID
    # Not reversible, but equal for equal addresses: nothing for a log.
    address: str = Field(repr=False)
    reason: Reason
    source: str | None = None
    since: AwareDatetime


class SuppressionReport(Model):
    """What became of the addresses given to `add`.

    Attributes:
        added: addresses that weren't suppressed before.
        unchanged: addresses that were, with the reason and the date that they had.
    """

    added: int
    unchanged: int
