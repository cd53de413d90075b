"""What a name means, and where: in a contact, in one of its events or deliveries, in an element.

The SQL functions `rule_target` and `behaviour_target` do the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from campaign_sdk._core.errors import InvalidRules

from ._paths import keys_of

TYPES = (
    "impression",
    "click",
    "conversion",
    "delivered",
    "bounced",
    "complained",
    "unsubscribed",
)
ACTORS = ("human", "proxy", "machine", "unknown")
OUTCOMES = ("sent", "failed", "skipped", "unknown")


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that conditions may use.

    Attributes:
        name: contact, element, events or deliveries.
        kinds: the names of fixed meaning, each with what it holds: a text, a time, a
            number or an id.
        words: of those names, the ones that hold one of a few words.
        moment: the name that says when it happened, if there is one.
        is_open: whether any other name is a path into the attributes, or the element.
    """

    name: str
    kinds: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    moment: str | None = None
    is_open: bool = True


CONTACT = Scope(
    "contact",
    {
        "email": "text",
        "phone": "text",
        "created_at": "time",
        "updated_at": "time",
        "unsubscribed_at": "time",
    },
)
ELEMENT = Scope("element", {})
EVENTS = Scope(
    "events",
    {
        "type": "text",
        "campaign_id": "id",
        "occurred_at": "time",
        "value": "number",
        "link": "text",
        "actor": "text",
    },
    {"type": TYPES, "actor": ACTORS},
    "occurred_at",
    is_open=False,
)
DELIVERIES = Scope(
    "deliveries",
    {"campaign_id": "id", "outcome": "text", "variant": "text", "at": "time"},
    {"outcome": OUTCOMES},
    "at",
    is_open=False,
)

COLUMNS = tuple(CONTACT.kinds)
HISTORIES: Mapping[str, Scope] = {scope.name: scope for scope in (EVENTS, DELIVERIES)}
"""The lists that each contact has by itself: what happened, and what was sent."""

RESERVED = (*COLUMNS, *HISTORIES)
"""Names that no attribute has by itself: written `attributes.email`, it is the attribute."""


def kind_of(name: str, scope: Scope) -> str:
    """What a field holds: a text, a time, a number, an id; or an attribute may hold anything."""
    return scope.kinds.get(name, "attribute")


def check_field(name: object, scope: Scope, path: str) -> str:
    """Check the name of a field; `~` is what react-querybuilder calls "none chosen yet".

    Raises:
        InvalidRules: it isn't one, or names a list where a value is asked for.
    """
    if scope is ELEMENT and name == "":
        return ""
    if not isinstance(name, str) or name in ("", "~"):
        raise InvalidRules(path, "must name a field")
    if name in scope.kinds:
        return name
    if not scope.is_open:
        raise InvalidRules(path, f"must be one of {', '.join(scope.kinds)}")
    if scope is CONTACT and name in HISTORIES:
        raise InvalidRules(
            path,
            f'is a list: say how many of it match, or name the attribute "attributes.{name}"',
        )
    return _check_path(name, scope, path)


def check_list(name: object, scope: Scope, path: str) -> Scope:
    """Check the name of a list, and return what names mean within it."""
    if scope is CONTACT and isinstance(name, str) and name in HISTORIES:
        return HISTORIES[name]
    checked = check_field(name, scope, path)
    if checked in scope.kinds:
        raise InvalidRules(path, "is no list: nothing in it can be counted")
    return ELEMENT


def path_in(name: str, scope: Scope) -> list[str]:
    """The path that a name is, from the contact's attributes or from an element."""
    if scope is not ELEMENT:
        return keys_of(name)
    return keys_of(f"attributes.{name}") if name else []


def _check_path(name: str, scope: Scope, path: str) -> str:
    keys = path_in(name, scope)
    if not 1 <= len(keys) <= 32 or not all(keys):
        raise InvalidRules(path, 'must be a path of 1 to 32 names, such as "address.city"')
    return name
