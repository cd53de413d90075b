"""What the demo tells: from a file of customers to a report."""

from __future__ import annotations

import time
from contextlib import ExitStack

from rich.console import Console
from rich.table import Table

from campaign_sdk import CampaignClient, ImportReport, LocalSupabase
from campaign_sdk.cli import _show
from campaign_sdk.demo import _audience, _campaign, _return, _sending
from campaign_sdk.demo._data import customers
from campaign_sdk.demo._next import next_steps
from campaign_sdk.demo._page import Page

_PASSWORD = "demo-password-1998"  # noqa: S105 - of users who live for a minute


def run(console: Console) -> None:
    """Tell the story once, and leave nothing behind, however it ends."""
    page, began = Page(console), time.monotonic()
    page.console.print("[bold]campaign demo[/]: a marketing campaign from a CSV file to a report")
    with ExitStack() as stack:
        secret = _return.webhook_secret()
        local = _start(page, stack, secret)
        asha, ben = _two_people(page, stack, local)
        _import(page, asha)
        segment = _audience.describe(page, asha)
        _audience.keep_apart(page, asha, ben, segment)
        campaign = _campaign.write(page, asha, segment)
        campaign = _campaign.launch(page, asha, campaign)
        _campaign.render(page, asha, campaign)
        _sending.send(page, asha, campaign)
        _campaign.measure(page, asha, campaign)
        _campaign.report(page, asha, campaign)
        _return.come_home(page, asha, local.url, secret)
    _conclude(page, time.monotonic() - began)


def _start(page: Page, stack: ExitStack, secret: str) -> LocalSupabase:
    page.chapter(
        "A Supabase of our own",
        "PostgreSQL 17 and Supabase's API on this machine: no Docker, no account. "
        "The first start on a machine installs what it needs, once.",
    )
    began = time.monotonic()
    with page.waiting("starting the local stack"):
        environment = {"RESEND_WEBHOOK_SECRET": secret}
        local = stack.enter_context(LocalSupabase(functions_env=environment))
    page.say(
        f"Up at [cyan]{local.url}[/] after {time.monotonic() - began:.1f} s, with our migrations: "
        "tables, row level security, functions."
    )
    return local


def _two_people(
    page: Page, stack: ExitStack, local: LocalSupabase
) -> tuple[CampaignClient, CampaignClient]:
    page.chapter("Two people sign up", "Asha does the work. Ben is there to see none of it.")
    clients = []
    for name in ("Asha", "Ben"):
        client = stack.enter_context(CampaignClient(local.url, local.anon_key))
        user = client.auth.sign_up(f"{name.lower()}@example.com", _PASSWORD, full_name=name)
        page.say(f"[bold]{name}[/] is signed in as {user.email}.")
        clients.append(client)
    return clients[0], clients[1]


def _import(page: Page, client: CampaignClient) -> None:
    page.chapter(
        "Real customers come in",
        "CDNOW sold music on the web in 1997. These are 7,856 of its customers and what they "
        "bought; only the e-mail addresses are made up (example.com).",
    )
    first, seconds = _import_once(page, client, "importing")
    page.say(
        f"[bold green]Imported {first.created:,} contacts[/] in {seconds:.1f} s "
        f"({first.read / seconds:,.0f} rows a second). Every row is accounted for:"
    )
    again, _ = _import_once(page, client, "importing the same file again")
    page.gap()
    page.show(_accounts({"the file": first, "the same file again": again}))
    page.gap()
    page.say(
        "An import that was cut off is simply run again: what is there already stays as it is."
    )


def _import_once(page: Page, client: CampaignClient, label: str) -> tuple[ImportReport, float]:
    began = time.monotonic()
    with page.progress() as progress:
        task = progress.add_task(label, total=None)
        report = client.contacts.import_csv(
            customers(),
            progress=lambda done, total, _: progress.update(task, completed=done, total=total),
        )
    return report, time.monotonic() - began


def _accounts(reports: dict[str, ImportReport]) -> Table:
    names = ("read", "created", "updated", "unchanged", "duplicate", "rejected")
    made = _show.table("", *reports, numbers=reports)
    for name in names:
        made.add_row(name, *(f"{getattr(report, name):,}" for report in reports.values()))
    return made


def _conclude(page: Page, seconds: float) -> None:
    page.gap()
    page.say(f"[bold green]Done[/] in {seconds:.0f} s. Everything is stopped and thrown away.")
    page.gap()
    page.say("Your own, one that stays; paste it as it is:")
    page.gap()
    for command in next_steps(customers()):
        page.command(command)
