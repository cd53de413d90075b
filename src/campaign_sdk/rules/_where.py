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
           field  anniversary within next ... / is today            any year's day
           some of / all of / none of / at least 2 of   list  (rules of an element)
           clicked "Spring" at least 2 times within last 30 days   (see `_verbs`)
field      a name or path (`address.city`); any other name in backquotes
value      "text" or 'text' (with a backslash before a quote), 3, -1.5, true, false,
           2026-01-31, 2026-01-31T09:00Z, or a moment: now, now -90 day,
           startOfMonth, endOfDay +1 week
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from campaign_sdk._core.errors import InvalidRules

from . import _spans, _wire
from ._scopes import CONTACT, Scope, check_field, check_list, kind_of
from ._tree import EVERYONE, MAX_DEPTH, Combinator, Match, Mode, Node, Rule, complement, group
from ._verbs import VERBS, Deed
from ._where_cursor import Cursor
from ._where_hints import in_small_letters
from ._where_tokens import Token, refuse, tokens
from ._wire_match import check_threshold

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


class _Parser(Cursor):
    """Goes through the tokens from left to right; a method for each level of binding."""

    def __init__(self, found: list[Token]) -> None:
        super().__init__(found)
        self._depth = 0
        self._scope: Scope = CONTACT

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
        while self._take("not") or self._never():
            negated = not negated
        node = self._one()
        return complement(node) if negated else node

    def _one(self) -> Node:
        if self._take("everyone"):
            return EVERYONE
        if self._take("nobody"):
            return complement(EVERYONE)
        if self._scope is CONTACT and (verb := self._verb()):
            return self._deed(verb)
        if (mode := self._mode("of")) is not None:
            return self._match(*mode)
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
        if self._take("anniversary"):
            return self._anniversary(start, field)
        operator = self._operator(field)
        if operator not in _SPANS:
            return self._checked(start, field, operator, self._value_for(operator))
        within, span = _SPANS[operator]
        ends = _wire.dump_value(span(*self._counted()))
        return self._checked(start, field, within, ends)

    def _anniversary(self, start: Token, field: str) -> Rule:
        operator = self._operator(field)
        if operator in _SPANS:
            operator, span = _SPANS[operator]
            ends = _spans.yearly(span(*self._counted()))
            return self._checked(start, field, operator, _wire.dump_value(ends))
        if operator in ("=", "!=") and self._take("today"):
            return self._checked(start, field, operator, _wire.dump_value(_spans.TODAY))
        if operator not in ("=", "!=", "between", "notBetween"):
            refuse(start.column, "an anniversary is today, or within or between some days")
        value = self._value_for(operator)
        moments = value if isinstance(value, list) else [value]
        if not all(isinstance(moment, dict) for moment in moments):
            refuse(start.column, "an anniversary is held against moments, such as startOfMonth")
        yearly = [{**moment, "recurring": "yearly"} for moment in moments]
        return self._checked(start, field, operator, yearly if value is moments else yearly[0])

    def _checked(self, start: Token, field: str, operator: str, value: Any) -> Rule:
        try:
            name = check_field(field, self._scope, "$.field")
            value = _wire.loadable(value, kind_of(name, self._scope) == "id")
            return _wire.load_rule(name, operator, value, "$", self._scope)
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

    # what people did, and how many of a list ----------------------------------------

    def _never(self) -> bool:
        """Take `never` before a verb, which is how people say `not` there."""
        if self._words(2)[0] != "never" or self._tokens[self._at + 1].text not in VERBS:
            return False
        return self._take("never")

    def _verb(self) -> str | None:
        """Take a verb, unless what follows makes it an attribute of that name."""
        verb, *after = self._words(4)
        if verb not in VERBS or self._token.kind != "word":
            return None
        follows = self._tokens[self._at + 1]
        if after[:3] == ["not", "within", "last"]:
            refuse(follows.column, f"write `not {verb} within last ...`")
        ends = follows.kind in ("end", "text") or follows.text in (")", "and", "or", "exactly")
        if not ends and after[:2] not in (["within", "last"], ["at", "least"], ["at", "most"]):
            return None
        self._at += 1
        return verb

    def _deed(self, verb: str) -> Node:
        start, campaign, mode, span = self._token, None, None, None
        if self._token.kind == "text":
            campaign, self._at = str(self._token.value), self._at + 1
        while True:
            if mode is None and (mode := self._mode("times", "time")):
                continue
            if span is None and self._words(2) == ["within", "last"]:
                self._at += 2
                span = _spans.last(*self._counted())
                continue
            break
        try:
            return Deed(verb, campaign, span, *(mode or ("some", None))).node()
        except InvalidRules as error:
            refuse(start.column, error.reason)

    def _mode(self, *ends: str) -> tuple[Mode, int | float | None] | None:
        """Take `some of`, `at least 2 of`, or with another end `at least 2 times`."""
        first, second, third, fourth = self._words(4)
        plain: dict[str, Mode] = {"some": "some", "all": "all", "none": "none"}
        if first in plain and second in ends:
            self._at += 2
            return plain[first], None
        modes: dict[tuple[str, ...], Mode] = {
            ("at", "least"): "atLeast",
            ("at", "most"): "atMost",
            ("exactly",): "exactly",
        }
        length = 2 if first == "at" else 1
        mode = modes.get((first, second)[:length])
        if mode is None or (second, third, fourth)[length] not in ends:
            return None
        number = self._tokens[self._at + length]
        if isinstance(number.value, str):
            refuse(number.column, "expected a number, such as 2")
        self._at += length + 2
        try:
            return mode, check_threshold(number.value, "$.match.threshold")
        except InvalidRules as error:
            refuse(number.column, error.reason)

    def _match(self, mode: Mode, threshold: int | float | None) -> Node:
        start, field = self._token, self._field()
        try:
            inner = check_list(field, self._scope, "$.field")
        except InvalidRules as error:
            refuse(start.column, f"`{field}` {error.reason}")
        if not self._take("("):
            return Match(field, mode, threshold, EVERYONE)
        outer, self._scope = self._scope, inner
        rules = self._group()
        self._scope = outer
        return Match(field, mode, threshold, rules)
