"""Reading what others wrote: anything may be missing, or of another type.

The same in TypeScript: `supabase/functions/_shared/webhooks/fields.ts`. One table of cases
holds the two together.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from campaign_sdk.webhooks._events import Actor, DeliveryEvent, Kind

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# A tag of Resend can't hold a slash.
_KEY = re.compile(rf"({_ID})(?:[/_.]({_ID}))?", re.IGNORECASE)
_PLAIN = re.compile(r"[!-~]{1,150}")
_LONE = re.compile("[\ud800-\udfff]")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def pick(value: Any, *path: str) -> Any:
    """Return what stands at a path, or `None`."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def words(value: Any, longest: int = 500) -> str | None:
    """Return a text that a database can store; none if it is empty, too long or holds NUL."""
    if not isinstance(value, str) or not value or len(value) > longest or "\0" in value:
        return None
    return _LONE.sub("\ufffd", value)


def items(value: Any) -> list[Any]:
    """Return a list as it is, and no list for anything else."""
    return value if isinstance(value, list) else []


def flat(value: Any) -> dict[str, str]:
    """Return tags, headers or custom arguments as names and texts.

    They come as an object, whose values may be lists, or as a list of names and values.
    """
    if isinstance(value, list):
        value = {str(pick(one, "name")): pick(one, "value") for one in value}
    found: dict[str, str] = {}
    for name, one in value.items() if isinstance(value, dict) else ():
        first = one[0] if isinstance(one, list) and one else one
        if isinstance(first, str):
            found[name.lower().replace("-", "_").removeprefix("x_")] = first
    return found


def identifier(*parts: Any) -> str:
    """Return an id of a report: its parts, or their digest if they aren't plain."""
    joined = "/".join("" if part is None else str(part) for part in parts)
    if _PLAIN.fullmatch(joined):
        return joined
    return hashlib.sha256(_LONE.sub("\ufffd", joined).encode()).hexdigest()


def message_id(value: Any) -> str | None:
    """Return a message's id without its angle brackets."""
    text = words(value)
    return (text.strip("<> ") or None) if text else None


def address(value: Any) -> str | None:
    """Return the address of `Ann <ann@example.com>`, or of a list's first recipient."""
    text = words(value[0] if isinstance(value, list) and value else value)
    if text and text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1]
    return text or None


def link(value: Any) -> str | None:
    """Return an http address."""
    text = words(value, 4096)
    return text if text and re.match(r"https?://", text, re.IGNORECASE) else None


def moment(value: Any, now: datetime) -> datetime:
    """Return when it happened, to the millisecond; now if that isn't said, or can't be."""
    found = _moment(value)
    if found is None or not _EARLIEST <= found <= now + timedelta(days=1):
        found = now
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        return iso_moment(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        # By way of milliseconds, which is all that JavaScript has.
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(value * 1000))
    except (ValueError, OverflowError):
        return None


def iso_moment(text: str) -> datetime | None:
    """Read a moment in ISO form; without an offset it is meant in UTC."""
    read = _MOMENT.fullmatch(text)
    if read is None:
        return None
    try:
        *parts, fraction, sign, hours, minutes = read.groups()
        micro = int((fraction or "").ljust(6, "0")[:6])
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        found = datetime(*map(int, parts), micro, tzinfo=UTC)  # type: ignore[arg-type,misc] # six parts
        return found + offset if sign == "-" else found - offset
    except (ValueError, OverflowError):
        return None


def marks(*sources: Mapping[str, str]) -> dict[str, Any]:
    """Return key, campaign and contact that the message carried."""
    for source in sources:
        if read := _KEY.fullmatch(source.get("campaign_key", "")):
            campaign, contact = read[1].lower(), read[2] and read[2].lower()
            return _marked(campaign, contact)
    campaign = _first(sources, "campaign_id", "campaign")
    return _marked(campaign, _first(sources, "contact_id", "contact") if campaign else None)


def _first(sources: Iterable[Mapping[str, str]], *names: str) -> str | None:
    for source in sources:
        for name in names:
            if re.fullmatch(_ID, source.get(name, ""), re.IGNORECASE):
                return source[name].lower()
    return None


def _marked(campaign: str | None, contact: str | None) -> dict[str, Any]:
    return {
        "key": f"{campaign}/{contact}" if contact else None,
        "campaign_id": UUID(campaign) if campaign else None,
        "contact_id": UUID(contact) if contact else None,
    }


def event(
    id: str,
    kind: Kind,
    at: datetime,
    *,
    marked: Mapping[str, Any],
    provider_id: str | None,
    address: str | None,
    url: str | None = None,
    actor: Actor = "unknown",
    reason: str | None = None,
) -> DeliveryEvent:
    """Put an event together."""
    return DeliveryEvent(
        id=id,
        kind=kind,
        at=at,
        provider_id=provider_id,
        address=address,
        url=url if kind == "clicked" else None,
        actor=actor,
        reason=words(reason, 100) if kind in ("bounced", "ignored") else None,
        **marked,
    )
