"""What happened to a message, in one form for all providers."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from campaign_sdk._core.model import Model

Kind = Literal["delivered", "bounced", "complained", "opened", "clicked", "unsubscribed", "ignored"]
"""What a provider reports of a message; `ignored` is what no campaign counts."""
Actor = Literal["human", "proxy", "machine", "unknown"]
"""Who did it, as far as can be told: a mailbox's proxy opens images, a scanner follows links."""

# Of a bounce: the address is no good; not now; or it was this message that wasn't wanted.
HARD, SOFT, CONTENT = "hard", "soft", "content"


class DeliveryEvent(Model):
    """One thing that a provider reports of one recipient.

    Attributes:
        id: `provider/…`, the same whenever the provider repeats the report.
        kind: what happened; `ignored` for all that says nothing of a recipient.
        key: our key of the message, `campaign/contact`, if the message carried it.
        campaign_id: the campaign of the key, or one that the message names by itself.
        contact_id: the contact of the key.
        provider_id: the provider's name for the message.
        at: when it happened, to the millisecond.
        url: the link that was clicked.
        actor: `proxy`, if the provider says that no person did it.
        reason: of a bounce `hard`, `soft` or `content` (which says nothing of the address);
            of what is ignored the provider's own word.
        address: the recipient, as the provider writes it.
    """

    id: str
    kind: Kind
    key: str | None = None
    campaign_id: UUID | None = None
    contact_id: UUID | None = None
    provider_id: str | None = None
    at: AwareDatetime
    url: str | None = Field(default=None, repr=False)
    actor: Actor = "unknown"
    reason: str | None = None
    address: str | None = Field(default=None, repr=False)
