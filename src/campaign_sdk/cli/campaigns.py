"""`campaign create`, `campaign show` and so on: a message for an audience, stored and changed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaign_sdk.cli import _complete, _show
from campaign_sdk.cli._connect import connect, find_campaign, find_segment
from campaign_sdk.cli._edit import edit_message
from campaign_sdk.cli._files import read_text, there
from campaign_sdk.cli._options import (
    CampaignName,
    Json,
    RulesFile,
    Timezone,
    Where,
    example,
    rules_given,
)
from campaign_sdk.cli._variants import HoldOut, TestShare, Variants, of_a_test

if TYPE_CHECKING:
    from campaign_sdk import Campaign

app = typer.Typer()

Message = Annotated[
    str | None, typer.Option(help="The text, with placeholders such as {{ city }}.")
]
MessageFile = Annotated[
    Path | None,
    typer.Option(callback=there, help="The text, in a file; or -."),
]
Subject = Annotated[str | None, typer.Option(help="The subject of an e-mail, with placeholders.")]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html",
        callback=there,
        help="The same as HTML, in a file; or -.",
    ),
]
SegmentName = Annotated[
    str | None,
    typer.Option(help="The audience: a segment's name or id.", autocompletion=_complete.segments),
]


@app.command(
    epilog=example("campaign create Autumn --segment Lapsed --message 'Hello {{ city }}!'")
)
def create(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    message: Message = None,
    message_file: MessageFile = None,
    subject: Subject = None,
    html: Html = None,
    segment: SegmentName = None,
    where: Where = None,
    rules: RulesFile = None,
    variant: Variants = None,
    hold_out: HoldOut = None,
    test_share: TestShare = None,
    description: Annotated[str | None, typer.Option(help="For people.")] = None,
    timezone: Timezone = None,
    as_json: Json = False,
) -> None:
    """Store a new campaign, a draft."""
    with connect() as client:
        audience = _audience(client, segment, where, rules)
        campaign = client.campaigns.create(
            name,
            message=_text(message, message_file),
            subject=subject,
            html=_text(None, html),
            description=description,
            timezone=timezone,
            **audience,
            **of_a_test(variant, hold_out, test_share),
        )
    _print(campaign, as_json)


def _audience(
    client: Any, segment: str | None, where: str | None, rules: Path | None
) -> dict[str, Any]:

    found: dict[str, Any] = {}
    if segment is not None:
        found["segment_id"] = find_segment(client, segment).id
    given = rules_given(where, rules)
    if given is not None:
        found["rules"] = given
    return found


def _text(message: str | None, file: Path | None) -> str | None:
    if message is not None and file is not None:
        raise typer.BadParameter("give --message or --message-file, not both")
    return message if file is None else read_text(file, "message")


@app.command(epilog=example("campaign edit Spring --message-file message.txt"))
def edit(
    campaign: CampaignName,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    message: Message = None,
    message_file: MessageFile = None,
    subject: Subject = None,
    html: Html = None,
    segment: SegmentName = None,
    where: Where = None,
    rules: RulesFile = None,
    as_json: Json = False,
) -> None:
    """Change what is given; without options, the message, in $EDITOR."""
    with connect() as client:
        found = find_campaign(client, campaign, "update")
        texts = {"message": _text(message, message_file), "html": _text(None, html)}
        given = {"name": name, "subject": subject, **texts}
        changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        changes |= _audience(client, segment, where, rules)
        edited = client.campaigns.update(found.id, **changes) if changes else edit_message(
            client, found
        )  # fmt: skip
    _print(edited, as_json)


@app.command("list", epilog=example("campaign list --status draft"))
def list_(
    status: Annotated[
        str | None,
        typer.Option(help="Only those of this status.", autocompletion=_complete.statuses),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the campaigns, the newest first."""
    with connect() as client:
        campaigns = client.campaigns.list(status=status)  # type: ignore[arg-type]  # `list` checks it
    if as_json:
        _show.print_json_list(campaigns)
        return
    made = _show.table("id", "name", "status", "audience", "launched", numbers=("audience",))
    for one in campaigns:
        launched = _show.plain(one.launched_at)
        size = _show.plain(one.audience_size if one.launched_at else None)
        made.add_row(str(one.id)[:8], _show.plain(one.name), one.status, size, launched)
    _show.console().print(made)


@app.command(epilog=example("campaign show Spring"))
def show(campaign: CampaignName, as_json: Json = False) -> None:
    """Show one campaign, and where it is in its life."""
    with connect() as client:
        found = find_campaign(client, campaign)
    _print(found, as_json)


def _print(campaign: Campaign, as_json: bool) -> None:

    if as_json:
        _show.print_json(campaign)
        return
    for warning in campaign.warnings:
        _show.note(warning)
    screen = _show.console()
    hidden = {"wire", "message", "html", "status", "warnings", "variants"}
    hidden |= set() if campaign.launched_at else {"audience_size"}
    hidden |= set() if campaign.hold_out else {"hold_out"}
    known = {
        name: _show.moment(value, campaign.timezone) if isinstance(value, datetime) else value
        for name, value in campaign.model_dump(exclude=hidden, exclude_none=True).items()
    }
    if campaign.variants:
        known["variants"] = ", ".join(each.name for each in campaign.variants)
    if campaign.wire is not None:
        known["rules"] = _show.explained(campaign)
    _show.print_facts(known)
    screen.print("", _show.status_line(campaign.status), "", sep="\n")
    weights = sum(variant.weight for variant in campaign.variants)
    none = "" if campaign.variants else "There is no message yet."
    screen.print(_show.plain(campaign.message or campaign.html or none))
    for variant in campaign.variants:
        _show.say("\n[bold cyan]{}[/] ({} of {})", variant.name, variant.weight, weights)
        text = variant.message or variant.html or "The campaign's own."
        screen.print(_show.plain(text))


@app.command(epilog=example("campaign history Spring"))
def history(campaign: CampaignName, as_json: Json = False) -> None:
    """Show every move that it made."""
    with connect() as client:
        changes = client.campaigns.history(find_campaign(client, campaign).id)
    if as_json:
        _show.print_json_list(changes)
        return
    made = _show.table("when", "from", "to")
    for change in changes:
        made.add_row(_show.plain(change.changed_at), change.from_status, change.to_status)
    _show.console().print(made)


@app.command(epilog=example("campaign duplicate Spring --name 'Spring, again'"))
def duplicate(
    campaign: CampaignName,
    name: Annotated[str | None, typer.Option(help="Of the copy.")] = None,
    as_json: Json = False,
) -> None:
    """Store a new draft with the same message and audience."""
    with connect() as client:
        copy = client.campaigns.duplicate(find_campaign(client, campaign).id, name=name)
    _print(copy, as_json)


@app.command(epilog=example("campaign delete Old --yes"))
def delete(
    campaign: CampaignName,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Delete a campaign with its history, counts and events."""
    with connect() as client:
        found = find_campaign(client, campaign)
        if not yes:
            typer.confirm(f"Delete the campaign {found.name!r} and its counts?", abort=True)
        client.campaigns.delete(found.id)
    _show.say("Deleted.")
