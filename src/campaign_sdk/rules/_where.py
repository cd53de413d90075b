"""Rules as a line of text, for a shell and for people: what `Rules.explain` writes, read back.

orders >= 3 and not city in ("Pune", "Delhi")

rules      rule, or rules joined by `and` and `or` (`and` binds closer), with `not`
           and parentheses; `everyone` and `nobody` by themselves
rule       field  =  is  !=  is not  <  <=  >  >=                        value
           field  contains   begins with   ends with                     value
           field  does not contain   does not begin with   does not end with  value
           field  in   not in                                            (value, ...)
           field  between   not between                                  value and value
           field  is missing   is present
           field  within last   not within last                          90 days
field      a name or path (`address.city`); `any other name` in backquotes
value      "text" or 'text' (a backslash stands before a quote), 3, -1.5, true, false,
           2026-01-31, 2026-01-31T09:00Z, or a moment from now: now, now -90 day,
           startOfMonth, endOfDay +1 week
"""

from __future__ import annotations

from typing import NoReturn

from .._errors import InvalidRules
from . import _dates, _wire
from ._rules import Rules
from ._tree import EVERYONE, MAX_DEPTH, Combinator, Group, Node, Relative, Rule, Scalar, complement
from ._tree import group as make_group
from ._where_tokens import Token, refuse, tokens

# What follows a field, the longest first, and the operator that it means.
_OPERATORS: tuple[tuple[str, str], ...] = (
    ("does not contain", "doesNotContain"),
    ("does not begin with", "doesNotBeginWith"),
    ("does not end with", "doesNotEndWith"),
    ("not within last", "not within"),
    ("within last", "within"),
    ("not between", "notBetween"),
    ("between", "between"),
    ("begins with", "beginsWith"),
    ("ends with", "endsWith"),
    ("contains", "contains"),
    ("is missing", "null"),
    ("is present", "notNull"),
    ("is not", "!="),
    ("is", "="),
    ("not in", "notIn"),
    ("in", "in"),
    *((symbol, symbol) for symbol in ("<=", ">=", "!=", "<", ">", "=")),
)


def parse(text: str) -> Rules:
    """Read rules from a line of text.

    Raises:
        InvalidRules: with the column of what isn't understood, and what could stand there.
    """
    return Rules(_Parser(tokens(text)).whole())


class _Parser:
    """Goes through the tokens from left to right, one level of binding a method."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._or()
        if self._token.kind != "end":
            self._refuse("and, or, or the end")
        return node

    def _or(self) -> Node:
        return self._joined("or", self._and)

    def _and(self) -> Node:
        return self._joined("and", self._not)

    def _joined(self, combinator: Combinator, part: object) -> Node:
        raise NotImplementedError
