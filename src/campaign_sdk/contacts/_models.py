"""What a contact is, and what contacts have."""

from __future__ import annotations

from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from campaign_sdk._core.errors import ProtocolError
from campaign_sdk._core.model import Model, are_positions

H = TypeVar("H")
"""What a contact's attributes are held in."""


class TypedContact(Model, Generic[H]):
    """A person who can receive a campaign. Its `repr`, as in a log, doesn't say who it is.

    Attributes:
        id: stays the same for the life of the contact.
        email: trimmed, NFC, lower-case; unique among the owner's contacts.
        phone: as it was given.
        attributes: what rules and placeholders refer to, as the class that was asked for.
        unsubscribed_at: since when the contact wants no messages; `None` for a subscriber.
        suppressed_at: since when the address is suppressed, by a bounce, a complaint or
            a person; `None` if it isn't.
        created_at: when the contact was stored.
        updated_at: when it last changed.
    """

    id: UUID
    email: str = Field(repr=False)
    phone: str | None = Field(default=None, repr=False)
    attributes: H = Field(repr=False)
    unsubscribed_at: AwareDatetime | None = None
    suppressed_at: AwareDatetime | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @property
    def is_subscribed(self) -> bool:
        """Whether the contact may be sent messages."""
        return self.unsubscribed_at is None and self.suppressed_at is None


class Contact(TypedContact[dict[str, Any]]):
    """A person who can receive a campaign, with attributes as a dictionary."""

    attributes: dict[str, Any] = Field(default_factory=dict, repr=False)


class ContactField(Model):
    """An attribute that contacts have.

    Attributes:
        name: its dotted path, as rules and placeholders write it.
        types: the JSON types seen: string, number, boolean, array.
        present: how many of the contacts looked at have it.
        coverage: the share of the contacts looked at that have it, from 0 to 1.
        examples: a few values, as text.
    """

    name: str
    types: tuple[str, ...]
    present: int
    coverage: float
    examples: tuple[str, ...]


class Stored(Model):
    """The database's answer to a batch: positions in it, each with a reason.

    Attributes:
        misfits: how many of the contacts break a schema that only warns, by what is wrong.
    """

    created: int = Field(ge=0)
    updated: int = Field(ge=0)
    unchanged: int = Field(ge=0)
    rejected: tuple[int, ...]
    reasons: tuple[str, ...]
    misfits: dict[str, int] | None = None

    def check(self, sent: int) -> None:
        """Raise `ProtocolError` unless the answer can be one to so many contacts."""
        # Fewer than were sent: the database folds a few addresses that Python keeps apart.
        whole = self.created + self.updated + self.unchanged + len(self.rejected)
        if not 0 < whole <= sent or not are_positions(self.rejected, self.reasons, sent):
            raise ProtocolError(f"the server accounts for {whole} of the {sent} contacts sent")
