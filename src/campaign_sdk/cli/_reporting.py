"""The reports of `campaign analytics`: `report`, `compare`, `watch` and `reconcile`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from campaign_sdk.cli import _show
from campaign_sdk.cli._files import is_screen, screen

if TYPE_CHECKING:
    from campaign_sdk.reports import Comparison, Engagement, Reconciliation, Report

_TREND = 30
_TITLES = {"ctr": "CTR", "cvr": "CVR", "conversion_per_impression": "CPI"}
_COUNTS = ("impressions", "clicks", "conversions")


def print_report(found: Report) -> None:
    """Print a report as a table, with the course of each metric below it."""
    screen = _show.console()
    screen.print(report_table(found))
    for warning in found.warnings:
        _show.note(warning)
    if found.group_by in (("day",), ("week",), ("month",)) and len(found.rows) > 1:
        screen.print("", _courses(found, screen.width), sep="\n")


def report_table(found: Report) -> Table:
    """Return a report as a table that no width cuts: what is too long is folded."""
    from campaign_sdk.reports._export import shown

    columns = [name for name in found.columns if f"{name}_name" not in found.columns]
    titles = [_TITLES.get(name, name.removesuffix("_name")) for name in columns]
    made = _show.table(*titles, numbers=[_TITLES.get(name, name) for name in found.metrics])
    for row in found.rows:
        made.add_row(*(_show.plain(shown(name, getattr(row, name))) for name in columns))
    totals = [shown(name, getattr(found.totals, name)) for name in found.metrics]
    blank = [""] * (len(columns) - len(totals))
    made.add_row(*("total", *blank)[: len(blank)], *totals, style="bold")
    return made


def _courses(found: Report, width: int) -> Table:
    made = Table.grid(padding=(0, 2, 0, 0))
    for name in found.metrics:
        values = [float(getattr(row, name) or 0) for row in found.rows]
        made.add_row(
            Text(_TITLES.get(name, name), style="cyan"), _show.sparkline(values, width - 30)
        )
    return made


def print_comparison(found: Comparison, names: tuple[str, str]) -> None:
    """Print a comparison: both rates with their intervals, and the verdict."""
    percent = f"{found.confidence:.0%}"
    made = _show.table(
        "", found.metric, f"{percent} interval", "of", numbers=(found.metric, f"{percent} interval")
    )
    for letter, name, side in zip("ab", names, (found.a, found.b), strict=True):
        low_high = (
            "-" if side.low is None else f"{_show.share(side.low)} to {_show.share(side.high)}"
        )
        counted = f"{side.successes:,} / {side.trials:,}"
        made.add_row(_show.plain(f"{letter}  {name}"), _show.share(side.rate), low_high, counted)
    verdict = "inconclusive" if found.verdict == "inconclusive" else f"{found.verdict} is higher"
    facts = {
        "difference": None if found.difference is None else f"{100 * found.difference:+.2f} points",
        "p-value": None if found.p_value is None else f"{found.p_value:.3g}",
        "needed each": found.needed,
        "verdict": f"{verdict}: {found.reason}",
    }
    _show.console().print(made, "", sep="\n")
    _show.print_facts(facts)


def follow(name: str, counts: Iterable[Engagement], as_json: bool) -> None:
    """Show counts as they come, until Ctrl-C: in place on a screen, a line each in a pipe."""
    screen = _show.console()
    with suppress(KeyboardInterrupt):
        if as_json:
            _show.print_json_lines(counts)
        elif screen.is_terminal:
            _redraw(screen, name, counts)
        else:
            for now in counts:
                screen.print(_line(now), soft_wrap=True)


def _line(now: Engagement) -> str:
    return f"impressions={now.impressions} clicks={now.clicks} conversions={now.conversions}"


def _redraw(screen: Console, name: str, counts: Iterable[Engagement]) -> None:

    from rich.live import Live

    seen: deque[Engagement] = deque(maxlen=_TREND)
    with Live(console=screen, auto_refresh=False) as live:
        for now in counts:
            seen.append(now)
            live.update(_dashboard(name, list(seen)), refresh=True)


def _dashboard(name: str, seen: list[Engagement]) -> Table:
    made = _show.table(name, "now", "each change", numbers=("now",))
    for metric in _COUNTS:
        values = [getattr(counts, metric) for counts in seen]
        steps = [after - before for before, after in pairwise(values)]
        made.add_row(metric, f"{values[-1]:,}", _show.sparkline(steps, _TREND))
    made.add_row("CTR", _show.share(seen[-1].ctr), "")
    made.add_row("CVR", _show.share(seen[-1].cvr), "")
    return made


def print_reconciliation(found: Reconciliation) -> None:
    """Print what the counters hold beyond the events, or lack."""
    made = _show.table("", "impressions", "clicks", "conversions", numbers=_COUNTS)
    for name, counts in (("counters", found.counters), ("events", found.events)):
        made.add_row(name, *(f"{getattr(counts, metric):,}" for metric in _COUNTS))
    for day in found.differences:
        made.add_row(str(day.day), *(f"{getattr(day, metric):+,}" for metric in _COUNTS))
    _show.console().print(made)
    _show.say(
        "[green]Every count has its event.[/]"
        if found.agrees
        else "[yellow]The days differ:[/] totals that were recorded have no events."
    )


def draw(found: Report, plot: Path, kind: str | None) -> None:
    """Draw a report into a file, or to standard output."""
    if is_screen(plot):
        typer.echo(found.plot(format=kind), nl=False)
    else:
        found.plot(plot, format=kind)
        _show.note(f"drew {plot}")


def write_page(found: Report, html: Path) -> None:
    """Write a report as a page into a file, or to standard output."""
    if is_screen(html):
        screen().write(found.to_html())
    else:
        found.to_html(html)
        _show.note(f"wrote {html}")
