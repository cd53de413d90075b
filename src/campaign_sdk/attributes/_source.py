"""A class of attributes as Python source, written from what contacts have."""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping, Set
from typing import Any

from pydantic import BaseModel

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.attributes._infer import Seen, look_at
from campaign_sdk.attributes._schema import MAX_DEPTH, field_name

# Names that stand in annotations: a field of that name would take their place.
_TYPES = {
    *("int", "float", "str", "bool", "list", "dict", "None", "date", "datetime"),
    *("Any", "Literal", "Field", "Attributes"),
}
_SCALARS = {
    "boolean": "bool",
    "integer": "int",
    "number": "float",
    "date": "date",
    "moment": "datetime",
    "text": "str",
}
# An object with more keys than this is no record, but a table.
_MOST_KEYS = 50
_IMPORTS = (
    (r"\b(date|datetime)\b", "from datetime import {}"),
    (r"\b(Any|Literal)\b", "from typing import {}"),
    (r"\b(Field)\(", "\nfrom pydantic import {}"),
)


def python_source(attributes: Iterable[Mapping[str, Any]], name: str = "Customer") -> str:
    """Return the source of a class that all of these attributes fit.

    What all have is required; what is null or missing in some is optional. Texts that are few
    are choices.

    Args:
        attributes: those of as many contacts as there are to look at.
        name: of the class.

    Raises:
        InvalidInput: the name isn't one that a class could have.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name in _TYPES or name[0] == "_":
        raise InvalidInput("name", "isn't a name that a class could have")
    seen = look_at(attributes)
    writer = _Writer(name)
    writer.add(name, seen, ())
    body = "\n\n\n".join(writer.classes)
    opening = f'"""What {seen.times:,} contacts have, written by campaign_sdk: yours to change."""'
    parts = [opening, "", "from __future__ import annotations", "", *_imports(body)]
    return "\n".join([*parts, "", "from campaign_sdk import Attributes", "", "", body, ""])


def _imports(body: str) -> Iterable[str]:
    # Keys and choices are data, in which such a word means nothing.
    code = re.sub(r'"(?:\\.|[^"\\])*"', "", body)
    for pattern, statement in _IMPORTS:
        if found := sorted(set(re.findall(pattern, code))):
            yield statement.format(", ".join(found))


class _Writer:
    """Writes classes, those first that others hold."""

    def __init__(self, name: str) -> None:
        self.classes: list[str] = []
        self._taken = {name, *_TYPES}

    def add(self, name: str, seen: Seen, above: tuple[str, ...]) -> None:
        """Write a class for what was seen of objects."""
        fields = _fields(key for key, child in seen.children.items() if child.times)
        named = {key: field for key, field in fields.items() if _can_be_named((*above, key))}
        lines = [
            self._line(field, key, seen, (*above, key), frozenset(named.values()))
            for key, field in named.items()
        ]
        body = [f"    {line}" for line in lines or ["pass"]]
        self.classes.append("\n".join([f"class {name}(Attributes):", *body]))

    def _line(
        self, field: str, key: str, whole: Seen, keys: tuple[str, ...], beside: frozenset[str]
    ) -> str:
        seen = whole.children[key]
        annotation = self._type(seen, keys, beside)
        optional = seen.times < whole.times
        if optional and annotation != "Any":
            annotation += " | None"
        options = ["default=None"] * optional + [f"alias={_text(key)}"] * (field != key)
        if field != key:
            return f"{field}: {annotation} = Field({', '.join(options)})"
        return f"{field}: {annotation}{' = None' * optional}"

    def _type(self, seen: Seen, keys: tuple[str, ...], beside: frozenset[str]) -> str:
        kinds = seen.kinds
        if seen.choices:
            return f"Literal[{', '.join(map(_text, seen.choices))}]"
        if kinds == {"object"}:
            return self._object(seen, keys, beside)
        if kinds == {"list"}:
            return f"list[{self._items(seen.items or Seen(), keys, beside)}]"
        if "list" in kinds or "object" in kinds:
            return "Any"
        return _scalar(kinds)

    def _items(self, seen: Seen, keys: tuple[str, ...], beside: frozenset[str]) -> str:
        annotation = self._type(seen, keys, beside) if seen.kinds else "Any"
        return f"{annotation} | None" if seen.nulls and annotation != "Any" else annotation

    def _object(self, seen: Seen, keys: tuple[str, ...], beside: frozenset[str]) -> str:
        named = [key for key in seen.children if _can_be_named((*keys, key))]
        if not named or len(named) > _MOST_KEYS or len(keys) >= MAX_DEPTH - 1:
            return "dict[str, Any]"
        # In the class that holds it, a field of the same name would take its place.
        name = _free(_camel(keys[-1]), self._taken | beside)
        self._taken.add(name)
        self.add(name, seen, keys)
        return name


def _scalar(kinds: set[str]) -> str:
    # Of two types of which one takes the other's values as well, that one.
    if "text" in kinds:
        kinds = kinds - {"date", "moment"}
    if "number" in kinds:
        kinds = kinds - {"integer"}
    if "moment" in kinds:
        kinds = kinds - {"date"}
    return " | ".join(sorted(_SCALARS[kind] for kind in kinds)) or "Any"


def _fields(keys: Iterable[str]) -> dict[str, str]:
    """Return the keys, each with its name as a field: another where Python has that one."""
    fields: dict[str, str] = {}
    # Those first that can be called what they are.
    for key in sorted(keys, key=lambda key: (_name(key) != key, key)):
        fields[key] = _free(_name(key), _TYPES.union(fields.values()))
    return dict(sorted(fields.items()))


def _name(key: str) -> str:
    as_it_is = key.isidentifier() and unicodedata.normalize("NFKC", key) == key
    return key if as_it_is and not key.startswith("_") else _slug(key)


def _free(name: str, taken: Set[str]) -> str:
    while name in taken or keyword.iskeyword(name) or hasattr(BaseModel, name):
        name += "_"
    return name


def _slug(key: str) -> str:
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")
    return slug if slug and not slug[0].isdigit() else f"field_{slug}".rstrip("_")


def _camel(key: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in _slug(key).split("_"))


def _can_be_named(keys: tuple[str, ...]) -> bool:
    try:
        field_name(keys)
    except InvalidInput:
        return False
    return True


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
