"""What a contact may look like before it is sent: checked, and in its one stored form."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import is_storable
from campaign_sdk.contacts._addresses import normalize_email
from campaign_sdk.rules import _dates

ATTRIBUTES_LIMIT = 65_536
_DEPTH_LIMIT = 32
_YES = ("true", "yes", "1")
_NO = ("false", "no", "0", "")
_BLANK = " \t\n\r\f\v\u00a0\u3000\ufeff"


class ContactItem(TypedDict, total=False):
    """One contact to be stored.

    Attributes:
        email: required; stored trimmed, NFC and lower-case.
        phone: as people write it.
        attributes: what rules and placeholders refer to. Dates are stored as ISO text,
            date-times in UTC.
        unsubscribed_at: since when the contact wants no messages; true for now. An
            unsubscription that is already stored stands.
    """

    email: str
    phone: str | None
    attributes: Mapping[str, Any]
    unsubscribed_at: datetime | str | bool | None


def prepare(item: Mapping[str, Any]) -> dict[str, Any]:
    """Check one contact and return it as it is sent.

    Raises:
        InvalidInput: names the field and what is wrong with it.
    """
    if not isinstance(item, Mapping):
        raise InvalidInput("contact", "must be a mapping with an email")
    unknown = item.keys() - ContactItem.__annotations__.keys()
    if unknown:
        raise InvalidInput(
            str(min(map(str, unknown))),
            "isn't a field of a contact: put it into attributes",
        )
    prepared = {
        "email": normalize_email(item.get("email")),
        "phone": phone(item.get("phone")),
        "attributes": attributes(item.get("attributes")),
        "unsubscribed_at": moment(item.get("unsubscribed_at"), "unsubscribed_at"),
    }
    # What isn't there needn't be sent: an import spends its time on such bytes.
    return {name: value for name, value in prepared.items() if value is not None}


def phone(value: object) -> str | None:
    """Return a phone number as it is stored, or `None` for a blank one."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInput("phone", "must be a text: numbers lose leading zeros")
    number = value.strip(_BLANK)
    if len(number) > 64 or not is_storable(number):
        raise InvalidInput("phone", "must have at most 64 characters")
    return number or None


def moment(value: object, path: str) -> str | None:
    """Return a moment as UTC text, from an aware datetime or ISO text with an offset.

    A yes is now, and a no is nothing.
    """
    if isinstance(value, str | bool):
        word = str(value).strip().lower()
        if word in _YES:
            value = datetime.now(UTC)
        elif word in _NO:
            return None
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidInput(path, "must be a date and time in ISO form") from None
    return utc_text(value, path)


def utc_text(value: object, path: str) -> str:
    """Return an aware datetime as ISO text in UTC, ending in Z.

    Raises:
        InvalidInput: the datetime is naive, so that nobody knows which moment it is.
    """
    if not isinstance(value, datetime):
        raise InvalidInput(path, "must be a datetime")
    try:
        return _dates.utc_text(value)
    except InvalidInput:
        raise InvalidInput(path, "has no time zone: use datetime(..., tzinfo=...)") from None
    except OverflowError:
        raise InvalidInput(path, "lies outside of the years 1 to 9999") from None


def attributes(value: object) -> dict[str, Any]:
    """Return attributes as they are stored.

    Raises:
        InvalidInput: not an object, not JSON, not finite, too deep or over 64 kB.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInput("attributes", "must be an object")
    stored: dict[str, Any] = _json_object(value, "attributes", 1)
    # A character is four bytes at most: few contacts need to be measured exactly.
    if (
        4 * len(repr(stored))
        > ATTRIBUTES_LIMIT
        < len(json.dumps(stored, ensure_ascii=False).encode())
    ):
        raise InvalidInput("attributes", "must not exceed 64 kB")
    return stored


def _json_object(value: Mapping[Any, Any], path: str, depth: int) -> dict[str, Any]:
    if depth > _DEPTH_LIMIT:
        raise InvalidInput(path, f"is nested deeper than {_DEPTH_LIMIT} levels")
    stored = {}
    for name, item in value.items():
        if not isinstance(name, str) or not name or not is_storable(name):
            raise InvalidInput(path, "attribute names must be texts without NUL")
        stored[name] = _json(item, f"{path}.{name}", depth)
    return stored


def _json(value: Any, path: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if not is_storable(value):
            raise InvalidInput(path, "must not hold NUL or lone surrogates")
        return value
    if isinstance(value, int | float | Decimal):
        return _number(value, path)
    if isinstance(value, datetime):
        return utc_text(value, path)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _json_object(value, path, depth + 1)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return _json_array(value, path, depth + 1)
    raise InvalidInput(path, f"a {type(value).__name__} isn't JSON")


def _json_array(value: Sequence[Any], path: str, depth: int) -> list[Any]:
    if depth > _DEPTH_LIMIT:
        raise InvalidInput(path, f"is nested deeper than {_DEPTH_LIMIT} levels")
    return [_json(item, f"{path}[{index}]", depth) for index, item in enumerate(value)]


def _number(value: float | Decimal, path: str) -> float | int:
    try:
        finite = math.isfinite(value)
    except (OverflowError, ValueError):
        finite = False
    if not finite:
        raise InvalidInput(path, "must be a finite number, as JSON has them")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
