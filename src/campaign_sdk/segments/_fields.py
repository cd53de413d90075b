"""Rules that ask about a field which no contact has: most likely a misspelling."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from campaign_sdk._core.errors import InvalidRules
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.rules import Rules, field
from campaign_sdk.rules._wire import COLUMNS

# Enough to know all but rare fields; those are then looked for one by one.
_SAMPLE = 10_000


def field_warnings(resource: Resource[Any], rules: Rules) -> Steps[tuple[str, ...]]:
    """Return what is to be said about fields that no contact has.

    An account without contacts has nothing to compare with, and gets no warnings.
    """
    asked = [name for name in rules.fields if name not in COLUMNS]
    if not asked:
        return ()
    response = yield resource._rpc("list_contact_fields", {"sample": _SAMPLE}, kind="read")
    if not response.data["sampled"]:
        return ()
    known = _paths([found["name"] for found in response.data["fields"]])
    warnings = []
    for name in asked:
        seen = name.removeprefix("attributes.") in known
        if not seen and not (yield from _exists(resource, name)):
            warnings.append(_warning(name, known))
    return tuple(warnings)


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


def _exists(resource: Resource[Any], name: str) -> Steps[bool]:
    arguments = {"rules": field(name).exists().to_wire(), "page": 1}
    response = yield resource._rpc("match_contacts", arguments, kind="read")
    return bool(response.data)


def _warning(name: str, known: set[str]) -> str:
    near = get_close_matches(name.removeprefix("attributes."), sorted({*known, *COLUMNS}), n=1)
    return f"no contact has the field {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
