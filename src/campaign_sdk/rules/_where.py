"""Rules as a line of text, for a shell and for people: what `Rules.explain` writes, read back.

orders >= 3 and not city in ("Pune", "Delhi")

rules      a rule, or rules joined by `and` and `or` (`and` binds closer), with `not`
           and parentheses; `everyone` and `nobody`
rule       field  = is   != is not   < <= > >=                      value
           field  contains   begins with   ends with                value
           field  does not contain / begin with / end with          value
           field  in   not in                                       (value, ...)
           field  between   not between                             value and value
           field  is missing   is present
           field  within last   not within last                     90 days
           field  within next   not within next                     2 weeks
field      a name or path (`address.city`); any other name in backquotes
value      "text" or 'text' (with a backslash before a quote), 3, -1.5, true, false,
           2026-01-31, 2026-01-31T09:00Z, or a moment: now, now -90 day,
           startOfMonth, endOfDay +1 week
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from campaign_sdk._core.errors import InvalidRules

from . import _dates, _spans, _wire
from ._tree import EVERYONE, MAX_DEPTH, Combinator, Node, Rule, complement, group
from ._where_hints import hint_for, in_small_letters
from ._where_tokens import Token, refuse, tokens

# What may follow a field, and the operator that it means. Of two that fit, the longer counts.
_OPERATORS: dict[tuple[str, ...], str] = {
    tuple(words.split()): operator
    for words, operator in {
        **{symbol: symbol for symbol in ("=", "!=", "<", "<=", ">", ">=")},
        "is": "=",
        "is not": "!=",
        "contains": "contains",
        "does not contain": "doesNotContain",
        "begins with": "beginsWith",
        "does not begin with": "doesNotBeginWith",
        "ends with": "endsWith",
        "does not end with": "doesNotEndWith",
        "is missing": "null",
        "is present": "notNull",
        "in": "in",
        "not in": "notIn",
        "between": "between",
        "not between": "notBetween",
        "within last": "last",
        "not within last": "notLast",
        "within next": "next",
        "not within next": "notNext",
    }.items()
}
_LONGEST = max(map(len, _OPERATORS))
_SPANS: dict[str, tuple[str, Callable[[int, str], _spans.Span]]] = {
    "last": ("between", _spans.last),
    "notLast": ("notBetween", _spans.last),
    "next": ("between", _spans.coming),
    "notNext": ("notBetween", _spans.coming),
}


def parse(text: str) -> Node:
    """Read a tree of rules from a line of text.

    Raises:
        InvalidRules: with the column of what isn't understood, and what could stand there.
    """
    return _Parser(tokens(text)).whole()


class _Parser:
    """Goes through the tokens from left to right; a method for each level of binding."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._or()
        if self._token.kind != "end":
            self._refuse("and, or, or the end")
        return node

    def _or(self) -> Node:
        return self._joined("or", lambda: self._joined("and", self._not))

    def _joined(self, combinator: Combinator, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self._take(combinator):
            parts.append(part())
        return group(combinator, tuple(parts))

    def _not(self) -> Node:
        negated = False
        while self._take("not"):
            negated = not negated
        node = self._one()
        return complement(node) if negated else node

    def _one(self) -> Node:
        if self._take("everyone"):
            return EVERYONE
        if self._take("nobody"):
            return complement(EVERYONE)
        return self._group() if self._take("(") else self._rule()

    def _group(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            refuse(self._token.column, f"is nested more than {MAX_DEPTH} groups deep")
        node = self._or()
        self._expect(")", "and, or, or )")
        self._depth -= 1
        return node

    def _rule(self) -> Node:
        start = self._token
        field = self._field()
        operator = self._operator(field)
        if operator not in _SPANS:
            return self._checked(start, field, operator, self._value_for(operator))
        within, span = _SPANS[operator]
        ends = _wire.dump_value(span(*self._counted()))
        return self._checked(start, field, within, ends)

    def _checked(self, start: Token, field: str, operator: str, value: Any) -> Rule:
        try:
            name = _wire.load_field(field, "$.field")
            return _wire.load_rule(name, operator, value, "$")
        except InvalidRules as error:
            refuse(start.column, f"the {error.path[2:]} of `{field}` {error.reason}")

    def _field(self) -> str:
        token = self._token
        if token.kind not in ("word", "name"):
            self._refuse("a field")
        self._at += 1
        return str(token.value)

    def _operator(self, field: str) -> str:
        ahead = [token.text for token in self._tokens[self._at : self._at + _LONGEST]]
        lengths = range(len(ahead), 0, -1)
        length = next((n for n in lengths if tuple(ahead[:n]) in _OPERATORS), 0)
        if not length:
            before = self._tokens[self._at - 1]
            if before.kind == "word" and (hint := in_small_letters(before.text)):
                refuse(before.column, hint)
            self._refuse(f"a comparison after `{field}`, such as >=, is, in or contains")
        self._at += length
        return _OPERATORS[tuple(ahead[:length])]

    def _counted(self) -> tuple[int, str]:
        count = self._token.value
        if not isinstance(count, int) or count < 0:
            self._refuse("a span such as 90 days")
        self._at += 1
        return count, self._unit()

    def _unit(self) -> str:
        name = self._token.text.removesuffix("s")
        if name not in _dates.UNITS:
            self._refuse(f"one of {', '.join(_dates.UNITS)}")
        self._at += 1
        return name

    def _value_for(self, operator: str) -> Any:
        if operator in ("null", "notNull"):
            return None
        if operator in ("in", "notIn"):
            return self._list()
        if operator in ("between", "notBetween"):
            low = self._value()
            self._expect("and", "`and` and the higher value")
            return [low, self._value()]
        return self._value()

    def _list(self) -> list[Any]:
        self._expect("(", "a list such as (1, 2)")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")", ", or )")
        return values

    def _value(self) -> Any:
        token = self._token
        if token.kind in ("text", "number", "date"):
            self._at += 1
            return token.value
        if token.kind != "word":
            self._refuse("a value")
        if token.text in ("true", "false"):
            self._at += 1
            return token.text == "true"
        return self._moment()

    def _moment(self) -> dict[str, Any]:
        anchor = self._token.text
        if anchor.lower() in ("null", "none", "nil"):
            refuse(self._token.column, "write `is missing` or `is present` instead of null")
        if anchor not in _dates.ANCHORS:
            refuse(self._token.column, f'put a text in quotes: "{anchor}"')
        self._at += 1
        offset, unit = 0, "day"
        if self._token.kind == "number":
            offset = self._whole()
            unit = self._unit()
        return _relative(anchor, offset, unit)

    def _whole(self) -> int:
        value = self._token.value
        if not isinstance(value, int):
            self._refuse("a whole number of days, weeks ...")
        self._at += 1
        return value

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _take(self, text: str) -> bool:
        token = self._token
        found = token.kind in ("word", "symbol") and token.text == text
        self._at += found
        return found

    def _expect(self, text: str, wanted: str) -> None:
        if not self._take(text):
            self._refuse(wanted)

    def _refuse(self, wanted: str) -> NoReturn:
        token = self._token
        if hint := hint_for([each.text for each in self._tokens[self._at : self._at + 3]]):
            refuse(token.column, hint)
        found = "the end" if token.kind == "end" else token.text[:40]
        refuse(token.column, f"expected {wanted}, found {found}")


def _relative(anchor: str, offset: int, unit: str) -> dict[str, Any]:
    return {"mode": "relative", "anchor": anchor, "offset": offset, "unit": unit}
