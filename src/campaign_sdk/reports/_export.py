"""A report as text for other programs: CSV, JSON, HTML and data frames."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from campaign_sdk._core.cells import guarded
from campaign_sdk._core.errors import ConfigurationError
from campaign_sdk._core.files import Target, write_whole
from campaign_sdk._core.installing import how_to_install
from campaign_sdk.reports._data import ReportData
from campaign_sdk.reports._metrics import METRICS, title_of

if TYPE_CHECKING:
    import pandas
    import polars

_HTML_ROWS = 60


def written(text: str, path: Target | None, encoding: str = "utf-8") -> str:
    """Return a text, and write it to a file if one is named: whole, or not at all."""
    if path is not None:
        write_whole(path, text, encoding=encoding)
    return text


def csv_text(columns: Sequence[str], records: Sequence[Mapping[str, Any]]) -> str:
    """Return records as CSV that no spreadsheet runs."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(guarded, columns))
    writer.writerows([cell(record[name]) for name in columns] for record in records)
    return out.getvalue()


def cell(value: Any) -> Any:
    """Return a cell; a text that could be a formula gets an apostrophe in front."""
    if isinstance(value, str):
        return guarded(value)
    return plain(value) if isinstance(value, Decimal) else value


def plain(value: Decimal) -> str:
    """Return an amount without an exponent."""
    return f"{value:f}"


def json_text(report: ReportData) -> str:
    """Return a report as JSON."""
    about = {
        "metrics": report.metrics,
        "group_by": report.group_by,
        "timezone": report.timezone,
        "start": report.start,
        "end": report.end,
        "rows": report.records(),
        "totals": {name: getattr(report.totals, name) for name in report.metrics},
        "warnings": report.warnings,
    }
    return json.dumps(about, default=_as_text, ensure_ascii=False, indent=2)


def _as_text(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)


def html_table(report: ReportData) -> str:
    """Return a table for a notebook: the first and last lines, and the totals."""
    columns = [name for name in report.columns if f"{name}_name" not in report.columns]
    heads = "".join(f"<th>{html.escape(title_of(name))}</th>" for name in columns)
    lines = [_html_line(columns, row) for row in report.rows]
    if len(lines) > _HTML_ROWS:
        left = len(lines) - _HTML_ROWS
        note = f'<tr><td colspan="{len(columns)}">… {left:,} more lines …</td></tr>'
        lines = [*lines[: _HTML_ROWS // 2], note, *lines[-_HTML_ROWS // 2 :]]
    doubts = "".join(f"<li>{html.escape(text)}</li>" for text in report.warnings)
    return (
        f"<table><caption>{html.escape(caption(report))}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody>"
        f"<tfoot>{_html_totals(report, columns)}</tfoot></table>"
        + (f"<p>Doubts:</p><ul>{doubts}</ul>" if doubts else "")
    )


def _html_line(columns: Sequence[str], row: Any) -> str:
    cells = (html.escape(shown(name, getattr(row, name))) for name in columns)
    return "<tr>" + "".join(f"<td>{text}</td>" for text in cells) + "</tr>"


def _html_totals(report: ReportData, columns: Sequence[str]) -> str:
    cells = [
        html.escape(shown(name, getattr(report.totals, name))) if name in METRICS else ""
        for name in columns
    ]
    if cells and columns[0] not in METRICS:
        cells[0] = "Total"
    return "<tr>" + "".join(f"<th>{text}</th>" for text in cells) + "</tr>"


def caption(report: ReportData) -> str:
    """Return what the report covers, in a line."""
    if report.start is None or report.end is None:
        return f"nothing yet ({report.timezone})"
    return f"{report.start} to {report.end - timedelta(days=1)} ({report.timezone})"


def shown(column: str, value: Any) -> str:
    """Return a value as people read it: rates in percent, a dash for what isn't known."""
    if value is None:
        return "-"
    if column in METRICS and METRICS[column].kind == "rate":
        return f"{value:.2%}"
    if isinstance(value, int | Decimal):
        return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return str(value)


def pandas_frame(report: ReportData) -> pandas.DataFrame:
    """Return the lines as a frame of pandas."""
    pd = extra("pandas", "frames")
    frame: pandas.DataFrame = pd.DataFrame(_flat(report), columns=list(report.columns))
    for name in ("day", "week", "month"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    return frame


def polars_frame(report: ReportData) -> polars.DataFrame:
    """Return the lines as a frame of polars."""
    pl = extra("polars", "frames")
    types = {name: _polars_type(pl, name) for name in report.columns}
    frame: polars.DataFrame = pl.DataFrame(_flat(report), schema=types, orient="row")
    return frame


def _polars_type(pl: Any, name: str) -> Any:
    if name in ("day", "week", "month"):
        return pl.Date
    if name not in METRICS:
        return pl.String
    return pl.Int64 if METRICS[name].kind in ("total", "unique") else pl.Float64


def _flat(report: ReportData) -> list[list[Any]]:
    return [[_simple(name, record[name]) for name in report.columns] for record in report.records()]


def _simple(name: str, value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if name in ("campaign", "segment") and value is not None else value


def extra(module: str, name: str) -> Any:
    """Import what an extra brings.

    Raises:
        ConfigurationError: it isn't installed; says how.
    """
    try:
        return import_module(module)
    except ImportError:
        raise ConfigurationError(f"{module} isn't installed: {how_to_install(name)}") from None
