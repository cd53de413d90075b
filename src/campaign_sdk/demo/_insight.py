"""What the demo's campaign amounts to: counts, an experiment, and a page to keep."""

from __future__ import annotations

from rich.text import Text

from campaign_sdk import Campaign, CampaignClient, Plan, Report
from campaign_sdk.cli import _reporting, _show
from campaign_sdk.demo._events import HOURS, synthetic_events
from campaign_sdk.demo._page import Page

FILE = "campaign-demo.html"
# As a real test would be planned before it: to find ten points, from a rate of 20 %.
PLAN = Plan.of(0.2, 0.1, arms=2, confidence=0.95, power=0.8)


def count(page: Page, client: CampaignClient, campaign: Campaign) -> Report:
    """Ingest made-up events, some of them twice, and report them by day."""
    page.chapter(
        "The report",
        f"CDNOW's customers never saw this: synthetic events of {HOURS} hours.",
    )
    events = list(synthetic_events(client, campaign))
    first = client.analytics.ingest(events)
    again = client.analytics.ingest(events[::3])
    page.say(
        f"{len(events):,} events: {first.inserted:,} counted. Every third again, as networks do: "
        f"{again.inserted} counted."
    )
    found = client.analytics.report(campaigns=campaign.id)
    page.show(_reporting.report_table(found))
    return found


def compare(page: Page, client: CampaignClient, campaign: Campaign) -> None:
    """Compare the two messages, and say it in words."""
    page.chapter("Which message", "Drawn at random, person by person; planned before the look.")
    found = client.analytics.experiment(campaign.id, "click_rate", plan=PLAN)
    made = _show.table("message", "sent", "clicked", "95 % interval", numbers=("sent", "clicked"))
    for arm in found.arms:
        interval = f"{_show.share(arm.low)} to {_show.share(arm.high)}" if arm.rate else ""
        name = "held out" if arm.held_out else arm.variant or ""
        made.add_row(name, f"{arm.sent:,}", _show.share(arm.rate if arm.sent else None), interval)
    page.show(made)
    page.say(f"[bold]{found.verdict}[/]: {found.reason}.")
    page.chapter("In words", "Each number in them is a fact of the counts; no model wrote this.")
    page.show(Text(client.analytics.summarize(campaign.id, plan=PLAN).text))


def leave(page: Page, report: Report) -> None:
    """Leave a page behind that can be opened in a browser."""
    report.to_html(FILE, title="We miss you")
    page.gap()
    page.say(f"[bold]The report is left in {FILE}[/]: open it in a browser.")
