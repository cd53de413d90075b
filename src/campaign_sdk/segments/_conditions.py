"""Conditions on fields that contacts have, which can't hold for any: most likely not meant so."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from campaign_sdk._core.errors import TimedOut
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.contacts._matching import match_arguments
from campaign_sdk.rules import Rules, field
from campaign_sdk.rules._compared import Compared, compared
from campaign_sdk.rules._inner import inner_fields
from campaign_sdk.rules._scopes import CONTACT, path_in
from campaign_sdk.rules._tree import group
from campaign_sdk.segments._meant import meant

# Contacts whose lists are looked into for a name that may have been meant.
_ELEMENTS = 100


@dataclass(frozen=True)
class OddCondition:
    """A condition for which nobody has what it asks about.

    Attributes:
        reason: what is to be said about it.
        negative: whether it holds for everybody by that.
    """

    reason: str
    negative: bool


def odd_conditions(
    resource: Resource[Any], rules: Rules, odd: Container[str]
) -> Steps[tuple[OddCondition, ...]]:
    """Return what is odd about conditions on other fields than those that are odd themselves.

    A field that no element of a list has, or a comparison with a number, date or boolean
    where no contact has one: an import left them texts.
    """
    elements = yield from _elements(resource, rules, odd)
    comparisons = yield from _comparisons(resource, rules, odd)
    return (*elements, *comparisons)


def _elements(
    resource: Resource[Any], rules: Rules, odd: Container[str]
) -> Steps[list[OddCondition]]:
    strange = []
    for inner in dict.fromkeys(inner_fields(rules._node)):
        if inner.list in odd or (yield from _somebody(resource, Rules(inner.held))):
            continue
        have_list = yield from _members(resource, field(inner.list).exists(), _ELEMENTS)
        keys = {key for row in have_list for key in _keys(row["attributes"], inner.list)}
        if keys:
            reason = f"no element of {inner.list!r} has the field {inner.field!r}"
            strange.append(OddCondition(reason + meant(inner.field, keys), inner.negative))
    return strange


def _comparisons(
    resource: Resource[Any], rules: Rules, odd: Container[str]
) -> Steps[list[OddCondition]]:
    asked = [each for each in dict.fromkeys(compared(rules._node)) if each.field not in odd]
    if not asked:
        return []
    # Mostly somebody has them all, and that is one question.
    together = Rules(group("and", tuple(each.held for each in asked)))
    if (yield from _somebody(resource, together)):
        return []
    strange = []
    for each in asked:
        if (yield from _somebody(resource, Rules(each.held))):
            continue
        if (yield from _members(resource, field(each.field).exists(), 1)):
            strange.append(OddCondition(_texts(each), each.negative))
    return strange


def _texts(each: Compared) -> str:
    return (
        f"no contact has a {each.kind} in the field {each.field!r}, which is compared with one; "
        f"import it with the type {each.kind} (--type {each.field!r}={each.kind})"
    )


def _somebody(resource: Resource[Any], rules: Rules) -> Steps[bool]:
    """Whether rules hold for anybody; where that takes too long, nothing is held against them."""
    try:
        return bool((yield from _members(resource, rules, 1)))
    except TimedOut:
        return True


def _members(resource: Resource[Any], rules: Rules, most: int) -> Steps[Sequence[Any]]:
    arguments = {**match_arguments(rules, None, "UTC"), "page": most}
    return rows_of((yield resource._rpc("match_contacts", arguments, kind="read")))


def _keys(attributes: Any, name: str) -> Iterator[str]:
    """Yield the keys of a list's elements, and of what lies in them."""
    value = attributes
    for key in path_in(name, CONTACT):
        value = value.get(key) if isinstance(value, dict) else None
    yield from _within(value)


def _within(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _within(child)
