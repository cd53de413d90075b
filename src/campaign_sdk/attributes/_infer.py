"""What attributes are like, found out from those that contacts have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(?:Z|[+-]\d\d(?::?\d\d)?)")
# So few different texts are choices, if each of them is seen more than once or so.
_CHOICES = 8
_LONGEST_CHOICE = 40


@dataclass
class Seen:
    """What was seen in one place.

    Attributes:
        times: how often there was a value.
        nulls: how often there was null.
        kinds: what the values were: boolean, integer, number, date, moment, text, list, object.
        texts: the different texts; `None` once there are too many to be choices.
        children: of objects, by their keys.
        items: of lists.
    """

    times: int = 0
    nulls: int = 0
    kinds: set[str] = field(default_factory=set)
    texts: set[str] | None = field(default_factory=set)
    children: dict[str, Seen] = field(default_factory=dict)
    items: Seen | None = None

    def add(self, value: Any) -> None:
        """Take note of a value; null is none."""
        if value is None:
            self.nulls += 1
            return
        self.times += 1
        kind = _kind(value)
        self.kinds.add(kind)
        if isinstance(value, str):
            self._add_text(value)
        elif isinstance(value, Mapping):
            for key, child in value.items():
                self.children.setdefault(key, Seen()).add(child)
        elif isinstance(value, list):
            self.items = self.items or Seen()
            for item in value:
                self.items.add(item)

    def _add_text(self, text: str) -> None:
        if self.texts is not None:
            self.texts.add(text)
            if len(self.texts) > _CHOICES or len(text) > _LONGEST_CHOICE:
                self.texts = None

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts that these values are limited to, as it seems."""
        few = self.kinds == {"text"} and self.texts and 2 * len(self.texts) <= self.times
        return tuple(sorted(self.texts)) if few and self.texts else ()


def look_at(attributes: Iterable[Mapping[str, Any]]) -> Seen:
    """Return what many contacts' attributes are like, as one object."""
    seen = Seen()
    for held in attributes:
        seen.add(held)
    return seen


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if value == int(value) else "number"
    if isinstance(value, str):
        return _text_kind(value)
    return "object" if isinstance(value, Mapping) else "list"


def _text_kind(text: str) -> str:
    try:
        if _DAY.fullmatch(text):
            date.fromisoformat(text)
            return "date"
        if _MOMENT.fullmatch(text):
            datetime.fromisoformat(text)
            return "moment"
    except ValueError:
        pass
    return "text"
