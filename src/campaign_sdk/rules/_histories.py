"""What happened to contacts, for the evaluator: each one's events and deliveries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from ._scopes import HISTORIES, Scope
from ._values import instant

_ABSENT = object()
_ANYONE = ""

Row = dict[str, Any]


class Histories:
    """Events and deliveries: mappings or objects with the columns of their tables.

    With `alone` they are asked about one contact only: what names no contact is then
    theirs, and so is everything if the contact has no `id`.
    """

    def __init__(
        self, events: Iterable[Any] = (), deliveries: Iterable[Any] = (), *, alone: bool = False
    ) -> None:
        """Take what happened; nothing is looked at before it is asked for."""
        self._given = {"events": events, "deliveries": deliveries}
        self._alone = alone

    def reader(self, name: str, as_of: datetime) -> Callable[[object], list[Row]]:
        """Return a function from a contact to its events, or deliveries, until a moment."""
        # Kept, because rules may ask twice, and an iterator can be read once.
        self._given[name] = given = list(self._given[name])
        by_owner: dict[str | None, list[Row]] = {}
        for item in given:
            if _happened(item, HISTORIES[name], as_of):
                by_owner.setdefault(self._owner(item), []).append(_row(item, HISTORIES[name]))
        everything = [row for rows in by_owner.values() for row in rows]

        def read(contact: object) -> list[Row]:
            key = _get(contact, "id")
            if key is _ABSENT or key is None:
                return everything if self._alone else []
            return by_owner.get(str(key).lower(), []) + by_owner.get(_ANYONE, [])

        return read

    def _owner(self, item: object) -> str | None:
        owner = _get(item, "contact_id")
        if owner is _ABSENT and self._alone:
            return _ANYONE
        return None if owner is None or owner is _ABSENT else str(owner).lower()


def _row(item: object, scope: Scope) -> Row:
    row = {name: _get(item, name) for name in scope.kinds}
    found = {name: value for name, value in row.items() if value is not _ABSENT}
    if "actor" in row and found.get("actor") is None:
        found["actor"] = "unknown"  # as the database has it, of an event that doesn't say
    return found


def _happened(item: object, scope: Scope, as_of: datetime) -> bool:
    moment = instant(_get(item, scope.moment or ""))
    return moment is not None and moment <= as_of


def _get(item: object, name: str) -> Any:
    return item.get(name, _ABSENT) if isinstance(item, Mapping) else getattr(item, name, _ABSENT)
