"""What the models of all nouns have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Self, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from campaign_sdk._core.errors import InvalidInput, ProtocolError
from campaign_sdk._core.zones import zone


class Model(BaseModel):
    """A result: immutable, and tolerant of columns that a later version adds."""

    # A row that doesn't fit may hold somebody's data: no error quotes it.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def from_row(cls, row: Any) -> Self:
        """Read what the server answered.

        Raises:
            ProtocolError: it isn't what this model describes; names the columns.
        """
        try:
            return cls.model_validate(row)
        except ValidationError as error:
            raise cls._unreadable(error, 0) from None

    @classmethod
    def from_rows(cls, rows: Iterable[Any]) -> tuple[Self, ...]:
        """Read many rows at once, which takes half as long as one after the other.

        Raises:
            ProtocolError: as for `from_row`.
        """
        try:
            return cast("tuple[Self, ...]", _many(cls).validate_python(rows))
        except ValidationError as error:
            raise cls._unreadable(error, 1) from None

    @classmethod
    def _unreadable(cls, error: ValidationError, depth: int) -> ProtocolError:
        places = (part["loc"][depth:] for part in error.errors())
        columns = sorted({str(place[0]) for place in places if place})
        return ProtocolError(
            f"the server's {cls.__name__.strip('_')} can't be read: "
            f"{', '.join(columns) or 'it has another form'}"
        )


@cache
def _many(model: type[Model]) -> TypeAdapter[Any]:
    return TypeAdapter(tuple[model, ...])  # type: ignore[valid-type]  # made for each model


class Columns(Model):
    """An answer as columns of equal length: for many rows it is a third as long."""

    @model_validator(mode="after")
    def _are_equal(self) -> Self:
        columns = (getattr(self, name) for name in type(self).model_fields)
        if len({len(column) for column in columns if isinstance(column, list)}) > 1:
            raise ValueError("the columns aren't of equal length")
        return self


def are_positions(positions: Sequence[int], reasons: Sequence[str], of: int) -> bool:
    """Whether positions in what was sent, each with a reason, can be meant so."""
    known = set(positions) <= set(range(of))
    return known and len(reasons) == len(positions) == len(set(positions))


class NotGiven:
    """The type of `NOT_GIVEN`."""

    def __repr__(self) -> str:
        return "NOT_GIVEN"

    def __bool__(self) -> bool:
        return False


# Tells an argument that was left out from one that is None ("remove it").
NOT_GIVEN = NotGiven()


def given(**values: Any) -> dict[str, Any]:
    """Return the arguments that were given."""
    return {name: value for name, value in values.items() if not isinstance(value, NotGiven)}


# As nearly all come: to make a UUID of one takes four times as long.
_WRITTEN_SO = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def uuid_text(value: UUID | str, name: str = "id") -> str:
    """Return an id as the text of a UUID.

    Raises:
        InvalidInput: it isn't one; names the argument.
    """
    if isinstance(value, UUID):
        return str(value)
    if type(value) is str and _WRITTEN_SO.fullmatch(value):
        return value
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise InvalidInput(name, "must be a UUID, or the text of one") from None


def text(value: str | None, name: str, *, longest: int = 200, required: bool = False) -> str | None:
    """Return a text that the database can store.

    Raises:
        InvalidInput: it is empty though required, too long, or holds NUL or half a
            surrogate pair.
    """
    if value is None and not required:
        return None
    if not isinstance(value, str):
        raise InvalidInput(name, "must be a text")
    if required and not value.strip():
        raise InvalidInput(name, "must not be empty")
    if len(value) > longest:
        raise InvalidInput(name, f"must not exceed {longest} characters")
    if not is_storable(value):
        raise InvalidInput(name, "must not hold NUL or lone surrogates")
    return value


def is_storable(value: str) -> bool:
    """Whether PostgreSQL can store a text: no NUL, no half of a surrogate pair."""
    if "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)


def timezone_name(value: str, name: str = "timezone") -> str:
    """Return the name of an IANA time zone.

    Raises:
        InvalidInput: there is no such zone.
    """
    try:
        zone(value)
    except (InvalidInput, TypeError):
        raise InvalidInput(name, "must be an IANA time zone such as Asia/Kolkata or UTC") from None
    return value
