"""What the database says of a schema and of the contacts that break it."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from campaign_sdk._core.model import Model
from campaign_sdk.attributes._schema import fields_of

_SHOWN = 5

SchemaMode = Literal["refuse", "warn"]
"""What the database does with attributes that don't fit: it refuses them, or only notes them."""


class SchemaCheck(Model):
    """One thing that a schema asks for.

    Attributes:
        field: the attribute, as rules write it; empty for all of them.
        expected: what it must be.
    """

    field: str
    expected: str


class AttributeSchema(Model):
    """What the attributes of your contacts must be like.

    Attributes:
        definition: the JSON Schema.
        mode: "refuse", if no contact is stored whose new attributes don't fit; "warn", if it
            is, and imports and upserts say so.
        checks: what it asks for, in words.
        broken: how many contacts broke it when it was defined; `None` if they weren't counted.
        created_at: when the first one was defined.
        updated_at: when it last changed.
    """

    definition: dict[str, Any] = Field(alias="schema")
    mode: SchemaMode
    checks: tuple[SchemaCheck, ...]
    broken: int | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @property
    def name(self) -> str | None:
        """The name of the class that it was made of."""
        return self.definition.get("title")

    @property
    def fields(self) -> tuple[str, ...]:
        """The attributes that it names, as rules and placeholders write them."""
        return tuple(sorted(fields_of(self.definition)))


class SchemaViolation(Model):
    """One thing that is wrong with contacts.

    Attributes:
        field: the attribute, as rules write it.
        expected: what it must be.
        contacts: how many break this.
        ids: of the first five of them.
    """

    field: str
    expected: str
    contacts: int
    ids: tuple[UUID, ...]

    def plus(self, other: SchemaViolation) -> SchemaViolation:
        """Return the sum of this and the same of other contacts."""
        ids = (*self.ids, *other.ids)[:_SHOWN]
        return self.model_copy(update={"contacts": self.contacts + other.contacts, "ids": ids})


class SchemaViolations(Model):
    """How well contacts fit their schema.

    Attributes:
        contacts: how many there are.
        broken: how many of them break it.
        fields: by what, the most frequent first.
    """

    contacts: int
    broken: int
    fields: tuple[SchemaViolation, ...]

    def plus(self, other: SchemaViolations) -> SchemaViolations:
        """Return the sum of this and what is said of other contacts."""
        sums: dict[tuple[str, str], SchemaViolation] = {}
        for each in (*self.fields, *other.fields):
            key = each.field, each.expected
            sums[key] = sums[key].plus(each) if key in sums else each
        return SchemaViolations(
            contacts=self.contacts + other.contacts,
            broken=self.broken + other.broken,
            fields=tuple(sorted(sums.values(), key=lambda each: (-each.contacts, each.field))),
        )
