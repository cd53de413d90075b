"""What a message needs of a contact, to be asked of all of them before it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ._filters import is_blank
from ._foreign import visible
from ._parser import Placeholder
from ._template import Template

Takes = Literal["any", "date", "number"]

_TAKES: dict[str, Takes] = {"date": "date", "round": "number"}
_TAG = re.compile(r"<(?!img\b)[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Need:
    """What one placeholder, or several alike, make of a contact's value.

    Attributes:
        field: the name, as in rules.
        takes: what its filters can use.
        strips: whether blanks around a text are taken off before.
        has_default: whether something else is said without a value.
    """

    field: str
    takes: Takes
    strips: bool
    has_default: bool


def needs(template: Template) -> tuple[Need, ...]:
    """Return what a message needs, each once, as it comes."""
    return tuple(dict.fromkeys(map(_need, _placeholders(template))))


def can_be_blank(template: Template, *, html: bool = False) -> bool:
    """Whether a contact may get nothing but blanks: all hangs on values that may be missing."""
    text = "".join(part for part in template.parts if isinstance(part, str))
    written = _TAG.sub("", visible(text)) if html else text
    return is_blank(written) and all(
        part.fallback is not None and is_blank(part.fallback) for part in _placeholders(template)
    )


def _placeholders(template: Template) -> Iterator[Placeholder]:
    return (part for part in template.parts if isinstance(part, Placeholder))


def _need(part: Placeholder) -> Need:
    takes, before = _taken(part.filter_names)
    return Need(part.name, takes, "strip" in before, part.fallback is not None)


def _taken(names: Sequence[str]) -> tuple[Takes, Sequence[str]]:
    """What the first filter that isn't content with any text takes, and those before it."""
    at = next((n for n, name in enumerate(names) if name in _TAKES), len(names))
    return _TAKES[names[at]] if at < len(names) else "any", names[:at]
