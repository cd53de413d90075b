"""What a segment is, and how large an audience."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from campaign_sdk._core.errors import InvalidInput, InvalidRules
from campaign_sdk._core.model import Model
from campaign_sdk.contacts._models import Contact
from campaign_sdk.rules import Rules


class Segment(Model):
    """An audience with a name.

    Attributes:
        id: stays the same for the life of the segment.
        name: for people.
        description: for people.
        wire: the rules as they are stored, react-querybuilder's JSON.
        timezone: the IANA time zone of relative dates.
        created_at: when it was stored.
        updated_at: when it last changed.
        warnings: what `create` or `update` found odd about the rules; empty when read again.
    """

    id: UUID
    name: str
    description: str | None = None
    wire: Any = Field(default=None, alias="rules", repr=False)
    timezone: str = "UTC"
    created_at: AwareDatetime
    updated_at: AwareDatetime
    warnings: tuple[str, ...] = ()

    @property
    def rules(self) -> Rules:
        """The rules.

        Raises:
            InvalidRules: another client stored something that aren't rules; names the
                segment.
        """
        return stored_rules(self.wire, f"segments[{self.id}].rules")


class AudienceSize(Model):
    """How many contacts an audience has.

    Attributes:
        count: the contacts that match; `None` if the database gave up counting.
        reachable: those of them who may be written to, neither unsubscribed nor suppressed;
            `None` likewise.
        reason: why there is no count.
        as_of: the moment asked for; `None` for the database's own now.
        timezone: the IANA time zone of relative dates.
    """

    count: int | None
    reachable: int | None
    reason: str | None = None
    as_of: AwareDatetime | None = None
    timezone: str = "UTC"


class FunnelStep(Model):
    """What one rule does to an audience.

    Attributes:
        path: which rule, as a JSON path.
        alone: how many contacts match this rule alone.
        cumulative: how many are left after this rule and all before it.
    """

    path: str
    alone: int
    cumulative: int


class AudiencePreview(Model):
    """What an audience looks like.

    Attributes:
        size: how many contacts it has.
        sample: a few of them.
        funnel: what each rule costs.
        warnings: fields that the rules ask about, and no contact has.
    """

    size: AudienceSize
    sample: tuple[Contact, ...]
    funnel: tuple[FunnelStep, ...] = ()
    warnings: tuple[str, ...] = ()


def stored_rules(wire: Any, path: str) -> Rules:
    """Read rules from a row, naming it if they can't be read."""
    try:
        if isinstance(wire, str):
            raise InvalidRules("$", "is a text, which isn't stored as rules")
        return Rules.of(wire)
    except InvalidInput as error:
        raise type(error)(f"{path}{error.path.removeprefix('$')}", error.reason) from None
