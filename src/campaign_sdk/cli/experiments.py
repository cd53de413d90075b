"""`campaign experiment` and `campaign promote`: which message works, and did it work at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk.cli import _complete, _show
from campaign_sdk.cli._connect import connect, find_campaign
from campaign_sdk.cli._options import CampaignName, Json, example

if TYPE_CHECKING:
    from campaign_sdk import Experiment

app = typer.Typer()


@app.command(epilog=example("campaign experiment Kettles --metric click_rate"))
def experiment(
    campaign: CampaignName,
    metric: Annotated[
        str,
        typer.Option(
            help="open_rate, click_rate, conversion_rate or unsubscribe_rate.",
            autocompletion=_complete.people_rates,
        ),
    ] = "click_rate",
    baseline: Annotated[
        float | None, typer.Option(help="With --effect: the rate that was planned with.")
    ] = None,
    effect: Annotated[
        float, typer.Option(help="The difference that was to be found: 0.01 is one point.")
    ] = 0.01,
    as_json: Json = False,
) -> None:
    """Compare the variants of a campaign, person by person, and with those held out."""
    with connect() as client:
        found = find_campaign(client, campaign)
        arms = max(len(found.variants), 2)
        plan = (
            None
            if baseline is None
            else client.analytics.plan(baseline=baseline, effect=effect, arms=arms)
        )
        shown = client.analytics.experiment(found.id, metric, plan=plan)
    _show.print_json(shown) if as_json else _print(shown)


@app.command(epilog=example("campaign promote Kettles story"))
def promote(
    campaign: CampaignName,
    variant: Annotated[
        str, typer.Argument(help="The variant's name.", autocompletion=_complete.variants)
    ],
    as_json: Json = False,
) -> None:
    """Choose the variant for all who wait for the end of the test; once, and for good."""
    with connect() as client:
        promoted = client.campaigns.promote(find_campaign(client, campaign, "promote").id, variant)
    if as_json:
        _show.print_json(promoted)
        return
    _show.say("[bold]{}[/] goes to all who waited: `campaign send` goes on.", variant)


def _print(found: Experiment) -> None:
    made = _show.table("variant", "members", "sent", found.metric, "from", "to")
    for arm in found.arms:
        name = arm.variant or ("held out" if arm.held_out else "all")
        rates = ["-" if rate is None else f"{rate:.2%}" for rate in (arm.rate, arm.low, arm.high)]
        made.add_row(_show.plain(name), f"{arm.members:,}", f"{arm.sent:,}", *rates)
    _show.console().print(made)
    if found.lift is not None:
        low, high = 100 * found.lift.low, 100 * found.lift.high
        points = f"{100 * found.lift.difference:+.2f} points ({low:+.2f} to {high:+.2f})"
        _show.say("lift of conversions over the held out: {}", points)
    _show.say("[bold]{}[/]: {}", found.verdict, found.reason)
