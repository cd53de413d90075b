"""The demo's audience: customers who came often, and then stayed away."""

from __future__ import annotations

from datetime import date

from campaign_sdk import CampaignClient, NotFound, Segment, field
from campaign_sdk.cli import _show
from campaign_sdk.demo._page import Page

# What is shown is what is run: a test holds the two together.
LAPSED_CODE = """\
regular = field("orders") >= 3
away = field("last_order_at") < date(1998, 4, 1)
lapsed = regular & away"""
LAPSED = (field("orders") >= 3) & (field("last_order_at") < date(1998, 4, 1))


def describe(page: Page, asha: CampaignClient, ben: CampaignClient) -> Segment:
    """Build the segment in code, and show what it costs, and who sees it."""
    page.chapter(
        "An audience", "Three orders or more, and none since April 1998. The database counts."
    )
    page.code(LAPSED_CODE)
    segment = asha.segments.create("Lapsed regulars", LAPSED)
    someone = min(asha.contacts.iterate(LAPSED), key=lambda contact: contact.email)
    asha.contacts.unsubscribe(someone.id)
    preview = asha.segments.preview(segment.id, sample=0)
    page.show(_show.funnel(segment.rules, preview.funnel, asha.contacts.count()))
    page.say(
        f"Audience: [bold green]{preview.size.count:,}[/], of whom {preview.size.reachable:,} may "
        f"be written to: {someone.email} has unsubscribed."
    )
    page.say(
        f"Ben has {ben.contacts.count()} contacts; Asha's segment isn't his to see: "
        f"[yellow]{_refusal(ben, segment)}[/]"
    )
    return segment


def _refusal(client: CampaignClient, segment: Segment) -> str:
    try:
        client.segments.get(segment.id)
    except NotFound as error:
        return type(error).__name__
    raise AssertionError("row level security let somebody else's segment through")
