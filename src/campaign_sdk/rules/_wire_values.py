"""The values of a rule, read from the wire and held against what the rule asks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

from campaign_sdk._core.errors import InvalidRules

from . import _dates
from ._check import check_keys
from ._tree import POSITIVE, Named, Relative, Scalar, Value
from ._values import MAX_NUMBER, exact, numeric

ORDERED = ("<", "<=", ">", ">=", "between")

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

_PLACEHOLDER = "~"
_RELATIVE_KEYS = frozenset(("mode", "anchor", "offset", "unit", "recurring"))
_BLANKS = " \t\n\r\f\v"
_COMMA = re.compile(r"(?<!\\),")


def load_value(
    kind: str, operator: str, value: object, path: str, words: Sequence[str] = ()
) -> Value:
    """Read the value of a rule: none, one, two or a list, as its operator takes.

    Args:
        kind: what the field holds, as in `_scopes`; `attribute` for anything.
        operator: of the rule.
        value: as it stands in the wire.
        path: of the rule itself.
        words: the only ones that the field holds, if there are few.

    Raises:
        InvalidRules: it is unfinished, or the rule couldn't be true of anybody with it.
    """
    positive, at = POSITIVE[operator], f"{path}.value"
    if positive == "notNull":
        return None
    loaded = _load(positive, value, at)
    values = loaded if isinstance(loaded, tuple) else (loaded,)
    if any(isinstance(value, Relative) and value.recurring for value in values):
        _check_recurring(kind, positive, values, path)
    if kind == "id":
        return _load_ids(positive, loaded, path)
    if positive in ORDERED:
        _check_order(kind, values, path)
    if positive == "between":
        _check_between(*cast(tuple[Scalar, Scalar], loaded), at)
    if words and positive in ("=", "in") and not all(word in words for word in values):
        raise InvalidRules(at, f"must be one of {', '.join(words)}")
    return loaded


def _load_ids(
    positive: str, loaded: Scalar | tuple[Scalar, ...], path: str
) -> Scalar | tuple[Scalar, ...]:
    """Take ids in small letters; a campaign that is named takes one before it is asked."""
    if positive not in ("=", "in"):
        raise InvalidRules(f"{path}.operator", "can't be asked of an id: it is equal or it isn't")
    values = loaded if isinstance(loaded, tuple) else (loaded,)
    ids = tuple(map(_id, values))
    if None in ids:
        raise InvalidRules(f"{path}.value", "must be a campaign's id")
    return cast(tuple[Scalar, ...], ids) if isinstance(loaded, tuple) else cast(Scalar, ids[0])


def _id(value: Scalar) -> Scalar | None:
    if isinstance(value, Named):
        return value
    return value.lower() if isinstance(value, str) and ID.fullmatch(value) else None


def _load(positive: str, value: object, path: str) -> Scalar | tuple[Scalar, ...]:
    if positive not in ("in", "between"):
        return _load_scalar(positive, value, path)
    items = _load_items(value, path)
    if positive == "between" and len(items) != 2:
        raise InvalidRules(path, "must be two values, the lower and the higher")
    if not items:
        raise InvalidRules(path, "is an empty list")
    return tuple(_load_scalar(positive, item, f"{path}[{n}]") for n, item in enumerate(items))


def _load_items(value: object, path: str) -> list[object]:
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, str):
        items = (item.strip(_BLANKS) for item in _COMMA.split(value))
        return [item.replace("\\,", ",") for item in items if item]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    raise InvalidRules(path, "must be a list")


def _load_scalar(positive: str, value: object, path: str) -> Scalar:
    if isinstance(value, Named):
        return value
    if isinstance(value, str) and positive not in ("=", "in") and not value.strip(_BLANKS):
        raise InvalidRules(path, "is empty: the rule is unfinished")
    if value == _PLACEHOLDER:
        raise InvalidRules(path, "is the builder's placeholder: no value was chosen yet")
    if isinstance(value, Mapping):
        if positive in ("in", "contains", "beginsWith", "endsWith"):
            raise InvalidRules(path, "must be a text, a number or a boolean")
        return _load_relative(value, path)
    if value is None:
        raise InvalidRules(path, "is missing: the rule is unfinished")
    if not isinstance(value, str | int | float):
        raise InvalidRules(path, "must be a text, a number, a boolean or a date")
    if not isinstance(value, str) and abs(exact(value)) > MAX_NUMBER:
        raise InvalidRules(path, "is too large a number")
    if positive in ORDERED:
        _check_ordered(value, path)
    return value


def _check_ordered(value: str | int | float, path: str) -> None:
    """Refuse what comes neither before nor after anything: the rule's opposite is everybody."""
    if isinstance(value, str) and _dates.NAIVE.fullmatch(value):
        raise InvalidRules(path, 'lacks an offset such as "Z" or "+05:30"')
    if isinstance(value, bool) or (_number(value) is None and _moment(value) is None):
        raise InvalidRules(path, 'has no order: give a number, or a date such as "2026-01-31"')


def _check_order(kind: str, values: Sequence[Scalar], path: str) -> None:
    """Refuse what this field can't be held against."""
    if kind == "text":
        raise InvalidRules(f"{path}.operator", "can't be asked of a text: it has no order")
    numbers = [_number(value) is not None for value in values]
    if kind == "time" and any(numbers):
        raise InvalidRules(f"{path}.value", "must be a date: the field is one")
    if kind == "number" and not all(numbers):
        raise InvalidRules(f"{path}.value", "must be a number: the field is one")
    if any(numbers) and not all(numbers):
        raise InvalidRules(f"{path}.value", "must be two numbers, or two dates")


def _check_recurring(kind: str, positive: str, values: Sequence[Scalar], path: str) -> None:
    """Refuse what an anniversary isn't asked: it has no order but within a year."""
    if kind not in ("attribute", "time"):
        raise InvalidRules(f"{path}.value", "must not recur: the field is no date")
    if positive not in ("=", "between"):
        raise InvalidRules(
            f"{path}.operator", "can't be asked of an anniversary: it is on a day, or between two"
        )
    if not all(isinstance(value, Relative) and value.recurring for value in values):
        raise InvalidRules(f"{path}.value", "must be two anniversaries, or none")


def _load_relative(value: Mapping[str, Any], path: str) -> Relative:
    check_keys(value, _RELATIVE_KEYS, path)
    anchor, offset, unit = value.get("anchor"), value.get("offset"), value.get("unit")
    if value.get("mode") != "relative":
        raise InvalidRules(f"{path}.mode", 'must be "relative"')
    if anchor not in _dates.ANCHORS:
        raise InvalidRules(f"{path}.anchor", 'is not a known anchor such as "startOfDay"')
    if not isinstance(unit, str) or unit not in _dates.UNITS:
        raise InvalidRules(f"{path}.unit", f"must be {', '.join(list(_dates.UNITS)[:-1])} or year")
    whole = isinstance(offset, int | float) and not isinstance(offset, bool) and offset % 1 == 0
    if not whole or abs(cast(float, offset)) > _dates.UNITS[unit]:
        raise InvalidRules(f"{path}.offset", "must be a whole number, within 1000 years")
    if value.get("recurring") not in (None, "yearly"):
        raise InvalidRules(f"{path}.recurring", 'must be "yearly"')
    yearly = value.get("recurring") is not None
    return Relative(cast(str, anchor), int(cast(float, offset)), unit, yearly)


def _check_between(low: Scalar, high: Scalar, path: str) -> None:
    """Refuse a range that can only be empty: its ends were swapped, or it isn't finished."""
    if _reversed(low, high):
        raise InvalidRules(path, "is reversed: the lower value comes first")


def _reversed(low: Scalar, high: Scalar) -> bool:
    if isinstance(low, Relative) and isinstance(high, Relative):
        same = (low.anchor, low.unit) == (high.anchor, high.unit)
        return same and low.offset > high.offset
    numbers = [_number(value) for value in (low, high)]
    if numbers[0] is not None and numbers[1] is not None:
        return bool(numbers[0] > numbers[1])
    # A day against an instant depends on the time zone, a relative date on the day.
    if (
        not isinstance(low, str)
        or not isinstance(high, str)
        or (len(low) == 10) != (len(high) == 10)
    ):
        return False
    moments = [_moment(text) for text in (low, high)]
    return bool(moments[0] and moments[1] and moments[0].utc > moments[1].utc)


def _number(value: Scalar) -> Any:
    if isinstance(value, bool | Relative | Named):
        return None
    return numeric(value) if isinstance(value, str) else exact(value)


def _moment(value: Scalar) -> _dates.Moment | None:
    return _dates.read(value, ZoneInfo("UTC")) if isinstance(value, str) else None
