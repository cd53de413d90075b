"""Attributes between the forms that Python and the database have for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.attributes._schema import Node, is_nullable

M = TypeVar("M", bound=BaseModel)

STORED: Mapping[str, Any] = {"stored": True}
"""The context in which what is validated comes from the database."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def as_python(stored: Mapping[str, Any], node: Node) -> dict[str, Any]:
    """Return an object as its class takes it.

    Null is a missing value, unless the class says that it may be none; a day is its first moment
    in UTC where the class has a moment.
    """
    properties = node.get("properties", {})
    return {
        key: _moment(value, properties.get(key, {}))
        for key, value in stored.items()
        if value is not None or is_nullable(properties.get(key, {}))
    }


def _moment(value: Any, node: Node) -> Any:
    branches = node.get("anyOf", (node,))
    if (
        isinstance(value, str)
        and any(branch.get("format") == "date-time" for branch in branches)
        and _DAY.fullmatch(value)
    ):
        return f"{value}T00:00:00Z"
    return value


def read_attributes(model: type[M], stored: Mapping[str, Any], whose: str) -> M:
    """Read what a contact has as a class.

    Raises:
        InvalidInput: it doesn't fit; the path is the field, and the reason says whose it is.
    """
    try:
        # What is stored is stored by alias: another attribute may be called as a field is.
        return model.model_validate(dict(stored), context=STORED, by_alias=True, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(map(str, ("attributes", *first["loc"])))
        raise InvalidInput(
            path, f"of {whose} doesn't fit {model.__name__}: {first['msg']}"
        ) from None


def as_stored(attributes: BaseModel) -> dict[str, Any]:
    """Return what was given of a class's attributes, by the names that they are stored by."""
    given: dict[str, Any] = _plain(attributes.model_dump(by_alias=True, exclude_unset=True))
    return given


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value
