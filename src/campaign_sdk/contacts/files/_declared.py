"""What a schema says that columns are.

A cell that can't be read so stays a text: whether that is refused or warned of is the
database's decision, row by row.
"""

from __future__ import annotations

from campaign_sdk.attributes._schema import Node, solid

Declared = dict[tuple[str, ...], str]

_KINDS = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "object",
}


def declared_types(node: Node, above: tuple[str, ...] = ()) -> Declared:
    """Return the type of each attribute's column, as far as a schema says one."""
    found: Declared = {}
    for key, child in solid(node).get("properties", {}).items():
        keys = (*above, key)
        if (kind := _kind(solid(child))) is not None:
            found[keys] = kind
        found |= declared_types(child, keys)
    return found


def _kind(node: Node) -> str | None:
    if "enum" in node:
        kinds = {_kind_of(value) for value in node["enum"]}
        return kinds.pop() if len(kinds) == 1 else None
    if "format" in node:
        return "date"
    return _KINDS.get(node.get("type", ""))


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "text"
