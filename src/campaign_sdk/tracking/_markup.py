"""Links in HTML and in plain text: where they stand, and other ones in their place.

Everything else stays byte for byte: the parser only says where things are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from html import unescape
from html.entities import html5
from html.parser import HTMLParser
from itertools import accumulate
from typing import NamedTuple

_ATTRIBUTE = re.compile(
    r"""[\s/]*(?P<name>[^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'"""
    r"""|(?P<bare>[^\s>"'][^\s>]*)))?"""
)
_TAG_NAME = re.compile(r"<[a-zA-Z][^\s/>]*")
_REFERENCE = re.compile(r"&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[a-zA-Z][a-zA-Z0-9]*;?)(=?)")
_SPACES = " \t\n\f\r"
_IN_TEXT = re.compile(r"https?://[^\s<>\"'`{}|\\^\x00-\x20\x7f-\x9f]+", re.IGNORECASE)
_CLOSING = {")": "(", "]": "["}
# Newsletters sent to many are the same text many times, unless they are personal all over.
_KEPT = 32


class Place(NamedTuple):
    """Where a link stands: the half-open range of its address, and the address it means."""

    start: int
    end: int
    address: str


class Page(NamedTuple):
    """The links of a page, and where its body ends."""

    links: tuple[Place, ...]
    end: int


@lru_cache(_KEPT)
def page(html: str) -> Page:
    """Find the links of a page."""
    finder = _Finder(html)
    finder.feed(html)
    finder.close()
    return Page(tuple(finder.links), len(html) if finder.end is None else finder.end)


@lru_cache(_KEPT)
def addresses(text: str) -> tuple[Place, ...]:
    """Find the addresses in plain text, without the punctuation that follows them."""
    return tuple(_without_punctuation(found) for found in _IN_TEXT.finditer(text))


def replaced(source: str, places: tuple[Place, ...], other: Callable[[str], str]) -> str:
    """Return the source with other addresses in the places of those it has."""
    parts, at = [], 0
    for place in places:
        parts += [source[at : place.start], other(place.address)]
        at = place.end
    return "".join((*parts, source[at:]))


class _Finder(HTMLParser):
    """Follows the tags. Comments, scripts and styles are none of its business."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.links: list[Place] = []
        self.end: int | None = None
        self._lines = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag in ("a", "area"):
            found = _href(self.get_starttag_text() or "")
            if found is not None:
                at = self._at()
                self.links.append(Place(at + found.start, at + found.end, found.address))

    def handle_endtag(self, tag: str) -> None:
        if tag == "body":
            self.end = self._at()

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def _href(tag: str) -> Place | None:
    """Find the address of a tag: browsers take the first href if there are two."""
    name = _TAG_NAME.match(tag)
    for found in _ATTRIBUTE.finditer(tag, name.end() if name else 0):
        if found["name"].lower() == "href":
            group = next((key for key in ("double", "single", "bare") if found[key]), None)
            return _stripped(found, group) if group else None
    return None


def _stripped(found: re.Match[str], group: str) -> Place:
    raw = found[group]
    inner = raw.strip(_SPACES)
    start = found.start(group) + (len(raw) - len(raw.lstrip(_SPACES)))
    return Place(start, start + len(inner), _unescaped(inner))


def _unescaped(value: str) -> str:
    return _REFERENCE.sub(_character, value)


def _character(found: re.Match[str]) -> str:
    """Resolve a reference as in an attribute: `&copy=` there is a parameter called copy.

    (HTML, section 13.2.5.73, "Named character reference state".)
    """
    reference, equals = found[1], found[2]
    if reference.startswith("#"):
        return unescape(f"&{reference}") + equals
    if equals and not reference.endswith(";"):
        return found[0]
    return html5.get(reference, f"&{reference}") + equals


def _without_punctuation(found: re.Match[str]) -> Place:
    address = found[0]
    while True:
        last = address[-1]
        opening = _CLOSING.get(last)
        unmatched = opening and address.count(opening) < address.count(last)
        if last not in ".,;:!?*_~'" and not unmatched:
            return Place(found.start(), found.start() + len(address), address)
        address = address[:-1]
