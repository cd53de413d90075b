"""What the name of a field means: a path into a contact's attributes.

The SQL functions `field_keys` and `path_name` do the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Not a dot that is written "\.", nor one in parentheses, as in a shop's "Size (custom.size)".
_DOT = re.compile(r"(?<!\\)\.(?![^()]*\))")


def keys_of(field: str) -> list[str]:
    """Return the path into a contact's attributes that a field names."""
    name = field.removeprefix("attributes.")
    if "\\" not in name and "(" not in name and ")" not in name:
        return name.split(".")
    return [part.replace("\\.", ".") for part in _DOT.split(name)]


def path_name(keys: Sequence[str]) -> str:
    """Return the name of a path, in which a backslash stands before a key's own dots."""
    return ".".join(map(_key_name, keys))


def _key_name(key: str) -> str:
    return key if "." not in key or keys_of(key) == [key] else key.replace(".", "\\.")
