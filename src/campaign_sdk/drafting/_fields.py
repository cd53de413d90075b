"""What a model is told about contacts: which fields there are, and nothing that is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.rules._wire import COLUMNS
from campaign_sdk.templates._parser import placeholder

_MOST = 100
# Attributes may be keyed by people ({"scores": {"ann@example.com": 3}}): a name that looks
# like an address, a number or a text is kept back, as if it were a value.
_NAME = re.compile(r"[^\W\d][\w .-]{0,63}")
_NUMBER = re.compile(r"\d{5,}")

_COLUMN_TYPES = {"email": "string", "phone": "string"}


@dataclass(frozen=True)
class KnownField:
    """A field that contacts have.

    Attributes:
        name: as rules write it.
        types: the JSON types seen, or "date" for a column that is one.
        coverage: the share of contacts that have it; `None` if that isn't known.
    """

    name: str
    types: frozenset[str]
    coverage: float | None

    @property
    def placeholder(self) -> str:
        """The field as a message refers to it."""
        return placeholder(self.name)


class KnownFields(dict[str, KnownField]):
    """The fields of somebody's contacts, by name."""

    def __init__(self, fields: Iterable[KnownField]) -> None:
        super().__init__((field.name, field) for field in fields)

    def for_message(self) -> list[dict[str, Any]]:
        """What a model needs to put fields into a message."""
        texts = [field for field in self._sendable() if field.types != {"array"}]
        return [{"placeholder": field.placeholder, **_facts(field)} for field in texts[:_MOST]]

    def for_rules(self) -> list[dict[str, Any]]:
        """What a model needs to write rules about fields."""
        return [{"field": field.name, **_facts(field)} for field in self._sendable()[:_MOST]]

    def _sendable(self) -> list[KnownField]:
        """The columns, then the attributes, those that most contacts have first."""
        known = [field for field in self.values() if is_sendable(field.name)]
        return sorted(known, key=lambda field: -2 if field.name in COLUMNS else -_share(field))


def is_sendable(name: str) -> bool:
    """Whether a field's name says nothing about a person."""
    parts = name.split(".")
    plain = all(_NAME.fullmatch(part) for part in parts)
    return plain and len(parts) <= 4 and not _NUMBER.search(name)


def read_fields(resource: Resource[Any]) -> Steps[KnownFields]:
    """Read which fields the caller's contacts have."""
    response = yield resource._rpc("list_contact_fields", {}, kind="read")
    sampled = response.data["sampled"] or 0
    attributes = [_attribute(row, sampled) for row in response.data["fields"]]
    return KnownFields([*map(_column, COLUMNS), *attributes])


def _attribute(row: dict[str, Any], sampled: int) -> KnownField:
    name = f"attributes.{row['name']}" if row["name"] in COLUMNS else row["name"]
    coverage = row["present"] / sampled if sampled else None
    return KnownField(name, frozenset(row["types"]), coverage)


def _column(name: str) -> KnownField:
    always = name in ("email", "created_at", "updated_at")
    kind = _COLUMN_TYPES.get(name, "date")
    return KnownField(name, frozenset({kind}), 1.0 if always else None)


def _share(field: KnownField) -> float:
    return field.coverage or 0.0


def _facts(field: KnownField) -> dict[str, Any]:
    share = None if field.coverage is None else round(field.coverage, 2)
    return {"types": sorted(field.types), "coverage": share}
