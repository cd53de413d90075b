"""The demo's hand-over: cut off in the middle, gone on with, and nobody got two."""

from __future__ import annotations

from collections.abc import Sequence

from campaign_sdk import Campaign, CampaignClient
from campaign_sdk.cli import _show
from campaign_sdk.demo._page import Page
from campaign_sdk.senders import Fake, Message, Receipt

_PARTS = 24
_STATES = ("sent", "failed", "skipped", "unknown", "pending")


class Cut:
    """Passes messages on to a vendor, until the plug is pulled behind one of the requests."""

    def __init__(self, vendor: Fake) -> None:
        self.batch_size = vendor.batch_size
        self._vendor = vendor
        self._left = _PARTS

    def __call__(self, messages: Sequence[Message]) -> list[Receipt]:
        """Hand the messages over; the last time, the answer reaches nobody."""
        receipts = self._vendor(messages)
        self._left -= 1
        if not self._left:
            raise SystemExit("the plug is pulled")
        return receipts


def send(page: Page, client: CampaignClient, campaign: Campaign) -> None:
    """Hand the campaign over to a vendor that sends nothing."""
    page.chapter(
        "Handing it over, with the plug pulled",
        "The vendor sends nothing, and refuses one in ten.",
    )
    vendor = Fake(seed=1998, batch_size=25)
    made = _show.table("", *_STATES, numbers=_STATES)

    def note(moment: str) -> None:
        status = client.deliveries.status(campaign.id)
        made.add_row(moment, *(f"{getattr(status, name):,}" for name in _STATES))

    try:
        client.deliveries.send(campaign.id, Cut(vendor))
    except SystemExit:
        note("cut off")
    client.deliveries.send(campaign.id, vendor)
    note("gone on")
    for receipts in vendor.receipts(100):
        client.deliveries.receive(receipts)
    note("receipts")
    page.show(made)
    most = max(vendor.accepted.values())
    page.say(
        "Whom the lost answer was about isn't tried again: the vendor's receipts tell. It has "
        f"{vendor.accepted.total():,} messages for {len(vendor.accepted):,} people: "
        + ("[bold green]nobody got two.[/]" if most == 1 else f"[red]somebody got {most}.[/]")
    )
