"""A tree of rules as people read it, and as `_where` reads it back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ._spans import TODAY, words_of
from ._tree import POSITIVE, Match, Named, Node, Relative, Rule, Scalar
from ._verbs import VERBS, deed_of


def describe(node: Node, outermost: bool = True) -> str:
    """Write a tree as people read it."""
    if isinstance(node, Rule):
        return _describe_rule(node)
    if isinstance(node, Match):
        return _describe_match(node)
    if not node.rules:
        return "nobody" if node.negated else "everyone"
    inner = f" {node.combinator} ".join(describe(child, outermost=False) for child in node.rules)
    if node.negated:
        return f"not ({inner})"
    return inner if outermost else f"({inner})"


WORDS: Mapping[str, str] = {
    "=": "is",
    "!=": "is not",
    "contains": "contains",
    "doesNotContain": "does not contain",
    "beginsWith": "begins with",
    "doesNotBeginWith": "does not begin with",
    "endsWith": "ends with",
    "doesNotEndWith": "does not end with",
    "null": "is missing",
    "notNull": "is present",
    "notIn": "not in",
    "notBetween": "not between",
}


# What `_where` reads as a field without backquotes.
_PLAIN = re.compile(r"[^\W\d][\w.-]*")
_RESERVED = ("not", "never", "everyone", "nobody", "some", "all", "none", "exactly", *VERBS)

_COUNTS = {"atLeast": "at least", "atMost": "at most"}


def _describe_match(node: Match) -> str:
    deed = deed_of(node)
    count = _COUNTS.get(node.mode, node.mode)
    if node.threshold is not None:
        count = f"{count} {node.threshold}"
    if deed is None:
        rules = describe(node.rules)
        return f"{count} of {_describe_field(node.field)}" + (
            "" if rules == "everyone" else f" ({rules})"
        )
    words = [deed.verb]
    if deed.campaign is not None:
        words.append(_describe_value(deed.campaign))
    if deed.threshold is not None:
        words.append(f"{count} time{'s' * (deed.threshold != 1)}")
    if deed.span is not None:
        words.append(str(words_of(*deed.span)))
    return " ".join(["not", *words] if deed.mode == "none" else words)


def _describe_rule(rule: Rule) -> str:
    field = _describe_field(rule.field)
    values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
    if isinstance(values[0], Relative) and values[0].recurring:
        field = f"{field} anniversary"
    words = f"{field} {WORDS.get(rule.operator, rule.operator)}"
    if rule.value is None:
        return words
    if rule.value == TODAY:
        return f"{words} today"
    if not isinstance(rule.value, tuple):
        return f"{words} {_describe_value(rule.value)}"
    if POSITIVE[rule.operator] == "between":
        span = words_of(rule.value[0], rule.value[1])
        if span is not None:
            return f"{field} {'not ' if rule.operator == 'notBetween' else ''}{span}"
        return f"{words} {_describe_value(rule.value[0])} and {_describe_value(rule.value[1])}"
    return f"{words} ({', '.join(map(_describe_value, rule.value))})"


def _describe_field(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name not in _RESERVED else f"`{name}`"


def _describe_value(value: Scalar) -> str:
    if isinstance(value, Named):
        value = value.name
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower() if isinstance(value, bool) else str(value)
