"""`Rules`: who belongs to an audience, as a value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NoReturn, TypeVar
from uuid import UUID

from campaign_sdk._core.errors import InvalidRules

from . import _evaluate, _tree, _where, _wire
from ._check import check_json
from ._describe import describe
from ._histories import Histories
from ._tree import Group, Node

Person = TypeVar("Person")

_REAL = "compare a field, such as field('orders') >= 3, or say everyone()"


@dataclass(frozen=True, eq=False, repr=False)
class Rules:
    """Who belongs to an audience: an immutable tree of rules.

    Build one with `field` and `everyone`, and combine them with `&`, `|` and `~`; or
    read react-querybuilder's JSON with `Rules.from_wire`. Every tree is true or false
    for every contact, and `~rules` is exactly its complement.
    """

    _node: Node

    # What isn't rules `of` tells, as `InvalidRules` with a path.
    _refuses_itself: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse what the database would."""
        if _tree.depth(self._node) > _tree.MAX_DEPTH:
            raise InvalidRules("$", f"is nested more than {_tree.MAX_DEPTH} groups deep")
        if _tree.behaviours(self._node) > _tree.MAX_BEHAVIOURS:
            most = _tree.MAX_BEHAVIOURS
            raise InvalidRules("$", f"ask what contacts did more than {most} times")

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Rules:
        """Read react-querybuilder's JSON.

        Raises:
            InvalidRules: with the JSON path of what is unfinished, unknown or malformed.
        """
        return cls(_wire.load(wire))

    @classmethod
    def parse(cls, text: str) -> Rules:
        """Read rules from a line of text, such as `orders >= 3 and not city in ("Pune")`.

        Raises:
            InvalidRules: with the column of what isn't understood, and what could stand there.
        """
        rules = cls(_where.parse(text))
        check_json(_wire.dump(rules._node))  # refuses what JSON or the database can't hold
        return rules

    @classmethod
    def of(cls, rules: RulesLike) -> Rules:
        """Take rules in any form: an expression, a line of text, or the wire's JSON.

        Raises:
            InvalidRules: with the JSON path of what is refused; it is a real `True` or `False`.
        """
        if isinstance(rules, Rules):
            return rules
        if isinstance(rules, str):
            return cls.parse(rules)
        if isinstance(rules, bool):
            raise InvalidRules("$", f"is {rules}, which says nothing about contacts: {_REAL}")
        if not isinstance(rules, Mapping):
            raise InvalidRules("$", f"is {rules!r}, which is no rule: {_REAL}")
        return cls.from_wire(rules)

    def to_wire(self) -> dict[str, Any]:
        """Return react-querybuilder's JSON, ready for `json.dumps`.

        Raises:
            InvalidRules: if it takes more than 256 kB, or names a campaign.
        """
        _evaluate.check_named(self._node)
        wire = _wire.dump(self._node)
        check_json(wire)
        return wire

    def matches(
        self,
        contact: object,
        as_of: datetime | None = None,
        timezone: str = "UTC",
        *,
        events: Iterable[Any] = (),
        deliveries: Iterable[Any] = (),
    ) -> bool:
        """Whether a contact belongs to the audience, as the database would decide.

        Args:
            contact: a mapping or an object with `email`, `phone`, `created_at`,
                `updated_at`, `unsubscribed_at` and `attributes`. In a mapping without
                `attributes`, every key that isn't a column's is an attribute.
            as_of: the moment at which relative dates are resolved; now by default.
            timezone: the IANA time zone of days, weeks, months and years.
            events: what happened, as mappings or objects with `contact_id`, `type`,
                `campaign_id`, `occurred_at`, `value`, `link` and `actor`. Those of the
                contact's `id` are looked at, and those without a `contact_id`; all of
                them if the contact has no `id`. What happened after `as_of` isn't.
            deliveries: what was sent, with `contact_id`, `campaign_id`, `outcome`,
                `variant` and `at`; likewise.

        Raises:
            InvalidInput: if `as_of` is naive or `timezone` unknown. Never for data.
            InvalidRules: the rules name a campaign instead of giving its id.
        """
        histories = Histories(events, deliveries, alone=True)
        return _evaluate.predicate(self._node, as_of, timezone, histories)(contact)

    def filter(
        self,
        contacts: Iterable[Person],
        as_of: datetime | None = None,
        timezone: str = "UTC",
        *,
        events: Iterable[Any] = (),
        deliveries: Iterable[Any] = (),
    ) -> Iterator[Person]:
        """Yield the contacts that belong to the audience.

        As `matches` decides, but for events and deliveries, which are all contacts': each
        is taken for the contact whose `id` is its `contact_id`, and for nobody without.
        """
        histories = Histories(events, deliveries)
        return filter(_evaluate.predicate(self._node, as_of, timezone, histories), contacts)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rules ask about, each once, as they come."""
        return _tree.fields(self._node)

    @property
    def negative_fields(self) -> tuple[str, ...]:
        """Those of the fields that a contact fulfils a condition by lacking.

        `city != "Pune"` is one on `city`: it holds for all whose city nobody knows. A
        misspelt field in such a condition means everybody.
        """
        return _tree.negative_fields(self._node)

    @property
    def campaigns(self) -> tuple[str, ...]:
        """The campaigns that the rules name, each once, as they come.

        A client puts their ids in the place of the names before it asks or stores
        anything; without one, `with_campaigns` does.
        """
        return _tree.names(self._node)

    def with_campaigns(self, ids: Mapping[str, UUID | str]) -> Rules:
        """Return the same rules with the ids of campaigns in the place of their names.

        Args:
            ids: the id of each name; a name that isn't among them stays.
        """
        return Rules(_tree.with_ids(self._node, {name: str(ids[name]) for name in ids}))

    def part(self, path: str) -> Rules:
        """Return the rule of the outermost group at a path such as `$.rules[0]`, or with `$` all.

        Raises:
            LookupError: there is no such rule.
        """
        if path == "$":
            return self
        node = self._node
        joined = isinstance(node, Group) and node.rules and not node.negated
        parts = node.rules if isinstance(node, Group) and joined else (node,)
        return {f"$.rules[{n}]": Rules(rule) for n, rule in enumerate(parts)}[path]

    def explain(self) -> str:
        """Return the rules as people read them."""
        return describe(self._node)

    def __and__(self, other: Rules | bool) -> Rules:
        """Both hold."""
        return self._join("and", other) if isinstance(other, Rules) else NotImplemented

    def __or__(self, other: Rules | bool) -> Rules:
        """At least one holds."""
        return self._join("or", other) if isinstance(other, Rules) else NotImplemented

    # For checkers: to them a comparison of a class's attribute is a bool.
    def __rand__(self, other: bool) -> Rules:
        """Refuse a real `True` or `False`, which isn't a rule."""
        return NotImplemented

    def __ror__(self, other: bool) -> Rules:
        """Refuse a real `True` or `False`, which isn't a rule."""
        return NotImplemented

    def __invert__(self) -> Rules:
        """Exactly the contacts for which these rules don't hold."""
        return Rules(_tree.complement(self._node))

    def _join(self, combinator: _tree.Combinator, other: Rules) -> Rules:
        return Rules(_tree.join(combinator, self._node, other._node))

    def __bool__(self) -> NoReturn:
        """Refuse: `and`, `or`, `not` and `a < b < c` would silently lose a rule."""
        raise TypeError(
            "rules are neither true nor false by themselves: combine them with &, | and ~ "
            "(each comparison in parentheses), use .between() for a range, "
            "and .matches(contact) to ask about a contact"
        )

    def __eq__(self, other: object) -> bool:
        """Whether both are the same tree; 1, 1.0, "1" and True are different values."""
        if not isinstance(other, Rules):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        """Equal rules have equal hashes."""
        return hash(self._identity())

    def __repr__(self) -> str:
        """Show the rules as people read them."""
        return f"<Rules: {self.explain()}>"

    def _identity(self) -> str:
        return json.dumps(_wire.dump(self._node))


RulesLike = Rules | str | Mapping[str, Any] | bool
"""Rules in any form: an expression, a line of text, or react-querybuilder's JSON.

The `bool` is for checkers, to whom `Customer.orders >= 3` is one, as it is wherever an int is
compared; what stands there at run time is `Rules`. A real `True` or `False` is refused.
"""
