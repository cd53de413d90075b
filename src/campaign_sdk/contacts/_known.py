"""Which fields somebody's contacts have, the columns beside the attributes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.rules._wire import COLUMNS, RESERVED

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


class _Attribute(Model):
    """One attribute, as the database's answer has it."""

    name: str
    types: tuple[str, ...]
    present: int
    examples: tuple[str, ...]


class FieldsFound(Model):
    """The database's answer: how many contacts it looked at, and what they have."""

    sampled: int
    fields: tuple[_Attribute, ...]


class KnownFields(dict[str, KnownField]):
    """The fields of somebody's contacts, by name."""

    def __init__(self, fields: Iterable[KnownField]) -> None:
        super().__init__((field.name, field) for field in fields)


def read_fields(resource: Resource[Any]) -> Steps[KnownFields]:
    """Read which fields the caller's contacts have."""
    found = yield from find_fields(resource)
    attributes = [_attribute(field, found.sampled) for field in found.fields]
    return KnownFields([*map(_column, COLUMNS), *attributes])


def find_fields(resource: Resource[Any], **options: int) -> Steps[FieldsFound]:
    """Ask which attributes the caller's contacts have."""
    response = yield resource._rpc("list_contact_fields", options, kind="read")
    return FieldsFound.from_row(response.data)


def _attribute(field: _Attribute, sampled: int) -> KnownField:
    name = f"attributes.{field.name}" if field.name in RESERVED else field.name
    coverage = field.present / sampled if sampled else None
    return KnownField(name, frozenset(field.types), coverage)


def _column(name: str) -> KnownField:
    always = name in ("email", "created_at", "updated_at")
    kind = _COLUMN_TYPES.get(name, "date")
    return KnownField(name, frozenset({kind}), 1.0 if always else None)
