"""Messages with placeholders: Liquid's output syntax, and no logic at all.

    Hi {{ first_name | default: "there" }}, your last order was on
    {{ last_order_at | date: "%-d %B %Y" | default: "a day long gone" }}.

A message is parsed once, with everything wrong in it refused there and then, and
rendered in one pass for each contact. What a contact holds is only ever text: it
is never parsed, never expanded again and never reaches `str.format`.
"""

from __future__ import annotations

import html as _html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import partial
from typing import Any, Protocol, cast

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.spelling import nearest

from ..rules._wire import COLUMNS
from ._filters import Refused, to_text
from ._parser import MAX_BYTES, Placeholder, canonical, error_at, parse

__all__ = ["SupportsAttributes", "Template"]

_MOST_SUGGESTED = 20
_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")


class SupportsAttributes(Protocol):
    """A contact as an object: `attributes`, and the columns beside it."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What is known of the contact beyond the columns."""


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed message: an immutable value, made by `Template.parse`.

    Attributes:
        source: the text as it was parsed.
        fields: the names it uses, as in rules, in order of appearance.
        required: those used at least once without a `default`: a contact that
            lacks one of them can't get this message.
    """

    source: str
    fields: tuple[str, ...] = field(repr=False)
    required: tuple[str, ...] = field(repr=False)
    _path: str = field(repr=False)
    _zone: tzinfo = field(repr=False)
    _parts: tuple[str | Placeholder, ...] = field(repr=False, compare=False)

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        path: str = "message",
        timezone: tzinfo = UTC,
        longest: int = MAX_BYTES,
    ) -> Template:
        """Parse a message of at most `longest` bytes; `date` shows instants in `timezone`.

        Raises:
            InvalidInput: the text is malformed, uses a tag or an unknown filter, or
                is over the limits. `path` is the one given here; the reason starts
                with line and column.
        """
        parts = parse(text, path, timezone, longest)
        used = [part for part in parts if isinstance(part, Placeholder)]
        names = dict.fromkeys(part.name for part in used)
        needed = {part.name for part in used if part.fallback is None}
        required = tuple(name for name in names if name in needed)
        return cls(text, tuple(names), required, path, timezone, parts)

    @property
    def parts(self) -> tuple[str | Placeholder, ...]:
        """The text between placeholders, and the placeholders, in order."""
        return self._parts

    def error_of(self, name: str, reason: str) -> InvalidInput:
        """Return the error of the first placeholder for a field, with its place."""
        used = (part for part in self._parts if isinstance(part, Placeholder))
        return self._error(next(part for part in used if part.name == name), reason)

    def check(self, known_fields: Iterable[str]) -> None:
        """Refuse a placeholder for a field that no contact has.

        The contact's own columns always exist; `known_fields` adds the attributes.

        Raises:
            InvalidInput: names the first unknown placeholder, and the fields there are.
        """
        known = {*COLUMNS, *map(canonical, known_fields)}
        for part in self._parts:
            if isinstance(part, Placeholder) and part.name not in known:
                raise self._error(part, f"there is no such field. {_suggest(part.name, known)}")

    def render(
        self,
        contact: Mapping[str, Any] | SupportsAttributes,
        *,
        html: bool = False,
        one_line: bool = False,
    ) -> str:
        """Return the message for one contact.

        Args:
            contact: a mapping or an object with `email`, `attributes` and so on. In a
                mapping without `attributes`, every other key is one, as in rules.
            html: escape what stands for a placeholder; the text around it stays.
            one_line: for subjects: line breaks and control characters, which could
                smuggle in a header, become spaces.

        Raises:
            InvalidInput: a placeholder without default has no value here, or one
                has a list or an object. Names the placeholder, never the value.
        """
        pieces = self._filled(contact, html) if self.fields else self._parts
        message = "".join(cast("Iterable[str]", pieces))
        # What is printable has no breaks: nearly every subject.
        return _BREAKS.sub(" ", message) if one_line and not message.isprintable() else message

    def _filled(self, contact: Any, html: bool) -> list[str]:
        column, attributes = _sides(contact)
        pieces: list[str] = []
        for part in self._parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            try:
                value = _fill(part, column, attributes)
            except Refused as reason:
                raise self._error(part, str(reason)) from None
            pieces.append(_html.escape(value) if html else value)
        return pieces

    def _error(self, part: Placeholder, reason: str) -> InvalidInput:
        return error_at(self.source, self._path, part.at, f"`{{{{ {part.name} }}}}`: {reason}")


def _sides(contact: Any) -> tuple[Callable[[str], Any], Any]:
    """Return a way to read the contact's columns, and its attributes."""
    if isinstance(contact, Mapping):
        if "attributes" in contact:
            return contact.get, contact["attributes"]
        return contact.get, {key: contact[key] for key in contact if key not in COLUMNS}
    return partial(_column, contact), getattr(contact, "attributes", None)


def _column(contact: object, name: str) -> Any:
    return getattr(contact, name, None)


def _fill(part: Placeholder, column: Callable[[str], Any], attributes: Any) -> str:
    value = _dig(attributes, part.keys) if part.keys else column(part.name)
    for step in part.filters:
        if value is None:
            break
        value = step(value)
    text = value if type(value) is str else to_text(value)
    if text and not text.isspace():
        return text
    if part.fallback is None:
        raise Refused("this contact has no value that it could show, and it has no default")
    return part.fallback


def _dig(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _suggest(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    names = sorted(known)
    more = f" and {len(names) - _MOST_SUGGESTED:,} more" if len(names) > _MOST_SUGGESTED else ""
    question = f"Did you mean `{near}`? " if near else ""
    return f"{question}There are: {', '.join(names[:_MOST_SUGGESTED])}{more}"
