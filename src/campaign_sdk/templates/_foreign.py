"""Placeholders of other programs, and gaps that nobody has filled: readers would see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ._parser import Placeholder
from ._template import Template

_GAP = "a gap that nobody has filled"
_WORD = r"[^\W\d_]"
_PLACE = rf"{_WORD}[\w .'-]{{0,60}}"

# The first that fits a piece names it.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (whose, re.compile(pattern))
    for whose, pattern in (
        ("a placeholder of Mailchimp's", r"\*\|[^|*\n]{1,80}\|\*"),
        ("a placeholder of a programming language's", r"<%[^%\n]{1,120}%>|[$#]\{[^{}\n]{1,80}\}"),
        ("a placeholder of Salesforce's", r"%%[\w .:-]{1,80}%%|\{![\w .:$]{1,80}\}"),
        ("a placeholder of Mautic's", r"\{[a-z]+=[^{}\n]{1,80}\}"),
        ("a placeholder of Sendy's", rf"\[{_PLACE},\s*fallback=[^\]\n]{{0,80}}\]"),
        ("a placeholder of another program's", r"\[\[[^\[\]\n]{1,80}\]\]|\[%[^%\n]{1,80}%\]"),
        ("a field of a mail merge", r"«[^«»\n]{1,80}»|<<[^<>\n]{1,80}>>"),
        (
            "a placeholder of Brevo's or Mailgun's",
            rf"(?<![\w%])%{_WORD}\w*(?:[ .-]\w+){{0,4}}%(?![\w%])",
        ),
        (
            "a placeholder with one brace",
            rf"(?<![{{$#\w]){{ ?{_PLACE}(?:\|[^{{}}\n]{{0,60}})?}}(?!}})",
        ),
        (_GAP, r"(?i:<(?:insert|your|first|last|full|customer)\b[\w -]*>)"),
        # Not a link, a footnote, or a box to be ticked.
        (_GAP, rf"(?<![\w\]!])\[(?!sic\]){_WORD}[^\[\]\n{{}}]{{1,80}}\](?![(\[:])"),
    )
)
_ANY = re.compile("|".join(f"(?:{pattern.pattern})" for _, pattern in _KINDS))
_UNSEEN = re.compile(r"<(style|script)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_MOST = 20


@dataclass(frozen=True, slots=True)
class Foreign:
    """A piece of a message that stays as it is, though it looks like a placeholder.

    Attributes:
        piece: as it is written.
        reason: what it looks like, and what would be right.
    """

    piece: str
    reason: str


def find_foreign(template: Template, *, html: bool = False) -> tuple[Foreign, ...]:
    """Return what no reader should see, each piece once, the first twenty.

    Args:
        template: the message.
        html: whether it is HTML: what stands in styles, scripts and comments isn't text.
    """
    pieces: dict[str, None] = {}
    for text in _texts(template):
        seen = visible(text) if html else text
        pieces.update(dict.fromkeys(found[0] for found in _ANY.finditer(seen)))
    return tuple(Foreign(piece, _reason(piece)) for piece in list(pieces)[:_MOST])


def visible(html: str) -> str:
    """HTML without styles, scripts and comments, which nobody reads."""
    return _UNSEEN.sub(" ", html)


def _texts(template: Template) -> Iterator[str]:
    """What the message itself says: between the placeholders, and in their defaults."""
    for part in template.parts:
        if isinstance(part, Placeholder):
            yield part.fallback or ""
        else:
            yield part


def _reason(piece: str) -> str:
    whose = next(whose for whose, pattern in _KINDS if pattern.fullmatch(piece))
    remedy = "fill it in" if whose == _GAP else "write a field as {{ first_name }}"
    return f"holds {piece!r}, {whose}: it would be read as it stands; {remedy}"
