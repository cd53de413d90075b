"""What of a class becomes its schema, and what is refused by the field's name."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import time, timedelta
from typing import Annotated, Any, Literal

import pytest
from pydantic import AnyUrl, ConfigDict, Field, create_model

from campaign_sdk import Attributes, InvalidInput
from campaign_sdk.attributes._schema import fields_of, schema_of

from .customer import Customer

TEXT = {"type": "string"}
NULL = {"type": "null"}
ADDRESS = {
    "type": "object",
    "properties": {"city": TEXT, "post code": {"anyOf": [TEXT, NULL]}},
}


def test_the_schema_of_a_class() -> None:
    assert schema_of(Customer) == {
        "title": "Customer",
        "type": "object",
        "properties": {
            "orders": {"type": "integer"},
            "plan": {"enum": ["free", "pro"]},
            "last_order_at": {"anyOf": [{"type": "string", "format": "date-time"}, NULL]},
            "born": {"anyOf": [{"type": "string", "format": "date"}, NULL]},
            "address": ADDRESS,
            "work": {"anyOf": [ADDRESS, NULL]},
            "tags": {"type": "array", "items": TEXT},
            "spend": {"anyOf": [{"type": "number", "minimum": 0}, NULL]},
            "tier": {"anyOf": [{"enum": ["silver", "gold"]}, NULL]},
            "vip": {"type": "boolean"},
            "email": {"anyOf": [TEXT, NULL]},
            "code": {"anyOf": [{"type": "integer"}, TEXT, NULL]},
            "purchases": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"total": {"type": "number"}, "sku": {"anyOf": [TEXT, NULL]}},
                    "required": ["total"],
                },
            },
            "notes": {"type": "object"},
        },
    }


def test_the_fields_that_it_names() -> None:
    names = set(fields_of(schema_of(Customer)))
    assert {"orders", "address", "address.city", "work.post code", "attributes.email"} <= names
    assert "purchases.total" not in names


class Knot(Attributes):
    inner: Knot | None = None


def one(annotation: Any) -> type[Attributes]:
    made: type[Attributes] = create_model("One", __base__=Attributes, x=(annotation, ...))
    return made


@pytest.mark.parametrize(
    ("annotation", "node"),
    [
        (Any, {}),
        (dict[str, Any], {"type": "object"}),
        (Literal["a", 1, True], {"enum": ["a", 1, True]}),
        (Literal["a", None], {"anyOf": [{"enum": ["a"]}, NULL]}),
        (Annotated[int, Field(gt=0, le=9)],
         {"type": "integer", "exclusiveMinimum": 0, "maximum": 9}),
        (Annotated[str, Field(min_length=1, max_length=255)],
         {"type": "string", "minLength": 1, "maxLength": 255}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (list[int | None], {"type": "array", "items": {"anyOf": [{"type": "integer"}, NULL]}}),
    ],
)  # fmt: skip
def test_what_can_be_expressed(annotation: Any, node: dict[str, Any]) -> None:
    found = schema_of(one(annotation))
    assert found["properties"] == {"x": node}
    # Null is a missing value: what may be null may be missing.
    may_be_null = not node or NULL in node.get("anyOf", ())
    assert found.get("required", []) == ([] if may_be_null else ["x"])


@pytest.mark.parametrize(
    ("annotation", "path"),
    [
        (uuid.UUID, "x"),
        (time, "x"),
        (timedelta, "x"),
        (bytes, "x"),
        (AnyUrl, "x"),
        (Callable[[], int], "x"),
        (set[str], "x"),
        (tuple[int, str], "x"),
        (dict[str, int], "x"),
        (list[int] | str, "x"),
        (None, "x"),
        (Annotated[str, Field(pattern="a")], "x"),
        (Annotated[str, Field(max_length=256)], "x"),
        (Annotated[int, Field(multiple_of=3)], "x"),
        (Knot, "x.inner"),
        (one(one(bytes)), "x.x.x"),
        (list[one(uuid.UUID)], "x.x"),  # type: ignore[misc]  # made at run time
    ],
)
def test_what_cant_be_expressed_is_named(annotation: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        schema_of(one(annotation))
    assert caught.value.path == path


def test_limits() -> None:
    deep: Any = int
    for _ in range(9):
        deep = one(deep)
    with pytest.raises(InvalidInput, match="nested deeper than 8 levels"):
        schema_of(deep)
    fields: Any = {f"f{n}": (int, 0) for n in range(201)}
    with pytest.raises(InvalidInput, match="more than 200 fields"):
        schema_of(create_model("Wide", __base__=Attributes, **fields))
    long = {"f": (Literal[tuple(f"{n:0>200}" for n in range(400))], ...)}
    with pytest.raises(InvalidInput, match="more than 64 kB"):
        schema_of(create_model("Long", __base__=Attributes, **long))  # type: ignore[call-overload]


def test_only_what_was_named_may_be_there() -> None:
    class Closed(Attributes):
        model_config = ConfigDict(extra="forbid")
        x: int

    assert schema_of(Closed)["additionalProperties"] is False
    assert schema_of(Closed)["required"] == ["x"]
