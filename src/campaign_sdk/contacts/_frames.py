"""Data frames of pandas and polars, as contacts or as a file. Neither library is imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Protocol, runtime_checkable

from campaign_sdk.contacts.files._cells import look_of

_OWN = ("email", "phone", "unsubscribed_at")


@runtime_checkable
class Frame(Protocol):
    """A data frame of pandas or polars."""

    @property
    def columns(self) -> Any:
        """The names of the columns."""


def is_frame(value: object) -> bool:
    """Whether this is a data frame."""
    return hasattr(value, "columns") and (hasattr(value, "to_dicts") or hasattr(value, "to_dict"))


def items_of(frame: Any) -> Iterator[Mapping[str, Any]]:
    """Yield a frame's rows as `upsert` takes them: what is no column of ours is an attribute."""
    for row in _rows(frame):
        there = {name: _plain(value) for name, value in row.items() if not _is_missing(value)}
        own = {name: there.pop(name) for name in _OWN if name in there}
        yield {**own, "attributes": there}


def csv_of(frame: Any) -> io.StringIO:
    """Return a frame as a CSV file; a text that looks like a number is marked as a text."""
    columns = [str(name) for name in frame.columns]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(columns)
    for row in _rows(frame):
        writer.writerow(["" if _is_missing(row[name]) else _cell(row[name]) for name in columns])
    stream.seek(0)
    return stream


def _rows(frame: Any) -> Iterable[dict[str, Any]]:
    rows = frame.to_dicts() if hasattr(frame, "to_dicts") else frame.to_dict("records")
    return ({str(name): value for name, value in row.items()} for row in rows)


def _is_missing(value: Any) -> bool:
    """NaN and NaT differ from themselves; pandas' NA says nothing at all."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


def _plain(value: Any) -> Any:
    """Return a day for a moment at midnight without a zone, as frames hold days."""
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == datetime.min.time():
        return value.date()
    return value


def _cell(value: Any) -> str:
    value = _plain(value)
    if isinstance(value, str):
        text = value.strip()
        return f"'{value}" if text and look_of(text) not in ("text", "date") else value
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)
