"""What a vendor says later, read from whatever shape it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import is_storable

_TYPES = {"delivered": "delivered", "sent": "delivered", "bounced": "bounced"}
_LONGEST = 500


def receipt_row(position: int, receipt: Any) -> dict[str, Any]:
    """Return a receipt as the database takes it, or raise `InvalidInput`."""
    path = f"$[{position}]"
    kind = _TYPES.get(str(_field(receipt, "type")))
    if kind is None:
        raise InvalidInput(f"{path}.type", "must be delivered or bounced")
    reason = _field(receipt, "reason")
    row = {
        "type": kind,
        "reason": None if reason is None else _line(reason, f"{path}.reason"),
        "provider_id": _line(_field(receipt, "provider_id"), f"{path}.provider_id"),
        **_ids(_field(receipt, "key"), f"{path}.key"),
    }
    if row["provider_id"] is None and row["contact_id"] is None:
        raise InvalidInput(path, "needs the key of a message, or the vendor's provider_id")
    return row


def _field(receipt: Any, name: str) -> Any:
    return receipt.get(name) if isinstance(receipt, Mapping) else getattr(receipt, name, None)


def _line(value: Any, path: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value or not is_storable(value):
        raise InvalidInput(path, "must be a text")
    return value[:_LONGEST]


def _ids(key: Any, path: str) -> dict[str, str | None]:
    if key is None:
        return {"campaign_id": None, "contact_id": None}
    campaign, _, contact = str(key).partition("/")
    try:
        return {"campaign_id": str(UUID(campaign)), "contact_id": str(UUID(contact))}
    except ValueError:
        raise InvalidInput(path, "isn't the key of a message") from None
