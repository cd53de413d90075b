"""The schema that contacts are held to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput, NotFound, TimedOut
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.operation import Mode, Resource, Steps, keyed, operation
from campaign_sdk.attributes import (
    Attributes,
    AttributeSchema,
    SchemaMode,
    SchemaViolations,
)
from campaign_sdk.attributes._schema import schema_of

# Contacts that the database looks at in one statement: it may take no longer than seconds.
_PAGE = 25_000


class Schemas(Resource[Mode]):
    """Saying what attributes must be like, and asking who doesn't fit."""

    @operation
    def define(
        self, schema: type[Attributes] | Mapping[str, Any], *, mode: SchemaMode = "refuse"
    ) -> Steps[AttributeSchema]:
        """Have the database hold contacts to a class, in place of the one before.

        Whatever writes contacts is held to it: this library, an import, REST, SQL. Contacts
        that are there already stay as they are, even if they break it: `broken` says how many.
        A change is judged by what is new in it, so that they can be mended one by one; and
        nothing stands in the way of unsubscribing anybody.

        Args:
            schema: the class, or a JSON Schema of the few keywords that such a class has.
            mode: "refuse" stores no contact whose new attributes don't fit, and names the field
                and what it must be; other contacts of the same import or upsert are stored.
                "warn" stores it, and the report says so.

        Raises:
            InvalidInput: something can't be expressed as a schema; the path names the field.
        """
        if mode not in get_args(SchemaMode):
            raise InvalidInput("mode", 'must be "refuse" or "warn"')
        definition = schema if isinstance(schema, Mapping) else schema_of(schema)
        row = {"schema": dict(definition), "mode": mode}
        query = self._db.from_("attribute_schemas").upsert(row, on_conflict="user_id")
        stored = AttributeSchema.from_row(rows_of((yield keyed(query)))[0])
        try:
            broken = (yield from _violations(self)).broken
        except TimedOut:
            return stored
        return stored.model_copy(update={"broken": broken})

    @operation
    def schema(self) -> Steps[AttributeSchema | None]:
        """Return the schema that contacts are held to, or `None`."""
        return (yield from read_schema(self))

    @operation
    def undefine(self) -> Steps[None]:
        """Hold contacts to no schema any more; if there is none, nothing happens."""
        query = self._db.from_("attribute_schemas").delete()
        yield keyed(query.in_("mode", get_args(SchemaMode)))

    @operation
    def violations(self) -> Steps[SchemaViolations]:
        """Say how many contacts break the schema, by what, and name a few of them.

        Raises:
            NotFound: no schema is defined.
        """
        if (yield from read_schema(self)) is None:
            raise NotFound(
                "no schema is defined: say what attributes are with contacts.define(...)"
            )
        return (yield from _violations(self))


def read_schema(resource: Resource[Any]) -> Steps[AttributeSchema | None]:
    """Read the caller's schema, or `None`."""
    query = resource._db.from_("attribute_schemas").select(
        "schema,mode,checks,created_at,updated_at"
    )
    rows = rows_of((yield query.limit(1)))
    return AttributeSchema.from_row(rows[0]) if rows else None


def _violations(resource: Resource[Any]) -> Steps[SchemaViolations]:
    found = SchemaViolations(contacts=0, broken=0, fields=())
    last: str | None = None
    while True:
        arguments = {"after": last, "page": _PAGE}
        response = yield resource._rpc("schema_violations", arguments, kind="read")
        page = _Page.from_row(response.data)
        found = found.plus(page)
        if page.contacts < _PAGE:
            return found
        last = str(page.last_id)


class _Page(SchemaViolations):
    """What the database says of so many contacts, in the order of their ids."""

    last_id: UUID | None
