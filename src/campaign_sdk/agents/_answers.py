"""What an agent is told: short, in pages, and without anybody's address."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from campaign_sdk._core.errors import InvalidInput

# In UTF-8. A token of the models in use is two bytes and more of JSON with ids in it, so an
# answer stays below 4,000 tokens.
LIMIT = 8_000
_LONGEST_TEXT = 1_500

_AT = r"(?:@|\uff20|\ufe6b|%40|&#0*64;|&#x0*40;|&commat;)"
_ADDRESS = re.compile(rf"(?:(?!{_AT})\S)+(?:{_AT}\S+)+", re.IGNORECASE)
_PHONE = re.compile(r"\+?\d(?:[\s().\-/]*\d){7,}")


def masked(value: Any, *, phones: bool = False) -> Any:
    """Return a JSON value in which no text, key or value, holds an address.

    Args:
        value: what an agent would be told.
        phones: mask what looks like a telephone number too; dates and amounts do as well,
            so it is only for what a contact's own row says.
    """
    if isinstance(value, str):
        hidden = _ADDRESS.sub("[address]", value)
        return _PHONE.sub("[phone]", hidden) if phones and not _is_moment(value) else hidden
    if isinstance(value, dict):
        return {
            masked(key, phones=phones): masked(item, phones=phones) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked(item, phones=phones) for item in value]
    return value


def _is_moment(text: str) -> bool:
    return re.match(r"\d{4}-\d\d-\d\d(?!\d)", text) is not None


def shortened(value: Any, longest: int = _LONGEST_TEXT) -> Any:
    """Return a JSON value whose texts are cut at a length, each saying so."""
    if isinstance(value, str):
        return value if len(value) <= longest else f"{value[:longest]}… (of {len(value):,})"
    if isinstance(value, dict):
        return {shortened(key, 200): shortened(item, longest) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shortened(item, longest) for item in value]
    return value


def written(value: Any) -> str:
    """Return a value as the JSON that an agent reads."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def size(value: Any) -> int:
    """Return how many bytes of JSON a value takes."""
    return len(written(value).encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class Paged:
    """A list of which an answer holds as much as fits, from a cursor on.

    Attributes:
        items: the whole list.
        cursor: what the page before gave.
        beside: what every page says besides.
    """

    items: Sequence[Any]
    cursor: str | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)

    def map(self, change: Callable[[Any], Any]) -> Paged:
        """Return the list with each item changed."""
        return replace(self, items=[change(item) for item in self.items])

    def page(self) -> dict[str, Any]:
        """Return the items that fit, and the cursor of the next page.

        Raises:
            InvalidInput: the cursor isn't one that an answer gave.
        """
        first = _position(self.cursor, len(self.items))
        left = LIMIT - size(self.beside) - size({"total": 10**9, "next_cursor": str(10**9)})
        shown: list[Any] = []
        for item in self.items[first:]:
            short = fitted(item, LIMIT // 4)
            left -= size(short) + 1
            if left < 0:
                break
            shown.append(short)
        after = first + len(shown)
        following = {"next_cursor": str(after)} if after < len(self.items) else {}
        return {**self.beside, "total": len(self.items), "items": shown, **following}


def fitted(value: Any, limit: int = LIMIT) -> Any:
    """Return a value that keeps to the limit: its texts are cut shorter until it does."""
    for longest in (_LONGEST_TEXT, 400, 100, 30):
        short = shortened(value, longest)
        if size(short) <= limit:
            return short
    return {"too_large": True, "remedy": "a person can look at it with the command line"}


def answer(found: Any, *, show_contacts: bool) -> str:
    """Return the JSON of a tool's answer: masked first, for a cut mustn't hide an address."""
    if isinstance(found, Paged):
        shown = found if show_contacts else found.map(masked)
        return written(shown.page())
    return written(fitted(found if show_contacts else masked(found)))


def _position(cursor: str | None, total: int) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10 and int(cursor) <= total):
        raise InvalidInput("cursor", "must be the next_cursor of the page before")
    return int(cursor)
