"""What people see: tables, facts and bars, at any width, with and without colour."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from campaign_sdk._core.errors import InvalidRules
from campaign_sdk.cli._files import printable, written
from campaign_sdk.cli._narrow import FittingTable

if TYPE_CHECKING:
    from campaign_sdk.analytics import Engagement
    from campaign_sdk.campaigns import Campaign
    from campaign_sdk.rules import Rules
    from campaign_sdk.segments import FunnelStep, Segment

BAR = 24
_NARROW = 80


def console(*, stderr: bool = False) -> Console:
    """Return a console that colours nothing by guessing; markup is for our own words only."""
    return Console(stderr=stderr, highlight=False, emoji=False)


def say(text: str, *values: object) -> None:
    """Print a sentence of our own, with markup; each `{}` stands for somebody else's value."""
    console().print(text.format(*(escape(plain(value).plain) for value in values)))


def people(count: int | None) -> str:
    """Return how many contacts there are, in words."""
    return "1 contact" if count == 1 else f"{count} contacts"


def note(text: str) -> None:
    """Print what isn't the result, where a pipe doesn't see it."""
    console(stderr=True).print(Text(plain(text).plain, style="dim"))


def moment(value: datetime, timezone: str) -> str:
    """Return a moment as the clock in a time zone shows it, with the zone."""
    return f"{value.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M} {timezone}"


def plain(value: object) -> Text:
    """Make somebody else's value printable: no markup, no control characters."""
    if value is None:
        return Text("-", style="dim")
    if isinstance(value, datetime):
        return Text(moment(value, "UTC"))
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, float):
        return Text(f"{value:,.2f}")
    return Text(printable(str(value)))


class _Table(FittingTable):
    """A table in which a text is a value: neither markup nor what steers a terminal."""

    def add_row(self, *cells: Any, **options: Any) -> None:
        """Add a row."""
        super().add_row(*(plain(x) if isinstance(x, str) else x for x in cells), **options)


def table(*columns: str, numbers: Iterable[str] = ()) -> Table:
    """Return an empty table; `numbers` names the columns to align on the right.

    Where it doesn't fit, each row is shown as a few lines of its own.
    """
    right = set(numbers)
    gap = 1 if console().width < _NARROW else 2
    made = _Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold cyan")
    for name in columns:
        made.add_column(plain(name), justify="right" if name in right else "left", overflow="fold")
    return made


def facts(values: Mapping[str, object]) -> Table:
    """Return names and values, one a line."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="cyan")
    made.add_column(overflow="fold")
    for name, value in values.items():
        made.add_row(plain(name), value if isinstance(value, Text) else plain(value))
    return made


def print_facts(values: Mapping[str, object]) -> None:
    """Print names and values, one a line; in a pipe, none of them is broken."""
    screen = console()
    if screen.is_terminal:
        screen.print(facts(values))
        return
    width = max(map(len, values), default=0)
    for name, value in values.items():
        text = value if isinstance(value, Text) else plain(value)
        screen.print(plain(f"{name:<{width}}  ").append(text), soft_wrap=True)


def sparkline(values: Sequence[float], width: int = 40) -> Text:
    """Return the course of some values, the last of them if there are too many."""
    shown = values[-max(width, 1) :]
    steps = "▁▂▃▄▅▆▇█" if _utf() else "_.-=+*#@"
    top = max(shown, default=0)
    marks = (steps[round(max(v, 0) / top * (len(steps) - 1))] if top else steps[0] for v in shown)
    return Text("".join(marks), style="green")


def bar(part: float, whole: float, width: int = BAR) -> Text:
    """Return a bar for a share of something."""
    full, empty = ("█", "·") if _utf() else ("#", ".")
    filled = round(width * part / whole) if whole else 0
    if part and not filled:
        filled = 1
    return Text(full * filled, style="green") + Text(empty * (width - filled), style="dim")


def share(value: float | None) -> str:
    """Return a rate as people read it."""
    return "-" if value is None else f"{value:.1%}"


def funnel(rules: Rules, steps: Iterable[FunnelStep], everyone: int) -> Table:
    """Return what each rule leaves of everyone, as bars."""
    made = table("rule", "alone", "left", "", numbers=("alone", "left"))
    width = 10 if console().width < _NARROW else BAR
    made.add_row("all contacts", "", f"{everyone:,}", bar(everyone, everyone, width))
    for step in steps:
        left = bar(step.cumulative, everyone, width)
        made.add_row(
            plain(rule_at(rules, step.path)), f"{step.alone:,}", f"{step.cumulative:,}", left
        )
    return made


def explained(thing: Segment | Campaign) -> Text:
    """Return the rules as people read them, or what is wrong with them."""
    try:
        return plain(None if thing.rules is None else thing.rules.explain())
    except InvalidRules as error:
        return Text(error.message, style="red")


def rule_at(rules: Rules, path: str) -> str:
    """Return one rule of a tree as people read it, by its JSON path (`$.rules[0]`)."""
    return rules.part(path).explain()


def attributes(values: Mapping[str, Any], between: str = ", ") -> str:
    """Return the attributes of a contact on one line."""
    return between.join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in values.items()
    )


def jsonable(value: Any) -> Any:
    """Return a result as JSON-ready values, with its rules and rates where it has them."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True)
    return value


def _json(value: Any, indent: int | None = None) -> str:
    """Write JSON that a terminal can be shown: what would steer it is escaped."""
    text = json.dumps(jsonable(value), ensure_ascii=not _utf(), indent=indent, default=str)
    return "".join(char if char.isprintable() or char == "\n" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return json.dumps(char)[1:-1]


def print_json(value: Any, output: Path | None = None) -> None:
    """Print one result as one JSON document, or write it to a file."""
    with written(output) as stream:
        stream.write(_json(value, indent=2) + "\n")


def print_json_list(values: Iterable[Any], output: Path | None = None) -> None:
    """Print many results as one JSON array, a line each, as they come, or write them to a file."""
    with written(output) as stream:
        for piece in _array(values):
            stream.write(piece)


def print_json_lines(values: Iterable[Any]) -> None:
    """Print results as JSON lines, each as soon as it comes."""
    for value in values:
        sys.stdout.write(_json(value) + "\n")
        sys.stdout.flush()


def _array(values: Iterable[Any]) -> Iterator[str]:
    lead = "["
    for value in values:
        yield lead + _json(value)
        lead = ",\n "
    yield "[]\n" if lead == "[" else "]\n"


def _utf() -> bool:
    return (sys.stdout.encoding or "").lower().startswith("utf")


STATUSES = ("draft", "scheduled", "active", "paused", "completed", "archived")


def status_line(status: str) -> Text:
    """Return the life of a campaign as a small diagram, with where it is now."""
    joints = {"active": " ⇄ " if _utf() else " <-> "}
    line = Text()
    for name in STATUSES:
        here = name == status
        line += Text(f"[{name}]" if here else name, style="bold green" if here else "dim")
        if name != STATUSES[-1]:
            line += Text(joints.get(name, " → " if _utf() else " -> "), style="dim")
    return line


def engagement(rows: Mapping[str, Engagement], first: str = "") -> Table:
    """Return counts and rates, a row for each name."""
    titles = ("impressions", "clicks", "conversions", "CTR", "CVR", "human clicks")
    made = table(first, *titles, numbers=titles)
    for name, counts in rows.items():
        numbers = (counts.impressions, counts.clicks, counts.conversions)
        rates = (share(counts.ctr), share(counts.cvr))
        made.add_row(
            plain(name), *(f"{number:,}" for number in numbers), *rates, f"{counts.human_clicks:,}"
        )
    return made
