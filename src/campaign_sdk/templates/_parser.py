"""From a message's text to its parts: plain text, and placeholders ready to be filled.

    output   = "{{" ( field | text ) { "|" filter [ ":" argument { "," argument } ] } "}}"
    field    = ( name | bracket ) { "." name | bracket }
    bracket  = "[" text "]"
    argument = text | number
    text     = '"' … '"' | "'" … "'"

One walk, which stops at the first thing that is wrong: its time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from campaign_sdk._core.errors import InvalidInput

from ..rules._wire import COLUMNS, RESERVED
from ._filters import Filter, Refused, build, is_blank, quoted

MAX_BYTES = 100_000
MAX_PLACEHOLDERS = 1_000
MAX_FILTERS = 10
MAX_DEPTH = 32

_NAME = r"\w+(?:-+\w+)*"
_BRACKET = r"""\[\s*(?:"[^"\]]*"|'[^'\]]*')\s*\]"""
_OPEN = re.compile(r"\{[{%]")
_BLANK = re.compile(r"\s*")
_TOKEN = re.compile(
    rf"""(?P<name>(?:(?!\d){_NAME}|{_BRACKET})(?:\.{_NAME}|{_BRACKET})*)"""
    r"""|(?P<text>"[^"]*"|'[^']*')|(?P<number>-?[0-9]+(?:\.[0-9]+)?)|(?P<mark>\}\}|[|:,])"""
)
_PLAIN = re.compile(rf"(?!\d){_NAME}")
_SEGMENT = re.compile(rf"""\[\s*["']([^\]]*)["']\s*\]|({_NAME})""")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A field to be filled in.

    Attributes:
        name: the field as in rules.
        keys: the way to it inside `attributes`; none for a column.
        filters: applied in turn to a value that is there.
        fallback: what to say without a value, filters applied; `None`: nothing.
        at: where it stands in the text.
        filter_names: what the filters are called.
    """

    name: str
    keys: tuple[str, ...]
    filters: tuple[Filter, ...]
    fallback: str | None
    at: int
    filter_names: tuple[str, ...] = ()


def parse(
    text: str, path: str, zone: tzinfo, longest: int = MAX_BYTES
) -> tuple[str | Placeholder, ...]:
    """Split a message into its parts, or raise `InvalidInput` with line and column."""
    _check_text(text, path, longest)
    parser = _Parser(text, zone)
    try:
        return tuple(part for part in parser.parts() if part != "")
    except Refused as reason:
        raise error_at(text, path, parser.mark, str(reason)) from None


def error_at(text: str, path: str, at: int, reason: str) -> InvalidInput:
    """Return the error that says where in the text it is."""
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return InvalidInput(path, f"line {line}, column {column}: {reason}")


def canonical(name: str) -> str:
    """Return a field's one spelling: `attributes.` only where a column has the name."""
    rest = name.removeprefix("attributes.")
    kept = rest in RESERVED or rest == "attributes" or rest.startswith("attributes.")
    return name if kept else rest


def _check_text(text: object, path: str, longest: int) -> None:
    if not isinstance(text, str):
        raise InvalidInput(path, f"must be text, not {type(text).__name__}")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InvalidInput(path, "holds half of a surrogate pair, which is no character") from None
    if size > longest:
        raise InvalidInput(path, f"is {size:,} bytes long; {longest:,} is the most")
    if "\0" in text:
        raise InvalidInput(path, "holds a NUL character, which the database can't store")


def _field(token: str) -> tuple[str, tuple[str, ...]]:
    """Return the field's name as in rules, and its keys."""
    keys = tuple(bracket or plain for bracket, plain in _SEGMENT.findall(token))
    if any(not key or "." in key for key in keys):
        raise Refused("a name in brackets can't be empty or hold a dot")
    if len(keys) > MAX_DEPTH:
        raise Refused(f"a path has {MAX_DEPTH} names at most")
    if keys == ("attributes",):
        raise Refused("`attributes` is all of them: name one, as in `attributes.city`")
    name = ".".join(keys)
    if name in COLUMNS:
        return name, ()
    if name in RESERVED:
        raise Refused(f"`{name}` is a list; `attributes.{name}` is the attribute of that name")
    return canonical(name), keys[1:] if keys[0] == "attributes" else keys


def _default(arguments: Sequence[str]) -> str:
    if len(arguments) != 1:
        raise Refused('`default` takes one text in quotes: `default: "there"`')
    text = quoted(arguments[0])
    return arguments[0] if text is None else text


def _fallback(literal: str | None, steps: Sequence[str | Filter]) -> str | None:
    """What to say without a value: known before any contact, so worked out now."""
    value = literal
    for step in steps:
        if isinstance(step, str):
            value = step if is_blank(value) else value
        elif value is not None:
            value = step(value)
            if value is None:
                raise Refused("a filter can't use the text before it; put `default` last")
    return value


class _Parser:
    """A cursor over the text; `mark` is where to point when something is refused."""

    def __init__(self, text: str, zone: tzinfo) -> None:
        self._text, self._zone = text, zone
        self._at = self.mark = 0

    def parts(self) -> Iterator[str | Placeholder]:
        count = 0
        while opening := _OPEN.search(self._text, self._at):
            yield self._text[self._at : opening.start()]
            self.mark, self._at = opening.span()
            count += 1
            if opening[0] == "{%":
                raise Refused("tags `{% … %}` are not supported: messages hold no logic")
            if count > MAX_PLACEHOLDERS:
                raise Refused(f"there are more than {MAX_PLACEHOLDERS:,} placeholders")
            yield self._output(opening.start())
        yield self._text[self._at :]

    def _output(self, at: int) -> str | Placeholder:
        kind, token = self._next(at, "a field name", "name", "text")
        name, keys = _field(token) if kind == "name" else ("", ())
        names, steps = self._steps(at)
        self.mark = at
        fallback = _fallback(quoted(token) if kind == "text" else None, steps)
        if kind == "text":
            return fallback or ""
        filters = tuple(step for step in steps if not isinstance(step, str))
        return Placeholder(name, keys, filters, fallback, at, names)

    def _steps(self, at: int) -> tuple[tuple[str, ...], list[str | Filter]]:
        """The filters, with their names; a default is its text, for it never changes a value."""
        steps: list[str | Filter] = []
        names: list[str] = []
        while self._next(at, "`|` or `}}`", "|", "}}")[1] == "|":
            _, name = self._next(at, "the name of a filter", "name")
            arguments, self.mark = self._arguments(at)
            if name == "default":
                steps.append(_default(arguments))
            else:
                steps.append(self._build(name, arguments))
                names.append(name)
            if len(steps) > MAX_FILTERS:
                raise Refused(f"there are more than {MAX_FILTERS} filters on one placeholder")
        return tuple(names), steps

    def _build(self, name: str, arguments: Sequence[str]) -> Filter:
        return build(name, arguments, self._zone)

    def _arguments(self, at: int) -> tuple[list[str], int]:
        """The arguments as they are written, and where the filter before them stands."""
        mark = self.mark
        arguments: list[str] = []
        separator = ":"
        while self._peek() == separator:
            self._next(at, "an argument", separator)
            arguments.append(self._next(at, "text in quotes or a number", "text", "number")[1])
            separator = ","
        return arguments, mark

    def _peek(self) -> str:
        found = _TOKEN.match(self._text, self._skip_blank())
        return found[0] if found else ""

    def _next(self, opened: int, wanted: str, *kinds: str) -> tuple[str, str]:
        """Take a token of one of the kinds; a mark is a kind of its own."""
        self.mark = self._skip_blank()
        found = _TOKEN.match(self._text, self.mark)
        if found is None:
            raise Refused(self._nothing_known(opened, wanted))
        kind = found[0] if found.lastgroup == "mark" else str(found.lastgroup)
        if kind not in kinds:
            hint = _SEVERAL_WORDS if kind == "name" else ""
            raise Refused(f"expected {wanted}, found `{found[0][:40]}`{hint}")
        self._at = found.end()
        return kind, found[0]

    def _skip_blank(self) -> int:
        blank = _BLANK.match(self._text, self._at)
        return blank.end() if blank else self._at

    def _nothing_known(self, opened: int, wanted: str) -> str:
        found = self._text[self.mark : self.mark + 1]
        if not found:
            self.mark = opened
            return "this `{{` is never closed by `}}`"
        if found in "\"'":
            return "this quote is never closed"
        if found == "`":
            return f"a backquote means nothing here{_SEVERAL_WORDS}"
        return f"expected {wanted}, found `{found}`"


_SEVERAL_WORDS = '; a name of several words stands in brackets and quotes: {{ ["First Name"] }}'


def placeholder(name: str) -> str:
    """Return the placeholder of a field, given its name as rules write it."""
    first, *rest = name.split(".")
    spelled = first if _PLAIN.fullmatch(first) else f'["{first}"]'
    for part in rest:
        spelled += f".{part}" if re.fullmatch(_NAME, part) else f'["{part}"]'
    return f"{{{{ {spelled} }}}}"
