"""How many segments a text message takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

# 3GPP TS 23.038 (version 18), section 6.2.1: the GSM 7 bit default alphabet, row by row
# from 0x00 to 0x7F; 0x1B is the escape to the extension table.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Section 6.2.1.1: the extension table; each takes two septets.
_EXTENSION = frozenset("\f^{}\\[~]|€")

# TS 23.040: 140 octets of user data, 6 of which join the parts of a longer message.
_ALONE = {"GSM-7": 160, "UCS-2": 70}
_JOINED = {"GSM-7": 153, "UCS-2": 67}


class SmsSize(NamedTuple):
    """What a text message takes.

    Attributes:
        encoding: GSM-7, or UCS-2 as soon as one character isn't in GSM-7's alphabet.
        units: septets, or UTF-16 code units.
        segments: the messages that it is sent, and billed, as.
    """

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int


def sms_size(text: str) -> SmsSize:
    """Count the segments of a text message without placeholders.

    The alphabet and its extension are those of 3GPP TS 23.038, section 6.2.1; the sizes
    of segments those of TS 23.040: 160 septets or 70 UTF-16 units alone, 153 or 67 each
    when joined. An escaped or a surrogate pair is never cut in two.
    """
    if all(char in _BASIC or char in _EXTENSION for char in text):
        return _size("GSM-7", [2 if char in _EXTENSION else 1 for char in text])
    return _size("UCS-2", [2 if ord(char) > 0xFFFF else 1 for char in text])


def _size(encoding: Literal["GSM-7", "UCS-2"], widths: Iterable[int]) -> SmsSize:
    widths = list(widths)
    units = sum(widths)
    if units <= _ALONE[encoding]:
        return SmsSize(encoding, units, 1 if units else 0)
    segments, left = 1, _JOINED[encoding]
    for width in widths:
        if width > left:
            segments, left = segments + 1, _JOINED[encoding]
        left -= width
    return SmsSize(encoding, units, segments)
