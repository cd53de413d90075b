"""Counting: how many elements of a list fulfil rules."""

from __future__ import annotations

from ._rules import Rules, RulesLike
from ._scopes import CONTACT, check_list
from ._tree import EVERYONE, Match, Mode
from ._wire import rescoped
from ._wire_match import check_threshold

_RULE = "$.rules[0]"


class Counted:
    """What a field is asked that holds a list, such as a contact's orders.

    Each takes the rules of an element, whose fields are the element's own; without rules
    every element counts. What isn't a list has no elements.
    """

    __slots__ = ("_name",)

    _name: str

    def some(self, rules: RulesLike | None = None) -> Rules:
        """At least one element fulfils the rules."""
        return count_of(self._name, "some", None, rules)

    def none(self, rules: RulesLike | None = None) -> Rules:
        """No element fulfils the rules: the complement of `some`."""
        return count_of(self._name, "none", None, rules)

    def all_(self, rules: RulesLike) -> Rules:
        """Every element fulfils the rules, and there is at least one."""
        return count_of(self._name, "all", None, rules)

    def at_least(self, threshold: float, rules: RulesLike | None = None) -> Rules:
        """At least so many elements fulfil the rules; below 1, at least that share."""
        return count_of(self._name, "atLeast", threshold, rules)

    def at_most(self, threshold: float, rules: RulesLike | None = None) -> Rules:
        """At most so many elements fulfil the rules; below 1, at most that share."""
        return count_of(self._name, "atMost", threshold, rules)

    def exactly(self, threshold: float, rules: RulesLike | None = None) -> Rules:
        """Exactly so many elements fulfil the rules; below 1, exactly that share."""
        return count_of(self._name, "exactly", threshold, rules)


def count_of(name: str, mode: Mode, threshold: float | None, rules: RulesLike | None) -> Rules:
    """Make a rule that counts, or refuse what can't be counted.

    Raises:
        InvalidRules: the field is a column, the threshold is no number of elements, or
            what is in the list has no such field.
    """
    inner = check_list(name, CONTACT, f"{_RULE}.field")
    if threshold is not None:
        threshold = check_threshold(threshold, f"{_RULE}.match.threshold")
    node = EVERYONE if rules is None else Rules.of(rules)._node
    return Rules(Match(name, mode, threshold, rescoped(node, inner, f"{_RULE}.value")))
