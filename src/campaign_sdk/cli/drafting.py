"""`campaign draft`: what a language model writes; also rules from words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from campaign_sdk.cli import _complete, _show
from campaign_sdk.cli._connect import connect, find_campaign
from campaign_sdk.cli._errors import AGAINST
from campaign_sdk.cli._options import CampaignName, Json, example

if TYPE_CHECKING:
    from campaign_sdk import CampaignClient, Rules
    from campaign_sdk.drafting import Draft


app = typer.Typer()


@app.command(epilog=example("campaign draft Spring --brief 'A warm hello again'"))
def draft(
    campaign: CampaignName,
    brief: Annotated[str | None, typer.Option(help="What it is to say.")] = None,
    channel: Annotated[
        str | None,
        typer.Option(
            help="email, sms, push or whatsapp; the campaign's own by default.",
            autocompletion=_complete.channels,
        ),
    ] = None,
    tone: Annotated[str | None, typer.Option(help="Such as warm, or matter-of-fact.")] = None,
    language: Annotated[str | None, typer.Option(help="Such as Hindi.")] = None,
    save: Annotated[
        bool, typer.Option("--save", help="Make it the message, with its subject.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Have OpenAI draft the message.

    It is checked against the fields that contacts have. No contact's data is sent, only which
    fields there are. Needs OPENAI_API_KEY. Exits 7 if the draft has errors.
    """
    wishes: dict[str, Any] = {"tone": tone, "language": language}
    if channel is not None:
        wishes["channel"] = channel
    with connect() as client:
        found = find_campaign(client, campaign, "update")
        written = client.campaigns.draft_message(found.id, brief=brief, save=save, **wishes)
    if as_json:
        _show.print_json(written)
    else:
        _print_draft(written, saved=save)
    if not written.ok:
        raise typer.Exit(AGAINST)


def _print_draft(written: Draft, *, saved: bool) -> None:
    screen = _show.console()
    headings = {"subject": written.subject, "preheader": written.preheader}
    _show.print_facts({name: text for name, text in headings.items() if text})
    screen.print("", _show.plain(written.body), "", sep="\n")
    for problem in written.problems:
        style = "red" if problem.severity == "error" else "yellow"
        line = Text(f"{problem.severity}: ", style=style)
        screen.print(line.append(_show.plain(f"{problem.path}: {problem.reason}")))
    for line_of_model in written.notes:
        _show.note(f"the model notes: {line_of_model}")
    _show.note("saved as the campaign's message" if saved else "not saved: --save does")


def described(client: CampaignClient, words: str, timezone: str | None) -> Rules:
    """Have rules written from words, and show what they really say before they are used."""
    drafted = client.drafting.rules(words, timezone=timezone or "UTC")
    _show.note(f"rules: {drafted.rules.explain()}")
    _show.note(f"meant: {drafted.explanation}")
    for guess in drafted.unsure:
        _show.note(f"unsure: {guess}")
    return drafted.rules
