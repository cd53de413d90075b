"""A report as one page of HTML: no script, and nothing that it would have to fetch."""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from html import escape
from typing import Any

from campaign_sdk._core.errors import ConfigurationError, InvalidInput
from campaign_sdk.reports._data import ReportData
from campaign_sdk.reports._export import caption, plain, shown
from campaign_sdk.reports._metrics import METRICS, title_of
from campaign_sdk.reports._page_style import STYLE

# Whatever the page may hold, a browser that shows it asks nobody for anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_NAMESPACE = re.compile(r' xmlns(:xlink)?="[^"]*"')


def page(report: ReportData, title: str | None) -> str:
    """Return the page."""
    named = escape(title or "Campaign report")
    parts = (
        f"<h1>{named}</h1><p>{escape(caption(report))}</p>",
        _doubts(report),
        _picture(report),
        _table(report),
        _meanings(report),
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{named}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<style>{STYLE}</style></head>\n<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _doubts(report: ReportData) -> str:
    told = "".join(f"<li>{escape(text)}</li>" for text in report.warnings)
    return f'<section class="doubts"><h2>Doubts</h2><ul>{told}</ul></section>' if told else ""


def _picture(report: ReportData) -> str:
    """The report drawn, if what draws is installed and there is something to see."""
    from campaign_sdk.reports import _plots

    with suppress(ConfigurationError, InvalidInput):
        drawn = _plots.draw(report, None, format="svg", metrics=None, title=None).decode()
        # Within HTML its namespaces say nothing, and they look like addresses.
        return f"<figure>{_NAMESPACE.sub('', drawn, count=2)}</figure>"
    return ""


def _table(report: ReportData) -> str:
    columns = [name for name in report.columns if f"{name}_name" not in report.columns]
    heads = "".join(f"<th{_side(name)}>{escape(title_of(name))}</th>" for name in columns)
    lines = "".join(_line(columns, row) for row in report.rows)
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody>'
        f"<tfoot>{_totals(report, columns)}</tfoot></table></div>"
    )


def _line(columns: list[str], row: Any) -> str:
    return "<tr>" + "".join(_cell(name, getattr(row, name)) for name in columns) + "</tr>"


def _totals(report: ReportData, columns: list[str]) -> str:
    cells = [
        _cell(name, getattr(report.totals, name)) if name in METRICS else "<td></td>"
        for name in columns
    ]
    if columns[:1] and columns[0] not in METRICS:
        cells[0] = "<th>Total</th>"
    return "<tr>" + "".join(cells) + "</tr>"


def _cell(name: str, value: Any) -> str:
    """A cell: for people, and for programs the number as `to_json` has it."""
    text = escape(shown(name, value))
    if name in METRICS and value is not None:
        exact = plain(value) if isinstance(value, Decimal) else value
        text = f'<data value="{exact}">{text}</data>'
    return f"<td{_side(name)}>{text}</td>"


def _side(name: str) -> str:
    return ' class="number"' if name in METRICS else ""


def _meanings(report: ReportData) -> str:
    told = "".join(
        f"<dt>{escape(METRICS[name].title)}</dt><dd>{escape(METRICS[name].meaning)}</dd>"
        for name in report.metrics
    )
    return f"<section><h2>What is counted</h2><dl>{told}</dl></section>"
