"""Rules and messages that name a field which isn't there: most likely a misspelling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from campaign_sdk._core.errors import InvalidRules, ProtocolError, TimedOut
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.attributes import AttributeSchema
from campaign_sdk.contacts._known import find_fields
from campaign_sdk.contacts._schemas import read_schema
from campaign_sdk.rules import Rules
from campaign_sdk.rules._wire import RESERVED
from campaign_sdk.segments._conditions import odd_conditions
from campaign_sdk.segments._meant import meant

# Enough to know all but rare fields, for the suggestions.
_SAMPLE = 10_000


@dataclass(frozen=True)
class OddField:
    """A field that the schema doesn't name, or, without one, that no contact has.

    Attributes:
        reason: what is to be said about it.
        outside: whether there is a schema.
        held: whether contacts have it all the same.
    """

    reason: str
    outside: bool
    held: bool


def field_warnings(resource: Resource[Any], rules: Rules) -> Steps[tuple[str, ...]]:
    """Return what is to be said about fields that the schema lacks, or else all contacts.

    An account with neither has nothing to compare with, and gets no warnings.
    """
    odd = yield from odd_fields(resource, rules.fields)
    strange = yield from odd_conditions(resource, rules, odd)
    return (*(each.reason for each in odd.values()), *(each.reason for each in strange))


def odd_fields(resource: Resource[Any], names: Iterable[str]) -> Steps[dict[str, OddField]]:
    """Return those of the fields that the schema lacks, or else all contacts."""
    asked = [name for name in dict.fromkeys(names) if name not in RESERVED]
    if not asked:
        return {}
    try:
        response = yield resource._rpc("unknown_fields", {"fields": asked}, kind="read")
    except TimedOut:
        # Of millions of contacts none has it, or hardly one: nothing is held against it then.
        return {}
    unknown = _names(response.data, asked)
    if not unknown:
        return {}
    found = yield from find_fields(resource, sample=_SAMPLE)
    schema = yield from read_schema(resource)
    if schema is None and not found.sampled:
        return {}
    held = _paths([each.name for each in found.fields])
    return {name: _odd(name, held, schema) for name in unknown}


def _names(answer: Any, asked: list[str]) -> list[str]:
    if not isinstance(answer, list) or not all(name in asked for name in answer):
        raise ProtocolError("the server's answer isn't the names that were asked for")
    return answer


def refuse_unknown(warnings: tuple[str, ...]) -> None:
    """Raise what was only to be warned of.

    Raises:
        InvalidRules: there are warnings.
    """
    if warnings:
        raise InvalidRules("$", "; ".join(warnings))


def _paths(names: list[str]) -> set[str]:
    """Return the names, and what they lie within: a rule may ask for an object."""
    parts = [name.split(".") for name in names]
    return {".".join(path[:length]) for path in parts for length in range(1, len(path) + 1)}


def _odd(name: str, held: set[str], schema: AttributeSchema | None) -> OddField:
    bare = name.removeprefix("attributes.")
    if schema is None:
        return OddField(f"no contact has the field {name!r}{meant(bare, held)}", False, False)
    near = "" if bare in held else meant(bare, schema.fields)
    return OddField(f"the schema of your contacts has no field {name!r}{near}", True, bare in held)
