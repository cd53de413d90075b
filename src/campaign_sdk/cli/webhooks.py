"""`campaign webhooks`: what providers post, judged and taken in by hand."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from campaign_sdk._core.errors import ConfigurationError, InvalidInput
from campaign_sdk.cli import _complete, _show
from campaign_sdk.cli._connect import connect, find_campaign
from campaign_sdk.cli._files import read_bytes, there
from campaign_sdk.cli._options import SHOWN, Json, example, moment_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_sdk.webhooks import DeliveryEvent, Provider

app = typer.Typer(
    name="webhooks", help="Judge and replay what providers have posted.", no_args_is_help=True
)

Body = Annotated[
    Path,
    typer.Argument(callback=there, help="A file with the body as it came; or -."),
]


@app.command(
    epilog=example(
        "campaign webhooks check postmark event.json --header 'X-Webhook-Secret: s3cret'"
    )
)
def check(
    provider: Annotated[
        str,
        typer.Argument(
            help="resend, postmark, sendgrid, mailgun or ses.", autocompletion=_complete.providers
        ),
    ],
    body: Body,
    headers: Annotated[
        list[str] | None, typer.Option("--header", help="As it came: 'name: value'. Repeatable.")
    ] = None,
    secret_env: Annotated[
        str | None,
        typer.Option(help="The variable that holds the secret; RESEND_WEBHOOK_SECRET and so on."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="The moment to judge its age by; now otherwise.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove a request as the function `hook` would, and show what it reports."""
    from campaign_sdk.webhooks import Webhook

    webhook = Webhook(
        _provider(provider),
        secrets=_secrets(secret_env or f"{provider.upper()}_WEBHOOK_SECRET"),
        clock=time.time if at is None else moment_of(at, None, "at").timestamp,
    )
    _print(
        webhook.read([_header(text) for text in headers or []], read_bytes(body, "body")), as_json
    )


@app.command(epilog=example("campaign webhooks replay event.json --campaign Spring"))
def replay(
    body: Body,
    provider: Annotated[
        str | None,
        typer.Option(
            help="Whose it is; told by its looks otherwise.", autocompletion=_complete.providers
        ),
    ] = None,
    campaign: Annotated[
        str | None,
        typer.Option(
            help="The campaign of reports that name none: its name or id.",
            autocompletion=_complete.campaigns,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take in a request that was kept, without a proof. The same again changes nothing."""
    named = None if provider is None else _provider(provider)
    with connect() as client:
        campaign_id = None if campaign is None else find_campaign(client, campaign).id
        report = client.analytics.receive(
            read_bytes(body, "body"), provider=named, campaign_id=campaign_id
        )
    if as_json:
        _show.print_json(report)
    else:
        _show.print_facts(report.model_dump())


def _provider(name: str) -> Provider:
    from campaign_sdk.webhooks import PROVIDERS

    for known in PROVIDERS:
        if known == name:
            return known
    raise InvalidInput("provider", f"must be one of {', '.join(PROVIDERS)}")


def _secrets(name: str) -> Sequence[str]:
    # While one replaces the other there are two, as in the function's environment.
    found = [os.environ[each] for each in (name, f"{name}_2") if os.environ.get(each)]
    if not found:
        raise ConfigurationError(f"{name} is missing from the environment")
    return found


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise typer.BadParameter("must look like 'name: value'", param_hint="--header")
    return name.strip(), value.strip()


def _print(events: Sequence[DeliveryEvent], as_json: bool) -> None:
    if as_json:
        _show.print_json_list(iter(events))
        return
    made = _show.table("kind", "reason", "at", "campaign", "id")
    for event in events[:SHOWN]:
        cells = (event.kind, event.reason, _minute(event.at), event.campaign_id, event.id)
        made.add_row(*(_show.plain(cell) for cell in cells))
    _show.console().print(made)
    if len(events) > SHOWN:
        _show.note(f"there are {len(events)}: --json shows all")


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")
