"""The lines or bars of a picture: which there are, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.reports._data import ReportData, ReportRow

# What tells one line or bar from another: campaign, segment, event type.
Key = tuple[UUID | None, UUID | None, str | None]

# More lines than this can't be told apart.
_MOST = 10
_LONGEST = 44


def series_of(rows: Sequence[ReportRow], report: ReportData, *, lines: bool) -> dict[Key, str]:
    """Return the names of the lines or bars, in the order of the report.

    Raises:
        InvalidInput: there are more lines than people can tell apart.
    """
    named = {key_of(row): row for row in rows}
    if lines and len(named) > _MOST:
        raise InvalidInput("report", f"has {len(named)} series, which nobody can tell apart")
    others = "no segment" if "segment" in report.group_by else _period(rows, report)
    short = {key: _shortened(_name(row)) or others for key, row in named.items()}
    often = Counter(short.values())
    return {
        key: name if often[name] == 1 else f"{name} ({str(key[0])[-6:]})"
        for key, name in short.items()
    }


def key_of(row: ReportRow) -> Key:
    """Return which line or bar a line of a report belongs to."""
    return row.campaign, row.segment, row.event_type


def drawn_rows(report: ReportData, metrics: Sequence[str]) -> list[ReportRow]:
    """Return the lines of a report without those of whom nothing came back, as of a draft."""
    alive = {key_of(row) for row in report.rows if any(getattr(row, name) for name in metrics)}
    return [row for row in report.rows if key_of(row) in alive]


def left_out(report: ReportData, drawn: Sequence[ReportRow]) -> str:
    """Return what is to be said of the lines that aren't drawn."""
    if not drawn:
        return "nothing yet"
    there = {key_of(row) for row in drawn}
    names = {key_of(row): _shortened(_name(row)) for row in report.rows}
    missing = [name for key, name in names.items() if key not in there]
    if len(missing) > 3:
        return f"nothing yet of {len(missing)} others"
    return f"nothing yet of {', '.join(missing)}" if missing else ""


def _name(row: ReportRow) -> str:
    parts = (row.campaign_name, row.segment_name, row.event_type)
    return ", ".join(part for part in parts if part)


def _period(rows: Sequence[ReportRow], report: ReportData) -> str:
    days = {row.day or row.week or row.month for row in rows}
    (only,) = days if len(days) == 1 else (None,)
    return "all" if only is None else f"{only:%B %Y}" if "month" in report.group_by else str(only)


def _shortened(name: str) -> str:
    """Names that begin alike often differ at the end."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST // 2].rstrip()} … {name[-_LONGEST // 2 + 3 :].lstrip()}"
