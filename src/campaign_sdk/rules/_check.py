"""What is refused before it is looked at: too much, too deep, or not JSON at all."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from campaign_sdk._core.errors import InvalidRules

MAX_BYTES = 262_144
MAX_LEVELS = 100

_NOT_UNDERSTOOD = "isn't understood, and may change who is meant: take it out"

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Trail = tuple["Trail", str | int] | tuple[()]
"""Where a value is, as links from the leaf to the root: the text is rarely needed."""


def check_json(wire: object) -> None:
    """Refuse what isn't JSON or is over the limits. Never recurses, and stops early.

    Raises:
        InvalidRules: with the path of a value that JSON, or PostgreSQL, can't hold,
            or with the path `$` if there is too much or it is nested too deep.
    """
    size = 0
    waiting: list[tuple[object, Trail, int]] = [(wire, (), 0)]
    while waiting:
        value, trail, level = waiting.pop()
        if level > MAX_LEVELS:
            raise InvalidRules("$", f"is nested more than {MAX_LEVELS} levels deep")
        size += _size(value, trail)
        if size > MAX_BYTES:
            raise InvalidRules("$", f"takes more than {MAX_BYTES // 1024} kB")
        waiting.extend((child, (trail, key), level + 1) for key, child in _children(value))


def _children(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, Mapping):
        return iter(value.items())
    return iter(enumerate(value)) if isinstance(value, list | tuple) else iter(())


def _size(value: object, trail: Trail) -> int:
    """How many bytes PostgreSQL writes for this value, without what is in it."""
    if value is None or isinstance(value, bool):
        return 5 - (value is not False)
    if isinstance(value, str):
        return _text_size(value, trail)
    if isinstance(value, int | float):
        return _number_size(value, trail)
    if isinstance(value, Mapping):
        keys = sum(_text_size(key, trail) for key in value)
        return keys + 4 * len(value) + 2 - 2 * bool(value)
    if isinstance(value, list | tuple):
        return 2 * len(value) + 2 * (not value)
    raise InvalidRules(path_of(trail), f"is not a JSON value but {type(value).__name__}")


def _text_size(text: Any, trail: Trail) -> int:
    if not isinstance(text, str):
        raise InvalidRules(path_of(trail), "has a key that is not a text")
    if len(text) > MAX_BYTES:
        raise InvalidRules("$", f"takes more than {MAX_BYTES // 1024} kB")
    if "\0" in text:
        raise InvalidRules(path_of(trail), "contains NUL, which PostgreSQL can't store")
    try:
        return len(text.encode()) + text.count('"') + text.count("\\") + 2
    except UnicodeEncodeError:
        raise InvalidRules(path_of(trail), "contains half of a surrogate pair") from None


def _number_size(number: int | float, trail: Trail) -> int:
    if isinstance(number, float) and not math.isfinite(number):
        raise InvalidRules(path_of(trail), "must be a finite number")
    if isinstance(number, int) and abs(number) >= 1 << 1024:
        raise InvalidRules(path_of(trail), "is too large a number")
    return len(repr(number))


def check_keys(wire: Mapping[str, Any], known: frozenset[str], path: str) -> None:
    """Refuse what would change the meaning of a rule, and isn't understood here."""
    unknown = min(wire.keys() - known, default=None)
    if unknown is not None:
        raise InvalidRules(child_path(path, unknown), _NOT_UNDERSTOOD)


def path_of(trail: Trail) -> str:
    """Write a trail as a JSON path."""
    steps = []
    while trail:
        trail, key = trail
        steps.append(child_path("", key))
    return "$" + "".join(reversed(steps))


def child_path(path: str, key: str | int) -> str:
    """Go one step further down a JSON path."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{path}[{key!r}]"
