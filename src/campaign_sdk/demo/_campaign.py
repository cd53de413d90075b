"""The demo's campaign: its two messages, its pre-flight and its launch."""

from __future__ import annotations

from rich.markup import escape

from campaign_sdk import (
    Campaign,
    CampaignClient,
    CampaignError,
    ConfigurationError,
    IllegalTransition,
    Segment,
    Variant,
)
from campaign_sdk.cli import _show
from campaign_sdk.demo import _data
from campaign_sdk.demo._page import Page

NAME = "We miss you"
HOLD_OUT = 0.1
_BRIEF = "Win back customers who ordered often and then stayed away: 15 % off their next CD"
_UNKNOWN, _MENDED = "Hi {{ first_name }},", "Hello,"
_STORY = "The shop is as you left it, on {{ last_order_at | date: '%-d %B %Y' }}. Come and see."


def write(page: Page, client: CampaignClient, segment: Segment) -> Campaign:
    """Create the campaign; its pre-flight finds a mistake, and it is mended."""
    page.chapter(
        "A message, and its pre-flight", "Placeholders are checked against what contacts have."
    )
    text = _data.message()
    campaign = _created(client, segment, text)
    drafted = _drafted(page, client, campaign)
    _inspect(page, client, campaign)
    client.campaigns.delete(campaign.id)
    better = drafted or text.replace(_UNKNOWN, _MENDED)
    if not drafted:
        page.say(f'"{_UNKNOWN}" becomes "{_MENDED}", beside a second message to compare with:')
    campaign = _created(client, segment, better)
    _inspect(page, client, campaign)
    return campaign


def _created(client: CampaignClient, segment: Segment, text: str) -> Campaign:
    return client.campaigns.create(
        NAME,
        subject=NAME,
        message=text,
        segment_id=segment.id,
        variants=[Variant("offer"), Variant("story", message=_STORY)],
        hold_out=HOLD_OUT,
    )


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
        page.say("OpenAI writes a draft, which takes the place of somebody's own:")
        page.say(f"[italic]{escape(draft.body)}[/]")
        return draft.body
    page.say(f"The draft has a mistake ({escape(draft.problems[0].reason)}): from a file, then.")
    return None


def _inspect(page: Page, client: CampaignClient, campaign: Campaign) -> None:
    checked = client.campaigns.preflight(campaign.id)
    errors = [each for each in checked.problems if each.severity == "error"]
    for problem in errors:
        page.say(f"[red]Pre-flight: error.[/] {escape(problem.reason)}")
    if checked.ok and checked.audience:
        reach = f"{checked.audience.reachable:,} contacts"
        page.say(f"[green]Pre-flight: ready.[/] It would reach {reach}.")


def launch(page: Page, client: CampaignClient, campaign: Campaign) -> Campaign:
    """Launch it, and show that a second launch is refused."""
    page.chapter("The launch", "One statement freezes who is written to, and notes the move.")
    campaign = client.campaigns.launch(campaign.id)
    page.show(_show.status_line(campaign.status))
    page.say(
        f'[bold green]"{campaign.name}" is launched[/] for {campaign.audience_size:,} contacts; '
        f"{HOLD_OUT:.0%} get nothing, to show what happens anyway."
    )
    try:
        client.campaigns.launch(campaign.id)
    except IllegalTransition as error:
        page.say(f"Launching it once more is refused: [yellow]{error.message}[/].")
    return campaign
