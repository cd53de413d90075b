"""`campaign summary`, and what `campaign analytics` says of groups and hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.cli import _complete, _show
from campaign_sdk.cli._connect import connect, find_campaign
from campaign_sdk.cli._options import CampaignName, Json, example

if TYPE_CHECKING:
    from campaign_sdk import BestHour, CampaignBreakdown, Summary

app = typer.Typer()

_RATES = ("open_rate", "click_rate", "conversion_rate", "unsubscribe_rate")

Confidence = Annotated[float, typer.Option(help="Of the intervals.")]
Rate = Annotated[
    str,
    typer.Option(
        help=f"The rate of each group: {', '.join(_RATES)}.", autocompletion=_complete.people_rates
    ),
]


@app.command(epilog=example("campaign summary Spring --by city --language de"))
def summary(
    campaign: CampaignName,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="A field to break it down by; one of numbers with edges: spend:0,1000,10000.",
            autocompletion=_complete.fields,
        ),
    ] = None,
    language: Annotated[
        str, typer.Option(help="de, en or fr.", autocompletion=_complete.languages)
    ] = "en",
    metric: Rate = "click_rate",
    model: Annotated[
        bool, typer.Option("--model", help="Have a model reword it; it sees no names.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say in words what became of a campaign.

    What could be chance is called inconclusive. With --model (needs OPENAI_API_KEY) the
    sentences are reworded, and printed plain where the wording isn't what the facts say.
    """
    with connect() as client:
        found = client.analytics.summarize(
            find_campaign(client, campaign).id,
            [_field(each) for each in by or ()],
            language=language,
            metric=metric,
            model=model,
        )
    _show.print_json(found) if as_json else _print_summary(found)


def _print_summary(found: Summary) -> None:
    screen = _show.console()
    screen.print(_show.plain(found.campaign), style="bold")
    screen.print(_show.plain(found.text), soft_wrap=not screen.is_terminal)
    for warning in found.warnings:
        _show.note(warning)
    if found.why is not None:
        _show.note(f"not the model's words: {found.why}")


def _field(given: str) -> Any:
    """Read `city`, or `spend:0,1000`; a name with a colon of its own stays one."""
    name, colon, edges = given.rpartition(":")
    is_binned = bool(colon and edges) and not edges.strip("0123456789.,- ")
    return (name, _edges(edges)) if is_binned else given


def _edges(text: str) -> list[float]:
    try:
        return [float(part) if "." in part else int(part) for part in text.split(",")]
    except ValueError:
        raise InvalidInput("bins", "must be numbers with commas between: 0,1000,10000") from None


def breakdown(
    campaign: CampaignName,
    field: Annotated[
        str,
        typer.Argument(
            help="The contacts' field, such as address.city.", autocompletion=_complete.fields
        ),
    ],
    bins: Annotated[
        str | None, typer.Option(help="For numbers, the edges of the groups: 0,1000,10000.")
    ] = None,
    metric: Rate = "click_rate",
    smallest: Annotated[
        int, typer.Option(help="How many contacts a group needs to be shown by itself.")
    ] = 50,
    confidence: Confidence = 0.95,
    as_json: Json = False,
) -> None:
    """Break a campaign down by a field of its contacts; the groups sum to the whole."""
    if metric not in _RATES:
        raise InvalidInput("metric", f"must be one of {', '.join(_RATES)}")
    with connect() as client:
        found = client.analytics.breakdown(
            find_campaign(client, campaign).id,
            field,
            None if bins is None else _edges(bins),
            smallest=smallest,
            confidence=confidence,
        )
    _show.print_json(found) if as_json else _print_breakdown(found, metric)


def _print_breakdown(found: CampaignBreakdown, metric: str) -> None:
    counts = ("people", "impressions", "clicks", "conversions")
    title = metric.replace("_", " ")
    made = _show.table(found.field, *counts, title, "from", "to", numbers=(*counts, title))
    for group in (*found.groups, None):
        shown = found.totals if group is None else group
        numbers = [_show.plain(getattr(shown, name)) for name in counts[1:]]
        people = sum(each.people for each in found.groups) if group is None else group.people
        rate = None if group is None else group.rates.get(metric)
        ends = (None,) * 3 if rate is None else (rate.rate, rate.low, rate.high)
        shares = [_show.share(each) for each in ends]
        label = "all" if group is None else group.label
        made.add_row(_show.plain(label), _show.plain(people), *numbers, *shares)
    _show.console().print(made)
    whom = {"sent": "who was sent the message", "members": "the frozen audience"}
    _show.note(f"people: {whom.get(found.base, 'whom an impression reached')}")


def best_hour(
    campaign: Annotated[
        str | None,
        typer.Argument(
            help="Its name or id; all of yours by default.",
            autocompletion=_complete.campaigns,
        ),
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="Whose day: campaign, or contact (the attribute timezone).")
    ] = "campaign",
    confidence: Confidence = 0.95,
    as_json: Json = False,
) -> None:
    """Show by which hour of the day people click, and whether one is ahead beyond chance."""
    with connect() as client:
        found = client.analytics.best_hour(
            None if campaign is None else find_campaign(client, campaign).id,
            timezone=timezone,  # type: ignore[arg-type]  # the library says what it may be
            confidence=confidence,
        )
    _show.print_json(found) if as_json else _print_hours(found)


def _print_hours(found: BestHour) -> None:
    numbers = ("first clicks", "share", "from", "to", "sent")
    made = _show.table("hour", *numbers, "", numbers=numbers)
    most = max(hour.clicked for hour in found.hours)
    for hour in found.hours:
        shares = [_show.share(each) for each in (hour.share, hour.low, hour.high)]
        clicked, sent = f"{hour.clicked:,}", f"{hour.sent:,}"
        bar = _show.bar(hour.clicked, most, 12)
        made.add_row(f"{hour.hour:02}:00", clicked, *shares, sent, bar)
    _show.console().print(made)
    _show.say("[bold]{}[/]: {}", "no best hour" if found.hour is None else found, found.reason)
    for warning in (*found.warnings, found.caveat):
        _show.note(warning)
