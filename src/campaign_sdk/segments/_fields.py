"""Rules that ask about a field which no contact has: most likely a misspelling."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from campaign_sdk._core.errors import InvalidRules
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.rules import Rules
from campaign_sdk.rules._wire import COLUMNS, RESERVED

# Enough to know all but rare fields, for the suggestions.
_SAMPLE = 10_000


def field_warnings(resource: Resource[Any], rules: Rules) -> Steps[tuple[str, ...]]:
    """Return what is to be said about fields that no contact has.

    An account without contacts has nothing to compare with, and gets no warnings.
    """
    return tuple((yield from unknown_fields(resource, rules.fields)).values())


def unknown_fields(resource: Resource[Any], names: Iterable[str]) -> Steps[dict[str, str]]:
    """Return those of the fields that no contact has, each with what is to be said about it."""
    asked = [name for name in dict.fromkeys(names) if name not in RESERVED]
    if not asked:
        return {}
    response = yield resource._rpc("unknown_fields", {"fields": asked}, kind="read")
    unknown: list[str] = response.data
    if not unknown:
        return {}
    response = yield resource._rpc("list_contact_fields", {"sample": _SAMPLE}, kind="read")
    if not response.data["sampled"]:
        return {}
    known = _paths([found["name"] for found in response.data["fields"]])
    return {name: _warning(name, known) for name in unknown}


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


def _warning(name: str, known: set[str]) -> str:
    near = get_close_matches(name.removeprefix("attributes."), sorted({*known, *COLUMNS}), n=1)
    return f"no contact has the field {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
