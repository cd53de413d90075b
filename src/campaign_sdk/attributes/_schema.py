"""A class of attributes as the small part of JSON Schema (2020-12) that the database checks.

    type            string, integer, number, boolean, array, object
    format          date, date-time: of a string
    enum, const     texts, numbers, true and false
    minimum, maximum, exclusiveMinimum, exclusiveMaximum
    minLength, maxLength: up to 255
    items           of an array
    properties, required, additionalProperties: of an object
    anyOf           one of several scalar types; null beside one type says that it may be missing

Null is a missing value, as it is in rules. The SQL function `schema_checks` reads the same; what
neither knows is refused when the schema is made, with the name of the field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.rules._paths import keys_of, path_name
from campaign_sdk.rules._wire import RESERVED

Node = Mapping[str, Any]

MAX_DEPTH = 8
MAX_FIELDS = 200
MAX_BYTES = 65_536
_LONGEST = 255
_TYPES = ("string", "integer", "number", "boolean", "array", "object")
_NOTES = ("title", "description", "default", "examples", "deprecated")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_LENGTHS = ("minLength", "maxLength")
_KEYWORDS: dict[str, tuple[str, ...]] = {
    "string": ("format", *_LENGTHS),
    "integer": _BOUNDS,
    "number": _BOUNDS,
    "boolean": (),
    "array": ("items",),
    "object": ("properties", "required", "additionalProperties"),
}
_UNKNOWN = "x-unknown"


class _Generator(GenerateJsonSchema):
    """Pydantic's own, but for what isn't a value of JSON, which is named by its field later."""

    def emit_warning(self, kind: Any, detail: str) -> None:
        """Say nothing of defaults that aren't JSON: the schema holds none."""

    def decimal_schema(self, schema: Any) -> dict[str, Any]:
        """A decimal is stored as a number."""
        return self.float_schema(schema)

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:
        """Leave a mark where pydantic gives up."""
        return {_UNKNOWN: f"{error_info} ({schema['type']})"}


@cache
def schema_of(model: type[BaseModel]) -> Node:
    """Return the schema of a class: the root is an object, and nothing in it is a reference.

    Raises:
        InvalidInput: something in it can't be expressed; the path is the field.
    """
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise InvalidInput("schema", "must be a class of Attributes")
    try:
        whole = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    except (PydanticInvalidForJsonSchema, PydanticUserError) as error:
        raise InvalidInput(model.__name__, f"isn't a schema: {error.message}") from None
    root = _Reader(whole.get("$defs", {})).node(whole, (), ())
    names = list(fields_of(root))
    if len(names) > MAX_FIELDS:
        raise InvalidInput(model.__name__, f"has more than {MAX_FIELDS} fields")
    if len(json.dumps(root, ensure_ascii=False).encode()) > MAX_BYTES:
        raise InvalidInput(model.__name__, f"takes more than {MAX_BYTES // 1024} kB as a schema")
    return root


def field_name(keys: tuple[str, ...]) -> str:
    """Return the name of an attribute as rules and placeholders write it.

    Raises:
        InvalidInput: rules can't name it.
    """
    name = path_name(keys)
    if keys[0] in RESERVED or keys[0] == "attributes":
        name = f"attributes.{name}"
    if not all(keys) or keys_of(name) != list(keys):
        raise InvalidInput(".".join(keys), "isn't a name that rules could write")
    return name


def fields_of(node: Node, above: tuple[str, ...] = ()) -> dict[str, Node]:
    """Return all that rules and placeholders can name in an object, each with its schema."""
    found: dict[str, Node] = {}
    for key, child in solid(node).get("properties", {}).items():
        keys = (*above, key)
        found[field_name(keys)] = child
        found |= fields_of(child, keys)
    return found


class _Reader:
    """Reads what pydantic writes."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def node(self, raw: Mapping[str, Any], keys: tuple[str, ...], inside: tuple[str, ...]) -> Node:
        """Return a schema without its references, or refuse it by the field's name."""
        if len(keys) > MAX_DEPTH or len(inside) > 4 * MAX_DEPTH:
            raise _refused(keys, f"is nested deeper than {MAX_DEPTH} levels")
        if "$ref" in raw:
            return self._referred(raw, keys, inside)
        kept = ("title", "description") if not keys else ("description",)
        notes = {name: raw[name] for name in kept if name in raw}
        if "anyOf" in raw or "oneOf" in raw:
            return {**notes, **self._choice(raw, keys, inside)}
        told = {name: value for name, value in raw.items() if name not in _NOTES}
        told.pop("$defs", None)
        return {**notes, **self._plain(told, keys, inside)}

    def _referred(
        self, raw: Mapping[str, Any], keys: tuple[str, ...], inside: tuple[str, ...]
    ) -> Node:
        name = raw["$ref"].rpartition("/")[2]
        if name in inside:
            raise _refused(keys, "holds itself")
        there = {**self._definitions[name], **{k: v for k, v in raw.items() if k != "$ref"}}
        return self.node(there, keys, (*inside, name))

    def _choice(
        self, raw: Mapping[str, Any], keys: tuple[str, ...], inside: tuple[str, ...]
    ) -> Node:
        extra = raw.keys() - {"anyOf", "oneOf", "discriminator", *_NOTES}
        branches = list(raw.get("anyOf") or raw["oneOf"])
        kept = [branch for branch in branches if branch.get("type") != "null"]
        nodes = [self.node(branch, keys, inside) for branch in kept]
        if extra or not nodes:
            raise _refused(keys, "is of a type that a schema can't express")
        nullable = len(kept) < len(branches)
        if len(nodes) == 1:
            return {"anyOf": [nodes[0], {"type": "null"}]} if nullable else nodes[0]
        if any(node.get("type") in ("array", "object") or "anyOf" in node for node in nodes):
            raise _refused(keys, "is one of several lists or objects: say one")
        return {"anyOf": [*nodes, *([{"type": "null"}] if nullable else [])]}

    def _plain(
        self, told: Mapping[str, Any], keys: tuple[str, ...], inside: tuple[str, ...]
    ) -> Node:
        if "const" in told or "enum" in told:
            return _one_of(told, keys)
        if not told:
            return {}
        kind = told.get("type")
        if kind not in _TYPES:
            raise _refused(keys, f"is of a type that a schema can't express{_why(told)}")
        unknown = sorted(told.keys() - {"type", *_KEYWORDS[kind]})
        if unknown:
            raise _refused(keys, f"has what the database can't check: {', '.join(unknown)}")
        if kind == "string":
            return _text(told, keys)
        if kind == "array":
            return {"type": kind, "items": self.node(told.get("items", {}), keys, inside)}
        if kind == "object":
            return self._object(told, keys, inside)
        return dict(told)

    def _object(
        self, told: Mapping[str, Any], keys: tuple[str, ...], inside: tuple[str, ...]
    ) -> Node:
        node: dict[str, Any] = {"type": "object"}
        others = told.get("additionalProperties", True)
        if isinstance(others, Mapping) and others:
            raise _refused(keys, "is a dictionary of values of one type: name its keys in a class")
        if others is False:
            node["additionalProperties"] = False
        properties = told.get("properties", {})
        children = {
            key: self.node(child, (*keys, key), inside) for key, child in properties.items()
        }
        if children:
            node["properties"] = children
        needed = [key for key in told.get("required", ()) if not is_nullable(children[key])]
        return {**node, "required": needed} if needed else node


def solid(node: Node) -> Node:
    """Return what a field is like when it is there."""
    branches = [branch for branch in node.get("anyOf", ()) if branch.get("type") != "null"]
    return branches[0] if len(branches) == 1 else node


def is_nullable(node: Node) -> bool:
    """Whether null, which is a missing value, is among what a field may be."""
    return {"type": "null"} in node.get("anyOf", ()) or not (node.keys() - set(_NOTES))


def _one_of(told: Mapping[str, Any], keys: tuple[str, ...]) -> Node:
    values = [told["const"]] if "const" in told else list(told["enum"])
    some = [value for value in values if value is not None]
    if not some or not all(isinstance(value, str | int | float) for value in some):
        raise _refused(keys, "must be one of texts, numbers, true and false")
    if told.keys() - {"const", "enum", "type"}:
        raise _refused(keys, "is of a type that a schema can't express")
    return {"enum": some} if some == values else {"anyOf": [{"enum": some}, {"type": "null"}]}


def _text(told: Mapping[str, Any], keys: tuple[str, ...]) -> Node:
    if told.get("format", "date") not in ("date", "date-time"):
        raise _refused(keys, f"is of a type that a schema can't express: a {told['format']}")
    if any(told.get(name, 0) > _LONGEST for name in _LENGTHS):
        raise _refused(keys, f"can't have a length checked that is over {_LONGEST}")
    return dict(told)


def _why(told: Mapping[str, Any]) -> str:
    return f": {told[_UNKNOWN]}" if _UNKNOWN in told else ""


def _refused(keys: tuple[str, ...], reason: str) -> InvalidInput:
    return InvalidInput(".".join(keys) or "schema", reason)
