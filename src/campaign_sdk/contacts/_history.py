"""What happened with one contact."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from campaign_sdk._core.model import Columns, Model
from campaign_sdk._core.operation import Mode, Resource, Steps, operation
from campaign_sdk.contacts._named import contact_id


class Happening(Model):
    """One thing that happened with a contact.

    Attributes:
        at: when.
        type: a delivery's outcome (sent, failed, skipped, unknown) or an event's type
            (impression, click, conversion, delivered, bounced, complained, unsubscribed).
        campaign_id: in which campaign.
        campaign_name: for people.
        link: the address that was clicked.
        actor: who made the event: human, proxy, machine or unknown; `None` for a delivery.
        reason: the rule that told the actor, or why something wasn't sent.
        value: what a conversion was worth.
    """

    at: AwareDatetime
    type: str
    campaign_id: UUID
    campaign_name: str
    link: str | None = Field(default=None, repr=False)
    actor: str | None = None
    reason: str | None = None
    value: Decimal | None = None


class _Columns(Columns):
    """The database's answer; an empty text is none."""

    moments: list[AwareDatetime]
    types: list[str]
    campaigns: list[UUID]
    names: list[str]
    links: list[str]
    actors: list[str]
    rules: list[str]
    amounts: list[str]


class Histories(Resource[Mode]):
    """What happened with one contact, in all campaigns."""

    @operation
    def history(self, id: UUID | str) -> Steps[Sequence[Happening]]:
        """Return what happened with a contact in all campaigns, in the order of time.

        That it was written to, or why not; and each event: seen, clicked, bounced and so on.

        Raises:
            NotFound: there is no such contact, or it is somebody else's.
        """
        arguments = {"contact_id": (yield from contact_id(self, id))}
        response = yield self._rpc("contact_history", arguments, kind="read")
        return _happenings(response.data)


def _happenings(answer: Any) -> tuple[Happening, ...]:
    """Read the database's answer."""
    told = _Columns.from_row(answer)
    rows = zip(
        *(told.moments, told.types, told.campaigns, told.names),
        *(told.links, told.actors, told.rules, told.amounts),
        strict=True,
    )
    return tuple(
        Happening(
            at=at,
            type=kind,
            campaign_id=campaign,
            campaign_name=name,
            link=link or None,
            actor=actor or None,
            reason=reason or None,
            value=Decimal(amount) if amount else None,
        )
        for at, kind, campaign, name, link, actor, reason, amount in rows
    )
