"""Numbers as people write them in their countries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Literal

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.contacts.files._cells import PLAIN_NUMBER, look_of, number_of

Decimal = Literal[".", ","]

_DIGITS = 15
_BLANKS = "\u0020\u00a0\u2009\u202f"
_CODE = re.compile(rf"^[A-Z]{{3}}(?=[{_BLANKS}0-9-])|(?<=[{_BLANKS}0-9])[A-Z]{{3}}$")
_WRITTEN = {
    mark: re.compile(
        rf"(-?)((?:0|[1-9][0-9]{{0,2}}(?:[{thousands}'\u2019{_BLANKS}][0-9]{{3}})+|[1-9][0-9]*))"
        rf"(?:{re.escape(mark)}([0-9]+))?"
    )
    for mark, thousands in ((".", ","), (",", "."))
}
# What is one in some country; which, only the user can say.
_SOMEWHERE = re.compile(
    rf"[-+]?[^\w\s.,-]?[{_BLANKS}]?[0-9]{{1,3}}(?:[.,'\u2019{_BLANKS}]?[0-9]{{3}})*(?:[.,][0-9]+)?"
    rf"[{_BLANKS}]?(?:[^\w\s.,-]|[A-Z]{{3}})?"
)


def checked_decimal(mark: str | None) -> Decimal | None:
    """Return the decimal mark that is named.

    Raises:
        InvalidInput: it is none.
    """
    if mark not in (None, ".", ","):
        raise InvalidInput("decimal", 'must be "." or ","')
    return mark  # type: ignore[return-value]  # what `in` has said, mypy doesn't see


def number_reader(mark: Decimal | None) -> Callable[[str], int | float | None]:
    """Return what reads a number with this decimal mark, or returns `None` for another text.

    Without a mark only what is the same number everywhere is read; with one, thousands may
    be parted (by the other mark, blanks or apostrophes) and a currency named.
    """
    if mark is None:
        return lambda text: number_of(text) if look_of(text) == "number" else None
    written = _WRITTEN[mark]
    return lambda text: _number(written.fullmatch(_bare(text)))


def _number(match: re.Match[str] | None) -> int | float | None:
    if match is None:
        return None
    sign, whole, part = match.groups()
    digits = re.sub("[^0-9]", "", whole)
    if len(digits) > _DIGITS or len(part or "") > _DIGITS:
        return None
    return float(f"{sign}{digits}.{part}") if part else int(sign + digits)


def _bare(text: str) -> str:
    """Take a currency away, and write a true minus as the one of the keyboard."""
    bare = "".join(char for char in text if unicodedata.category(char) != "Sc")
    return _CODE.sub("", bare.strip()).strip().replace("\u2212", "-")


def is_number_somewhere(text: str) -> bool:
    """Whether a text that isn't a number to us could be one in some country."""
    return (
        PLAIN_NUMBER.fullmatch(text) is None
        and _SOMEWHERE.fullmatch(text) is not None
        and ("," in text or "." in text)
    )
