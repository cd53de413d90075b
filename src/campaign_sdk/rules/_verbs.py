"""What people do, in one word: `clicked "Spring" at least 2 times within last 30 days`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ._scopes import HISTORIES
from ._spans import Span, words_of
from ._tree import Group, Match, Mode, Named, Node, Rule, Scalar, group
from ._wire_values import ID

VERBS: Mapping[str, tuple[str, str, str]] = {
    "opened": ("events", "type", "impression"),
    "clicked": ("events", "type", "click"),
    "converted": ("events", "type", "conversion"),
    "delivered": ("events", "type", "delivered"),
    "bounced": ("events", "type", "bounced"),
    "complained": ("events", "type", "complained"),
    "unsubscribed": ("events", "type", "unsubscribed"),
    "received": ("deliveries", "outcome", "sent"),
}
"""Each verb with its list, and the field of it that has this value."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did: how often, in which campaign, within which span until now."""

    verb: str
    campaign: str | None
    span: Span | None
    mode: Mode
    threshold: int | float | None

    def node(self) -> Match:
        """The rule that this is."""
        name, field, value = VERBS[self.verb]
        asked: list[Node] = [Rule(field, "=", value)]
        if self.campaign is not None:
            asked.append(Rule("campaign_id", "=", campaign_of(self.campaign)))
        if self.span is not None:
            asked.append(Rule(HISTORIES[name].moment or "", "between", self.span))
        return Match(name, self.mode, self.threshold, group("and", tuple(asked)))


def campaign_of(text: str) -> Scalar:
    """A campaign as it is written: its id, or else its name."""
    return text.lower() if ID.fullmatch(text) else Named(text)


def deed_of(node: Match) -> Deed | None:
    """What a rule says somebody did, or `None` if one verb doesn't say all of it."""
    for verb in VERBS:
        campaign, span = _campaign(node), _span(node)
        deed = Deed(verb, campaign, span, node.mode, node.threshold)
        if deed.node() == node and node.mode != "all" and not 0 < (node.threshold or 0) < 1:
            return deed
    return None


def _rules(node: Match) -> tuple[Node, ...]:
    return node.rules.rules if isinstance(node.rules, Group) else (node.rules,)


def _campaign(node: Match) -> str | None:
    for rule in _rules(node):
        if isinstance(rule, Rule) and rule.field == "campaign_id":
            return rule.value.name if isinstance(rule.value, Named) else str(rule.value)
    return None


def _span(node: Match) -> Span | None:
    for rule in _rules(node):
        if isinstance(rule, Rule) and rule.operator == "between" and isinstance(rule.value, tuple):
            low, high = rule.value
            words = words_of(low, high)
            if words is not None and words.startswith("within last"):
                return low, high  # type: ignore[return-value]  # words_of knows they are relative
    return None
