"""What has a name can be asked for by it, wherever an id is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput, NotFound
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import text
from campaign_sdk._core.operation import Resource, Steps

_SHOWN, _MOST = 5, 20


def id_of(
    resource: Resource[Any],
    table: str,
    asked: UUID | str,
    argument: str = "id",
    *,
    prefer: Sequence[str] = (),
) -> Steps[str]:
    """Return the id of what is asked for by its id, or by its name.

    Names needn't be unique. One that several have says nothing, unless `prefer` names the
    statuses that are meant, and only one of them has such a one.

    Args:
        resource: whose database is asked; an id takes no request.
        table: where rows have an id and a name.
        asked: the id, its text, or the name.
        argument: what an error names.
        prefer: the statuses of rows that are meant.

    Raises:
        NotFound: nothing has this name.
        InvalidInput: several have it; names their ids.
    """
    known = as_id(asked)
    if known is not None:
        return known
    noun = table.rpartition("_")[2].removesuffix("s")
    if not isinstance(asked, str) or not asked.strip():
        raise InvalidInput(argument, f"must be the id of a {noun} (a UUID), or its name")
    name = text(asked, argument)
    query = called(resource._db.from_(table).select("*"), str(name))
    rows = rows_of((yield query.order("created_at", desc=True).limit(_MOST)))
    if not rows:
        raise NotFound(f"no {noun} is called {asked!r}")
    return _only(rows, prefer, noun, argument, asked)


def called(query: Any, value: str, column: str = "name") -> Any:
    """Return a query narrowed to the rows that have just this text in a column.

    In quotes: the local stack trims a bare one, and takes `null`, `true` and `unknown` for SQL's.
    """
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return query.filter(column, "in", f'("{quoted}")')


def as_id(asked: object) -> str | None:
    """Return the text of an id; `None` for what isn't one."""
    if isinstance(asked, UUID):
        return str(asked)
    try:
        return str(UUID(asked)) if isinstance(asked, str) else None
    except ValueError:
        return None


def _only(
    rows: list[dict[str, Any]], prefer: Sequence[str], noun: str, argument: str, asked: str
) -> str:
    meant = [row for row in rows if row.get("status") in prefer]
    found = meant if len(meant) == 1 else rows
    if len(found) > 1:
        raise InvalidInput(argument, ambiguous(asked, noun, found))
    return str(found[0]["id"])


def ambiguous(asked: str, noun: str, rows: Sequence[dict[str, Any]]) -> str:
    """Say that several have a name, and how they are told apart."""
    told = ", ".join(
        f"{row['id']} ({row['status']})" if row.get("status") else str(row["id"])
        for row in rows[:_SHOWN]
    )
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return f"{asked!r} fits {len(rows)} {noun}s; give the id: {told}{more}"
