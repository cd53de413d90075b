"""The demo's campaign: its message, its launch, and what came of it."""

from __future__ import annotations

import time

from rich.markup import escape
from rich.table import Table

from campaign_sdk import (
    Campaign,
    CampaignClient,
    CampaignError,
    ConfigurationError,
    IllegalTransition,
    Segment,
)
from campaign_sdk.cli import _reporting, _show
from campaign_sdk.demo import _data
from campaign_sdk.demo._events import DAYS, synthetic_events
from campaign_sdk.demo._page import Page

_READERS = ("customer-411@example.com", "customer-21564@example.com")
_BRIEF = "Win back customers who ordered often and then stayed away: 15 % off their next CD"
_UNKNOWN, _MENDED = "Hi {{ first_name }},", "Hello,"


def write(page: Page, client: CampaignClient, segment: Segment) -> Campaign:
    """Create the campaign; its pre-flight finds a mistake, and it is mended."""
    page.chapter(
        "A message, and its pre-flight",
        "Placeholders are checked against the fields that the contacts really have, before "
        "anybody gets to see them.",
    )
    text = _data.message()
    campaign = client.campaigns.create(
        "We miss you", subject="We miss you", message=text, segment_id=segment.id
    )
    drafted = _drafted(page, client, campaign)
    page.letter("message.txt", text)
    _inspect(page, client, campaign)
    page.gap()
    better = drafted or text.replace(_UNKNOWN, _MENDED)
    campaign = client.campaigns.update(campaign.id, message=better)
    if drafted:
        page.letter("OpenAI's draft takes its place", drafted)
    else:
        page.say(f'"{_UNKNOWN}" becomes "{_MENDED}", and once more:')
    _inspect(page, client, campaign)
    return campaign


def _drafted(page: Page, client: CampaignClient, campaign: Campaign) -> str | None:
    """Have the message drafted; without a key, or a usable draft, say why there is none."""
    try:
        draft = client.campaigns.draft_message(campaign.id, brief=_BRIEF, save=False)
    except ConfigurationError:
        page.say("There is no OPENAI_API_KEY, so the message comes from a file.")
        return None
    except CampaignError as error:
        page.say(f"There is no draft ({escape(error.message)}): the message comes from a file.")
        return None
    if draft.ok:
        page.say("OpenAI writes a draft. Meanwhile, somebody's own, from a file:")
        return draft.body
    page.say(f"The draft has a mistake ({escape(draft.problems[0].reason)}): from a file, then.")
    return None


def _inspect(page: Page, client: CampaignClient, campaign: Campaign) -> None:
    checked = client.campaigns.preflight(campaign.id)
    for problem in checked.problems:
        page.say(f"[red]Pre-flight: {problem.severity}.[/] {escape(problem.reason)}")
    if checked.ok and checked.audience:
        reach = f"{checked.audience.reachable:,} contacts"
        page.say(f"[green]Pre-flight: ready.[/] It would reach {reach}.")


def launch(page: Page, client: CampaignClient, campaign: Campaign) -> Campaign:
    """Launch it, and show that a second launch is refused."""
    page.chapter(
        "The launch",
        "One statement in the database freezes who is written to, and notes the move.",
    )
    campaign = client.campaigns.launch(campaign.id)
    page.say(
        f'[bold green]"{campaign.name}" is launched[/] for {campaign.audience_size:,} contacts.'
    )
    page.gap()
    page.show(_show.status_line(campaign.status))
    page.gap()
    try:
        client.campaigns.launch(campaign.id)
    except IllegalTransition as error:
        page.say(f"Launching it once more is refused: [yellow]{error.message}[/].")
    return campaign


def render(page: Page, client: CampaignClient, campaign: Campaign) -> None:
    """Show the message as a few people get it."""
    page.chapter(
        "Everyone gets a message of their own",
        "Placeholders are filled in one pass, and what a contact holds is only ever text.",
    )
    for email in _READERS:
        if contact := client.contacts.find(email):
            page.letter(email, client.campaigns.render(campaign.id, contact))
    began = time.monotonic()
    count = sum(1 for _ in client.campaigns.render_audience(campaign.id))
    page.say(f"All {count:,} messages were rendered in {time.monotonic() - began:.1f} s.")


def measure(page: Page, client: CampaignClient, campaign: Campaign) -> None:
    """Ingest made-up events, some twice, one of them broken."""
    page.chapter(
        "What came back",
        "CDNOW's customers never saw this message: these events are synthetic, thrown by seeded "
        f"dice over the last {DAYS} days. Networks deliver twice; we count once.",
    )
    events = list(synthetic_events(campaign, client.campaigns.audience(campaign.id)))
    made = _show.table("sent", "events", "counted", "duplicates", "rejected",
                       numbers=("events", "counted", "duplicates", "rejected"))  # fmt: skip
    for label, batch in (
        ("all of them", events),
        ("every third, again", events[::3]),
        ("one of a bad type", [{**events[0], "event_id": "x", "type": "opened"}]),
    ):
        result = client.analytics.ingest(batch)
        counts = (len(batch), result.inserted, result.duplicates, result.rejected)
        made.add_row(label, *(f"{count:,}" for count in counts))
    page.show(made)


def report(page: Page, client: CampaignClient, campaign: Campaign) -> None:
    """Print the counts and rates, by day and in all."""
    page.chapter(
        "The report",
        "CTR: clicks per impression. CVR: conversions per click. A rate over zero is no rate.",
    )
    found = client.analytics.report(campaigns=campaign.id)
    page.show(_reporting.report_table(found))
    page.gap()
    peak = max(row.impressions for row in found.rows)
    made = Table.grid(padding=(0, 2, 0, 0))
    for row in found.rows:
        made.add_row(str(row.day), _show.bar(row.impressions, peak))
    page.say("Impressions by day:")
    page.show(made)
    checked = client.analytics.reconcile(campaign.id)
    if checked.agrees:
        page.gap()
        page.say("Reconciled: the counters equal the log of events on every day.")
