"""What the demo tells: from a file of customers to a report."""

from __future__ import annotations

import time
from contextlib import ExitStack

from rich.console import Console

from campaign_sdk import CampaignClient, ImportReport, LocalSupabase
from campaign_sdk.demo import _audience, _campaign, _insight, _return, _sending
from campaign_sdk.demo._data import customers
from campaign_sdk.demo._next import next_steps
from campaign_sdk.demo._page import Page

_PASSWORD = "demo-password-1998"  # noqa: S105 - of users who live for a minute


def run(console: Console) -> None:
    """Tell the story once, and leave nothing behind but the report, however it ends."""
    page, began = Page(console), time.monotonic()
    page.console.print("[bold]campaign demo[/]: a marketing campaign from a CSV file to a report")
    with ExitStack() as stack:
        secret = _return.webhook_secret()
        local = _start(page, stack, secret)
        asha, ben = _two_people(page, stack, local)
        _import(page, asha)
        segment = _audience.describe(page, asha, ben)
        campaign = _campaign.write(page, asha, segment)
        campaign = _campaign.launch(page, asha, campaign)
        _sending.send(page, asha, campaign)
        _return.come_home(page, asha, local.url, secret)
        report = _insight.count(page, asha, campaign)
        _insight.compare(page, asha, campaign)
        _insight.leave(page, report)
    _conclude(page, time.monotonic() - began)


def _start(page: Page, stack: ExitStack, secret: str) -> LocalSupabase:
    page.chapter(
        "A Supabase of our own",
        "No Docker, no account; the first start on a machine installs it.",
    )
    began = time.monotonic()
    with page.waiting("starting the local stack"):
        environment = {"RESEND_WEBHOOK_SECRET": secret}
        local = stack.enter_context(LocalSupabase(functions_env=environment))
    page.say(f"Up at [cyan]{local.url}[/] after {time.monotonic() - began:.1f} s.")
    return local


def _two_people(
    page: Page, stack: ExitStack, local: LocalSupabase
) -> tuple[CampaignClient, CampaignClient]:
    clients = []
    for name in ("Asha", "Ben"):
        client = stack.enter_context(CampaignClient(local.url, local.anon_key))
        client.auth.sign_up(f"{name.lower()}@example.com", _PASSWORD, full_name=name)
        clients.append(client)
    page.say("[bold]Asha[/] signs up, to do the work, and [bold]Ben[/], to see none of it.")
    return clients[0], clients[1]


def _import(page: Page, client: CampaignClient) -> None:
    page.chapter(
        "Real customers",
        "CDNOW sold music on the web in 1997; only the e-mail addresses are made up.",
    )
    first, seconds = _import_once(page, client, "importing")
    page.say(
        f"[bold green]Imported {first.created:,} contacts[/] in {seconds:.1f} s "
        f"({first.read / seconds:,.0f} rows a second); {first.rejected} rows were refused."
    )
    again, _ = _import_once(page, client, "importing the same file again")
    page.say(f"The same file again: {again.unchanged:,} unchanged, {again.created} created.")


def _import_once(page: Page, client: CampaignClient, label: str) -> tuple[ImportReport, float]:
    began = time.monotonic()
    with page.progress() as progress:
        task = progress.add_task(label, total=None)
        report = client.contacts.import_csv(
            customers(),
            progress=lambda done, total, _: progress.update(task, completed=done, total=total),
        )
    return report, time.monotonic() - began


def _conclude(page: Page, seconds: float) -> None:
    page.gap()
    page.say(f"[bold green]Done[/] in {seconds:.0f} s. All else is stopped and thrown away.")
    page.say("Your own, one that stays; paste it as it is:")
    page.gap()
    for command in next_steps(customers()):
        page.command(command)
