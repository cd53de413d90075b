"""The ways in which a message is sent, and what each has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from campaign_sdk._core.errors import InvalidInput

from ._sms import sms_size

Channel = Literal["email", "sms", "push", "whatsapp"]
"""What a message is sent by; each has its own limits."""


def check_channel(value: object) -> str:
    """Return a channel, or raise `InvalidInput` if it is none."""
    if value not in get_args(Channel):
        raise InvalidInput("channel", f"must be one of {', '.join(get_args(Channel))}")
    return str(value)


class Limit(NamedTuple):
    """How long a part of a message may be, in characters.

    Attributes:
        shown: beyond this, most devices cut it off.
        most: beyond this, the channel refuses it.
    """

    shown: int
    most: int


# Sources: RFC 5322 (a line of 998) and what common clients show for e-mail; APNs and FCM
# (4 kB in all) and what iOS shows for push; the template components of WhatsApp Business.
LIMITS: Mapping[str, Mapping[str, Limit]] = {
    "email": {
        "subject": Limit(60, 255),
        "preheader": Limit(100, 255),
        "body": Limit(20_000, 100_000),
    },
    "sms": {},
    "push": {"subject": Limit(50, 200), "body": Limit(178, 1_000)},
    "whatsapp": {
        "subject": Limit(60, 60),
        "body": Limit(1_024, 1_024),
        "call_to_action": Limit(25, 25),
    },
}
SMS_SEGMENTS = 3
# The parts that a channel needs, and those that it has no place for.
REQUIRED = {"email": ("subject",), "push": ("subject",)}
UNUSED: Mapping[str, Sequence[str]] = {
    "email": (),
    "sms": ("subject", "preheader"),
    "push": ("preheader",),
    "whatsapp": ("preheader",),
}
ONE_LINE = ("subject", "preheader", "call_to_action")

Found = tuple[Literal["error", "warning"], str]


def too_long(path: str, text: str, channel: str) -> Found | None:
    """Return what is wrong with the length of a part of a message, and how bad that is."""
    if channel == "sms" and path == "body":
        return _too_many_segments(text)
    limit = LIMITS[channel].get(path)
    if limit is None or len(text) <= limit.shown:
        return None
    if len(text) > limit.most:
        return "error", f"has {len(text)} characters; {limit.most} is the most"
    return "warning", f"has {len(text)} characters; most devices show {limit.shown}"


def _too_many_segments(text: str) -> Found | None:
    size = sms_size(text)
    if size.segments <= 1:
        return None
    why = " because of characters outside of GSM-7" if size.encoding == "UCS-2" else ""
    reason = f"takes {size.segments} segments ({size.units} units of {size.encoding}{why})"
    if size.segments > SMS_SEGMENTS:
        return "error", f"{reason}; {SMS_SEGMENTS} is the most"
    return "warning", reason
