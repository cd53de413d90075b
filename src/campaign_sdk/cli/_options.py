"""Options that several commands share."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.cli import _complete, _show
from campaign_sdk.cli._connect import find_segment
from campaign_sdk.cli._files import read_text, there

if TYPE_CHECKING:
    from campaign_sdk import CampaignClient
    from campaign_sdk.rules import Rules
    from campaign_sdk.segments import Segment

_MOST = 10**12


def bounded(value: int | None) -> int | None:
    """Return how many are asked for; nobody has more than that."""
    if value is not None and not 0 <= value <= _MOST:
        raise InvalidInput("limit", f"must lie between 0 and {_MOST:,}; 0 for all")
    return value


Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a pipe.")]
Where = Annotated[
    str | None, typer.Option("--where", help="Rules, such as 'orders >= 3 and city is \"Pune\"'.")
]
RulesFile = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        callback=there,
        help="A JSON file of rules, as a React rule builder writes it; - for standard input.",
    ),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        help="IANA time zone of relative dates, such as Asia/Kolkata.",
        autocompletion=_complete.timezones,
    ),
]
AsOf = Annotated[
    str | None, typer.Option(help="The day or moment that relative dates refer to; now otherwise.")
]
Limit = Annotated[
    int | None, typer.Option(min=0, callback=bounded, help="How many to show; 0 for all.")
]
Most = Annotated[
    int | None, typer.Option("--limit", callback=bounded, help="How many; all otherwise.")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="The file to write; otherwise, and for -, the screen."),
]

Reachable = Annotated[
    bool,
    typer.Option(
        "--reachable", help="Only who may be written to: neither unsubscribed nor suppressed."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]

CampaignName = Annotated[
    str,
    typer.Argument(metavar="CAMPAIGN", help="Its name or id.", autocompletion=_complete.campaigns),
]

SHOWN = 20


def page_of(limit: int | None) -> int:
    """Return how many to ask for at a time: of a few, no more than are wanted."""
    from campaign_sdk._core.paging import PAGE

    return min(limit or PAGE, PAGE)


def example(command: str) -> str:
    """Return a command's epilog; the tests run what stands in it."""
    return f"[bold]Example:[/] {command}"


def rules_given(where: str | None, file: Path | None) -> Rules | None:
    """Return the rules of `--where` or `--rules`, or `None` if neither is given."""
    if where is not None and file is not None:
        raise typer.BadParameter("give --where or --rules, not both")
    if where is not None:
        from campaign_sdk.rules import Rules

        return Rules.parse(where)
    return None if file is None else _read_rules(file)


def _read_rules(file: Path) -> Rules:
    from campaign_sdk.rules import Rules

    try:
        wire = json.loads(read_text(file, "rules"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput("rules", f"{file.name} isn't a JSON file ({error})") from None
    return Rules.of(wire)


def rules_needed(where: str | None, file: Path | None) -> Rules:
    """Return the rules of `--where` or `--rules`; one must be given."""
    rules = rules_given(where, file)
    if rules is None:
        raise typer.BadParameter("say who: give --where or --rules (--where everyone for all)")
    return rules


def warn_of_fields(client: CampaignClient, rules: Segment | Rules | None) -> None:
    """Say which fields of the rules no contact has, where a pipe doesn't see it."""
    for warning in client.segments.check(rules) if rules is not None else ():
        _show.note(warning)


def audience_given(
    client: CampaignClient, named: str | None, where: str | None, file: Path | None
) -> Segment | Rules:
    """Return the segment that is named, or the rules that are given instead.

    Says which of their fields no contact has.
    """
    if named is None:
        given = rules_needed(where, file)
        warn_of_fields(client, given)
        return given
    if where is not None or file is not None:
        raise typer.BadParameter("name a segment, or give --where or --rules, not both")
    return find_segment(client, named)


def moment_given(text: str | None, timezone: str | None) -> datetime | None:
    """Return the moment of `--as-of`, or `None` for now."""
    return None if text is None else moment_of(text, timezone, "as-of")


def moment_of(text: str, timezone: str | None, name: str) -> datetime:
    """Return a day or a moment; one without an offset is meant in the time zone.

    Says so if the clocks there never show it, or show it twice.
    """
    from campaign_sdk._core.model import timezone_name
    from campaign_sdk._core.zones import moment_at, zone

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(name, "must look like 2026-01-31 or 2026-01-31T09:00+05:30") from None
    if moment.tzinfo is not None:
        return moment
    found, remark = moment_at(moment, zone(timezone_name(timezone or "UTC")))
    if remark is not None:
        _show.note(remark)
    return found
