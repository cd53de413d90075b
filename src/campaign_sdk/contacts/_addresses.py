"""The one form in which an e-mail address is stored: it is the key of consent.

The SQL functions `normalize_email` and the check of a contact's address do the same; a test
holds the two together.
"""

from __future__ import annotations

import re
import unicodedata

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import is_storable

_LONGEST = 254
# Nearly all are like this, and need no more.
_PLAIN = re.compile(r"[a-z0-9][a-z0-9._%+-]*@(?:[a-z0-9_-]+\.)+[a-z0-9_-]*[a-z0-9]")

_UNSEEN = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_BLANK = "\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_QUOTES = "\u00ab\u00b4\u00bb\u2018-\u201f\u2039\u203a\u3001\u3008-\u3011"
_AROUND = rf"{_BLANK}{_QUOTES}\"'(),:;<>\[\]`"

_INVISIBLE = re.compile(f"[{_UNSEEN}]")
_EDGES = re.compile(rf"\A(?:mailto:|[{_AROUND}])+|[.{_AROUND}]+\Z")
_NAMED = re.compile(r"[^<>@]*<([^<>]+)>[\s;,]*")
# The full-width forms of ASCII, East Asia's full stops, the small @ and dot.
_NARROW: dict[int, int | str] = {
    **{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((0x3002, 0xFF61, 0xFE52), "."),
    0xFE6B: "@",
}
_LABEL = rf"[^{_BLANK}{_QUOTES}\0!-,./:-@\[-^`{{-~]+"
_SHAPE = re.compile(rf"[^@{_BLANK}\0\":;<>\[\\\]]+@{_LABEL}(?:\.{_LABEL})+")


def normalize_email(value: object) -> str:
    """Return an address in its stored form: NFC, lower-case, without what surrounds it.

    Blanks, quotes, brackets, `mailto:`, a display name and what can't be seen are taken off.

    Raises:
        InvalidInput: it isn't `name@domain.tld`, or has more than 254 characters.
    """
    if isinstance(value, str) and is_plain(value):
        return value
    email = _folded(value) if isinstance(value, str) else ""
    if not email:
        raise InvalidInput("email", "is missing: every contact needs an e-mail address")
    if len(email) > _LONGEST or not _SHAPE.fullmatch(email) or not is_storable(email):
        raise InvalidInput("email", "isn't an e-mail address (name@domain.tld)")
    return email


def is_plain(value: str) -> bool:
    """Whether a text is an address in its stored form already, as nearly all are."""
    return len(value) <= _LONGEST and _PLAIN.fullmatch(value) is not None


def _folded(value: str) -> str:
    named = _NAMED.fullmatch(value)
    email = _INVISIBLE.sub("", named[1] if named else value).translate(_NARROW)
    return _EDGES.sub("", _lower(email))


def _lower(email: str) -> str:
    if email.isascii():
        return email.lower()
    # Letter by letter, as PostgreSQL does it: Python alone knows of a final sigma, and of
    # two letters for one.
    lower = "".join(letter.lower()[0] for letter in unicodedata.normalize("NFC", email))
    return unicodedata.normalize("NFC", lower)
