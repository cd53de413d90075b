"""Variants of a message: what is compared, and who is drawn to get which."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import uuid_text
from campaign_sdk.campaigns import _content

_BUCKETS = 10_000
_MOST = 10


@dataclass(frozen=True)
class Variant:
    """One of the messages that a campaign compares.

    Attributes:
        name: for people; unique in its campaign.
        message: the text; the campaign's own if it is left out, as with all that follows.
        weight: how many shares of the audience it gets, 1 to 1,000.
        subject: of an e-mail.
        preheader: what an inbox shows after the subject.
        html: the message as HTML.
    """

    name: str
    _: KW_ONLY
    message: str | None = None
    weight: int = 1
    subject: str | None = None
    preheader: str | None = None
    html: str | None = None


def bucket(campaign_id: UUID | str, contact_id: UUID | str) -> int:
    """Return the number from 0 to 9,999 that is drawn for a contact of a campaign.

    It is SHA-256 of "campaign:contact" (both as lower-case UUIDs), as one big-endian number,
    modulo 10,000: the same in the database, and independent from one campaign to the next.
    """
    drawn = f"{uuid_text(campaign_id, 'campaign_id')}:{uuid_text(contact_id, 'contact_id')}"
    return int.from_bytes(hashlib.sha256(drawn.encode()).digest(), "big") % _BUCKETS


def variants_row(variants: Iterable[Any]) -> list[dict[str, Any]] | None:
    """Return variants as they are stored.

    Raises:
        InvalidInput: one is malformed; the path names it.
    """
    given = list(variants)
    if not given:
        return None
    if not 2 <= len(given) <= _MOST:
        raise InvalidInput("variants", f"must be 2 to {_MOST}: one alone compares with nothing")
    rows = [_variant_row(position, each) for position, each in enumerate(given)]
    names = [row["name"] for row in rows]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise InvalidInput(f"variants[{position}].name", "another variant is called so")
    return rows


def _variant_row(position: int, variant: object) -> dict[str, Any]:
    path = f"variants[{position}]"
    if not isinstance(variant, Variant):
        raise InvalidInput(path, "must be a Variant")
    if not 1 <= len(variant.name) <= 50 or not variant.name.isprintable():
        raise InvalidInput(f"{path}.name", "must have 1 to 50 characters")
    if isinstance(variant.weight, bool) or not 1 <= variant.weight <= 1_000:
        raise InvalidInput(f"{path}.weight", "must be a whole number from 1 to 1,000")
    try:
        texts = {
            "message": _content.message(variant.message),
            "subject": _content.one_line(variant.subject, "subject"),
            "preheader": _content.one_line(variant.preheader, "preheader"),
            "html": _content.html(variant.html),
        }
    except InvalidInput as error:
        raise InvalidInput(f"{path}.{error.path}", error.reason) from None
    kept = {name: text for name, text in texts.items() if text is not None}
    return {"name": variant.name, "weight": variant.weight, **kept}


def share(value: float, name: str, low: float, high: float) -> float:
    """Return a share of an audience, which has at most four decimal places.

    Raises:
        InvalidInput: it isn't a number between the bounds.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or round(value, 4) != value:
        raise InvalidInput(name, f"must lie between {low} and {high}, with at most 4 decimals")
    return value
