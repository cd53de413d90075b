"""Images in HTML: put where a message names them, and looked at before it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.spelling import nearest
from campaign_sdk.assets._models import Asset

# Gmail shows no more of a message than this.
CLIPPED_AT = 102_000
LARGE_IMAGE = 200_000

_REFERENCE = re.compile(r"""\{\{-?\s*asset\s+(?:"([^"{}]*)"|'([^'{}]*)')\s*-?\}\}""")


@dataclass(frozen=True)
class Remark:
    """Something about a message's HTML that is worth a look.

    Attributes:
        path: which part: `html`, or `html.` and the name of an asset.
        reason: what is wrong, and what would be right.
    """

    path: str
    reason: str


def references(html: str) -> tuple[str, ...]:
    """Return the names of the assets that HTML shows, each once, as they come."""
    return tuple(dict.fromkeys(_name(found) for found in _REFERENCE.finditer(html)))


def blanked(html: str) -> str:
    """Return HTML with spaces where it shows assets: what is left is a template like any other."""
    return _REFERENCE.sub(lambda found: " " * len(found[0]), html)


def place(html: str, assets: Sequence[Asset]) -> str:
    """Return HTML in which each `{{ asset "hero.png" }}` has become its image.

    Within a tag, as in `<img src='{{ asset "hero.png" }}'>`, it becomes the address; elsewhere
    a whole `<img>`, with the alt text.

    Raises:
        InvalidInput: the campaign has no such asset; names those that there are.
    """
    known = {asset.name: asset for asset in assets}
    pieces, end = [], 0
    for found in _REFERENCE.finditer(html):
        asset = _found(_name(found), known)
        before = html[: found.start()]
        within_tag = before.rfind("<") > before.rfind(">")
        pieces += [html[end : found.start()], escape(asset.url) if within_tag else _image(asset)]
        end = found.end()
    return "".join([*pieces, html[end:]])


def check_html(html: str, assets: Sequence[Asset]) -> Iterator[Remark]:
    """Yield what is odd about a message's HTML: sizes, images without an alt text.

    Raises:
        InvalidInput: the campaign lacks an asset that the HTML shows.
    """
    shown = set(references(html))
    placed = place(html, assets)
    if (size := len(placed.encode())) > CLIPPED_AT:
        yield Remark("html", f"has {size / 1e3:.0f} kB: Gmail cuts messages off at 102 kB")
    for asset in assets:
        if asset.name in shown and asset.bytes > LARGE_IMAGE:
            reason = f"is an image of {asset.bytes / 1e3:.0f} kB: 200 kB and less load on the way"
            yield Remark(f"html.{asset.name}", reason)
    for source in _without_alt(placed):
        name = next((asset.name for asset in assets if asset.url == source), None)
        path = "html" if name is None else f"html.{name}"
        yield Remark(path, 'an image has no alt text: say what it shows, or "" for decoration')


def _name(found: re.Match[str]) -> str:
    return found[1] if found[1] is not None else found[2]


def _found(name: str, known: Mapping[str, Asset]) -> Asset:
    if name in known:
        return known[name]
    near = nearest(name, known)
    hint = f"did you mean {near!r}?" if near else "upload it with client.assets.upload"
    raise InvalidInput("html", f"the campaign has no asset {name!r}; {hint}")


def _image(asset: Asset) -> str:
    alt = "" if asset.alt is None else f' alt="{escape(asset.alt)}"'
    return f'<img src="{escape(asset.url)}"{alt}>'


class _Images(HTMLParser):
    """Gathers the sources of images without an alt attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img" and "alt" not in given:
            self.sources.append(given.get("src") or "")


def _without_alt(html: str) -> list[str]:
    images = _Images()
    images.feed(html)
    images.close()
    return images.sources
