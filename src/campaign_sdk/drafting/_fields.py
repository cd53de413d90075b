"""What a model is told about contacts: which fields there are, and nothing that is in them."""

from __future__ import annotations

import re
from typing import Any

from campaign_sdk.contacts._known import KnownField, KnownFields
from campaign_sdk.rules._wire import COLUMNS
from campaign_sdk.templates._parser import placeholder

_MOST = 100
# Attributes may be keyed by people ({"scores": {"ann@example.com": 3}}): a name that looks
# like an address, a number or a text is kept back, as if it were a value.
_NAME = re.compile(r"[^\W\d][\w .-]{0,63}")
_NUMBER = re.compile(r"\d{5,}")


def for_message(fields: KnownFields) -> list[dict[str, Any]]:
    """Return what a model needs to put fields into a message."""
    texts = [field for field in _sendable(fields) if field.types != {"array"}]
    return [{"placeholder": placeholder(field.name), **_facts(field)} for field in texts[:_MOST]]


def for_rules(fields: KnownFields) -> list[dict[str, Any]]:
    """Return what a model needs to write rules about fields."""
    return [{"field": field.name, **_facts(field)} for field in _sendable(fields)[:_MOST]]


def _sendable(fields: KnownFields) -> list[KnownField]:
    """The columns, then the attributes, those that most contacts have first."""
    known = [field for field in fields.values() if is_sendable(field.name)]
    return sorted(known, key=lambda field: -2 if field.name in COLUMNS else -_share(field))


def is_sendable(name: str) -> bool:
    """Whether a field's name says nothing about a person."""
    parts = name.split(".")
    plain = all(_NAME.fullmatch(part) for part in parts)
    return plain and len(parts) <= 4 and not _NUMBER.search(name)


def _share(field: KnownField) -> float:
    return field.coverage or 0.0


def _facts(field: KnownField) -> dict[str, Any]:
    share = None if field.coverage is None else round(field.coverage, 2)
    return {"types": sorted(field.types), "coverage": share}
