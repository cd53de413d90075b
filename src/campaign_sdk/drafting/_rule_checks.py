"""Whether drafted rules can be true of some contacts and false of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaign_sdk.contacts._known import KnownFields
from campaign_sdk.rules._dates import BARE, INSTANT
from campaign_sdk.rules._tree import POSITIVE
from campaign_sdk.rules._values import numeric

_ALWAYS = ("email", "created_at", "updated_at")


def first_problem(wire: Mapping[str, Any], fields: KnownFields) -> str | None:
    """Return why a condition can't be meant, or `None`: an unknown field, or a wrong type."""
    if "rules" in wire:
        found = (first_problem(rule, fields) for rule in wire["rules"])
        return next((problem for problem in found if problem), None)
    problem = _problem(wire["field"], wire["operator"], wire["value"], fields)
    return f"{wire['field'][:100]!r} {problem}" if problem else None


def _problem(name: str, operator: str, value: Any, fields: KnownFields) -> str | None:
    if name not in fields:
        return "is no field that your contacts have"
    positive = POSITIVE[operator]
    if positive == "notNull":
        return "is present for every contact" if name in _ALWAYS else None
    types = fields[name].types
    values = value if isinstance(value, list) else [value]
    if all(_fits(positive, item, types) for item in values):
        return None
    return f"is {' or '.join(sorted(types))}: {operator!r} can't be true of such a value"


def _fits(positive: str, value: Any, types: frozenset[str]) -> bool:
    if positive in ("contains", "beginsWith", "endsWith"):
        return _fits_text(positive, value, types)
    if isinstance(value, Mapping):
        return bool(types & {"date", "string"}) and positive not in ("=", "in")
    if isinstance(value, bool):
        return "boolean" in types and positive in ("=", "in")
    is_number = isinstance(value, int | float) or numeric(value) is not None
    if positive in ("=", "in"):
        return bool(types & {"string", "date"}) or (is_number and "number" in types)
    is_date = isinstance(value, str) and bool(BARE.fullmatch(value) or INSTANT.fullmatch(value))
    return (is_number and "number" in types) or (is_date and bool(types & {"date", "string"}))


def _fits_text(positive: str, value: Any, types: frozenset[str]) -> bool:
    if positive == "contains" and "array" in types:
        return True
    return isinstance(value, str) and "string" in types
