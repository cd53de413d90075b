"""Tokens of links: what a link says, and the signature over it.

    version (1 octet) | kind (1) | number of the key (2) | owner (16) | campaign (16)
    | contact (16) | different links beside it (1) | address (UTF-8) | signature (16)

The signature is HMAC-SHA256 (RFC 2104) under a key of the owner's, cut to 16 octets
(RFC 2104, section 5); the whole is base64url without padding (RFC 4648, section 5). They are
read by the function `t` and by the database.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Kind = Literal["click", "open", "unsubscribe"]

VERSION = 1
SIGNATURE = 16
_NUMBERS: dict[Kind, int] = {"click": 1, "open": 2, "unsubscribe": 3}


@dataclass(frozen=True)
class Visit:
    """What a link says.

    Attributes:
        kind: a click leads on, an open is the pixel's, an unsubscribe ends it.
        key_id: the number of the key that signs.
        owner: whose campaign it is.
        campaign: the campaign.
        contact: whom the link is for.
        links: how many different links the message has, 255 at most; 0 if it doesn't matter.
        address: where a click leads; empty for the others.
    """

    kind: Kind
    key_id: int
    owner: UUID
    campaign: UUID
    contact: UUID
    links: int = 0
    address: str = field(default="", repr=False)


def sign(key: bytes, visit: Visit) -> str:
    """Return the token that says so."""
    said = _pack(visit)
    signature = hmac.digest(key, said, "sha256")[:SIGNATURE]
    return urlsafe_b64encode(said + signature).decode().rstrip("=")


def decode_key(text: str) -> bytes:
    """Return a key from the database's base64url."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _pack(visit: Visit) -> bytes:
    head = bytes((VERSION, _NUMBERS[visit.kind])) + visit.key_id.to_bytes(2)
    ids = visit.owner.bytes + visit.campaign.bytes + visit.contact.bytes
    return head + ids + bytes((visit.links,)) + visit.address.encode()
