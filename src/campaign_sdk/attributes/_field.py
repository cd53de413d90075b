"""An attribute of a class as a field of rules, which knows what it can be compared with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, get_args

from pydantic import BaseModel

from campaign_sdk._core.errors import InvalidRules
from campaign_sdk.attributes._schema import Node, field_name, solid
from campaign_sdk.rules import Field, Rules
from campaign_sdk.rules._tree import Relative

_VALUE = "$.rules[0].value"
_EQUALITY = ("=", "!=", "in", "notIn", "contains", "doesNotContain")
_TEXT, _NUMBER, _DATE, _BOOLEAN = "a text", "a number", "a date", "true or false"
_KINDS = {"string": _TEXT, "integer": _NUMBER, "number": _NUMBER, "boolean": _BOOLEAN}


class AttributeField(Field[Any]):
    """What `Customer.orders` is, where `Customer` is a class of attributes."""

    __slots__ = ("_keys", "_model", "_node")

    def __init__(self, keys: tuple[str, ...], node: Node, annotation: Any) -> None:
        super().__init__(field_name(keys))
        self._keys = keys
        self._node = node
        self._model = _model_in(annotation)

    def __getattr__(self, name: str) -> AttributeField:
        """Return an attribute of an object within."""
        model = self._model
        if name.startswith("_") or model is None or name not in model.model_fields:
            raise AttributeError(f"{self!r} has no attribute {name!r}")
        return field_in(model, name, solid(self._node), self._keys)

    def _compare(self, operator: str, value: object) -> Rules:
        return super()._compare(operator, self._checked(operator, value, _VALUE))

    def _list(self, operator: str, values: Iterable[object]) -> Rules:
        if isinstance(values, str):
            return super()._list(operator, values)
        checked = (
            self._checked(operator, value, f"{_VALUE}[{position}]")
            for position, value in enumerate(values)
        )
        return super()._list(operator, checked)

    def _rule(self, operator: str, value: Any) -> Rules:
        held = value if isinstance(value, tuple) else (value,)
        if any(isinstance(part, Relative) for part in held) and _DATE not in self._kinds():
            raise InvalidRules(_VALUE, f"is a span of time, and {self._told()}")
        return super()._rule(operator, value)

    def _checked(self, operator: str, value: object, path: str) -> object:
        plain = value.value if isinstance(value, Enum) else value
        kind = _kind(plain)
        # What is nothing of the kind is refused by every field, and better.
        if kind is not None and not _fits(plain, self._kinds()):
            raise InvalidRules(path, f"is {kind}, and {self._told()}")
        choices = choices_of(self._node)
        if operator in _EQUALITY and choices and not _among(plain, choices):
            told = ", ".join(map(repr, choices))
            raise InvalidRules(path, f"can't be: {self._name} is one of {told}")
        return plain

    def _kinds(self) -> frozenset[str]:
        return kinds_of(self._node)

    def _told(self) -> str:
        return f"{self._name} is {' or '.join(sorted(self._kinds())) or 'an object'}"


def field_in(
    model: type[BaseModel], name: str, node: Node, above: tuple[str, ...] = ()
) -> AttributeField:
    """Return the attribute of a class, whose schema is `node`, as a field."""
    info = model.model_fields[name]
    key = info.alias or name
    return AttributeField((*above, key), node["properties"][key], info.annotation)


def kinds_of(node: Node) -> frozenset[str]:
    """Return what values of a schema are to rules, in words."""
    if "anyOf" in node:
        return frozenset().union(*(kinds_of(branch) for branch in node["anyOf"]))
    if "enum" in node:
        return frozenset(filter(None, map(_kind, node["enum"])))
    kind = node.get("type")
    if kind is None:
        return frozenset({_DATE, *_KINDS.values()})
    if kind == "array":
        return kinds_of(node["items"])
    if "format" in node:
        return frozenset({_DATE})
    return frozenset({_KINDS[kind]} if kind in _KINDS else ())


def choices_of(node: Node) -> tuple[Any, ...]:
    """Return the values that a field is limited to; none if it isn't."""
    found = solid(node)
    values: tuple[Any, ...] = tuple(found.get("items", found).get("enum", ()))
    return values


def _fits(value: object, kinds: frozenset[str]) -> bool:
    return _kind(value) in kinds or (isinstance(value, str) and _DATE in kinds and _is_iso(value))


def _kind(value: object) -> str | None:
    if isinstance(value, bool):
        return _BOOLEAN
    if isinstance(value, int | float | Decimal):
        return _NUMBER
    if isinstance(value, date):
        return _DATE
    return _TEXT if isinstance(value, str) else None


def _among(value: object, choices: tuple[Any, ...]) -> bool:
    return any(value == choice and _kind(value) == _kind(choice) for choice in choices)


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the class that an annotation is, or is optional of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in get_args(annotation) if part is not type(None))
    return next((model for model in found if model is not None), None)
