"""What an operation is called with, held against its signature: once, before it begins."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from numbers import Integral, Real
from pathlib import Path
from typing import (
    IO,
    Any,
    Literal,
    NamedTuple,
    Protocol,
    Union,
    Unpack,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
    runtime_checkable,
)
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput

_WORDS: dict[object, str] = {
    str: "a text",
    bool: "True or False",
    Integral: "a whole number",
    Real: "a number",
    bytes: "bytes",
    date: "a date",
    datetime: "a datetime",
    UUID: "a UUID",
    Path: "a path",
    Mapping: "a mapping",
    Sequence: "a list",
    Iterable: "a list",
    Callable: "a function",
    type: "a class",
    types.NoneType: "None",
}


@runtime_checkable
class _Writable(Protocol):
    """A file that is open for writing."""

    def write(self, content: Any, /) -> Any: ...


# What numbers are, numpy's among them, and what else isn't a class of its own.
_MEANT: dict[Any, type] = {int: Integral, float: Real, Literal: str, IO: _Writable}


class Arguments:
    """The types of a body's arguments, read when it is called for the first time.

    Only what is at the top is looked at: items of a list and words of a choice are the
    operation's own affair, and so is what is read by a class that `_refuses_itself`.

    Args:
        body: the generator function.
    """

    def __init__(self, body: Callable[..., Any]) -> None:
        self._body = body

    def check(self, positional: Sequence[Any], named: Mapping[str, Any]) -> None:
        """Refuse a value that an operation isn't made for, and half a character in any text.

        Raises:
            InvalidInput: names the argument, and what it should be.
        """
        for name, value in chain(zip(self._names, positional, strict=False), named.items()):
            kind = self._kinds.get(name)
            if kind is not None:
                kind.check(name, value)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        code = self._body.__code__
        return code.co_varnames[1 : code.co_argcount]

    @cached_property
    def _kinds(self) -> dict[str, _Kind]:
        hints = get_type_hints(self._body)
        for name, hint in tuple(hints.items()):
            if get_origin(hint) is Unpack:
                hints |= get_type_hints(get_args(hint)[0])
                del hints[name]
        kinds = {name: _classes(hint) for name, hint in hints.items() if name != "return"}
        return {name: _Kind(classes) for name, classes in kinds.items() if classes}


class _Kind(NamedTuple):
    """The classes of which a value may be."""

    classes: tuple[type, ...]

    def check(self, name: str, value: object) -> None:
        if not self._fits(value):
            raise InvalidInput(name, f"must be {self._words()}, not {type(value).__name__}")
        # A path may hold one: Linux knows of no characters.
        if isinstance(value, str) and not value.isascii() and Path not in self.classes:
            _check_characters(name, value)

    def _fits(self, value: object) -> bool:
        for own in (str, bool):
            # Each is something else as well, which is seldom meant: a sequence, and a number.
            if isinstance(value, own):
                return own in self.classes
        return isinstance(value, self.classes)

    def _words(self) -> str:
        words = dict.fromkeys(_WORDS.get(each, each.__name__) for each in self.classes)
        words.pop("NotGiven", None)
        *others, last = words
        return f"{', '.join(others)} or {last}" if others else last


def _classes(hint: Any) -> tuple[type, ...]:
    """Return the classes of an annotation; none if it may be anything."""
    origin = get_origin(hint) or getattr(hint, "__bound__", None) or hint
    if getattr(origin, "_refuses_itself", False):
        return ()
    if origin in (Union, types.UnionType):
        alternatives = [_classes(each) for each in get_args(hint)]
        return tuple(chain(*alternatives)) if all(alternatives) else ()
    meant = Mapping if is_typeddict(origin) else _MEANT.get(origin, origin)
    return (meant,) if isinstance(meant, type) else ()


def _check_characters(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(name, "must not hold lone surrogates") from None
