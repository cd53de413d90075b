"""A report in a terminal."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from campaign_sdk.reports._data import ReportData
from campaign_sdk.reports._export import caption, shown
from campaign_sdk.reports._metrics import METRICS, title_of

# More lines than this are for a file, not for a screen.
_LINES = 100


def table(report: ReportData) -> Table:
    """Return a report as a table of rich; names are shown as they are, without markup."""
    columns = [name for name in report.columns if f"{name}_name" not in report.columns]
    made = Table(caption=Text("\n".join((caption(report), *report.warnings))), show_footer=True)
    for index, name in enumerate(columns):
        _add_column(made, report, name, is_first=index == 0)
    for row in report.rows[:_LINES]:
        made.add_row(*(Text(shown(name, getattr(row, name))) for name in columns))
    if len(report.rows) > _LINES:
        made.add_row(f"… {len(report.rows) - _LINES:,} more")
    return made


def _add_column(made: Table, report: ReportData, name: str, *, is_first: bool) -> None:
    if name in METRICS:
        total = shown(name, getattr(report.totals, name))
        made.add_column(Text(title_of(name)), Text(total, style="bold"), justify="right")
    else:
        made.add_column(Text(title_of(name)), Text("Total" if is_first else "", style="bold"))


def text(report: ReportData, width: int) -> str:
    """Return the table as plain text."""
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(table(report))
    return captured.get()
