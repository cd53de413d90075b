"""The demo's audience: customers who came often, and then stayed away."""

from __future__ import annotations

from datetime import UTC, date, datetime

from rich.table import Table

from campaign_sdk import CampaignClient, NotFound, Segment, everyone, field
from campaign_sdk.cli import _show
from campaign_sdk.demo._page import Page

AS_OF = datetime(1998, 6, 30, tzinfo=UTC)

# What is shown is what is run: a test holds the two together.
LAPSED_CODE = """\
regular = field("orders") >= 3
away = field("last_order_at").not_within_last(days=90)
lapsed = regular & away"""
LAPSED = (field("orders") >= 3) & field("last_order_at").not_within_last(days=90)

PINNED_CODE = """\
away = field("last_order_at") < date(1998, 4, 1)
lapsed = regular & away"""
PINNED = (field("orders") >= 3) & (field("last_order_at") < date(1998, 4, 1))


def describe(page: Page, client: CampaignClient) -> Segment:
    """Build the segment in code, and show what it costs and who is in it."""
    page.chapter(
        "An audience, as a rule",
        "Who ordered three times or more, but not in the last 90 days? The data ends in June "
        "1998, so we ask as of 1998-06-30. The database counts; Python only asks.",
    )
    page.code(LAPSED_CODE)
    lapsed = client.segments.size(LAPSED, as_of=AS_OF)
    page.say(f"As of 1998-06-30 the audience has [bold green]{lapsed.count:,} contacts[/].")
    page.say("The same with a date instead of a span means the same today as it did then:")
    page.gap()
    page.code(PINNED_CODE)
    segment = client.segments.create("Lapsed regulars", PINNED)
    _leaves(page, client)
    _preview(page, client, segment)
    return segment


def _leaves(page: Page, client: CampaignClient) -> None:
    someone = min(client.contacts.iterate(PINNED), key=lambda contact: contact.email)
    client.contacts.unsubscribe(someone.id)
    page.say(f"{someone.email} unsubscribes: still a contact, but never written to again.")
    page.gap()


def _preview(page: Page, client: CampaignClient, segment: Segment) -> None:
    preview = client.segments.preview(segment.id, sample=0)
    total = client.contacts.count()
    page.say(
        f"Audience size: [bold green]{preview.size.count:,}[/] of {total:,}, "
        f"[bold green]{preview.size.reachable:,}[/] of them reachable."
    )
    page.gap()
    page.show(_show.funnel(segment.rules, preview.funnel, total))
    page.gap()
    page.say("A sample of them:")
    page.gap()
    page.show(_sample(client))


def _sample(client: CampaignClient) -> Table:
    made = _show.table("email", "orders", "spend", "last order", numbers=("orders", "spend"))
    big = PINNED & (field("spend") >= 1_500)
    for contact in sorted(client.contacts.iterate(big), key=lambda contact: contact.email):
        known = contact.attributes
        made.add_row(
            contact.email, str(known["orders"]), f"${known['spend']:,.2f}", known["last_order_at"]
        )
    return made


def keep_apart(page: Page, asha: CampaignClient, ben: CampaignClient, segment: Segment) -> None:
    """Show that the other user sees none of it."""
    page.chapter(
        "What Ben sees of it",
        "Row level security in the database decides this, not Python: it holds for every client.",
    )
    made = _show.table("", "Asha", "Ben", numbers=("Asha", "Ben"))
    for name, count in (
        ("contacts", lambda client: client.contacts.count()),
        ("segments", lambda client: len(client.segments.list())),
        ("everyone()", lambda client: client.segments.size(everyone()).count),
    ):
        made.add_row(name, f"{count(asha):,}", f"{count(ben):,}")
    page.show(made)
    page.gap()
    page.say(f"Ben asks for Asha's segment by its id: [yellow]{_refusal(ben, segment)}[/]")


def _refusal(client: CampaignClient, segment: Segment) -> str:
    try:
        client.segments.get(segment.id)
    except NotFound as error:
        return f"NotFound, {error.message}"
    raise AssertionError("row level security let somebody else's segment through")
