"""Whom a campaign reaches, and with which text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from campaign_sdk._core.errors import InvalidInput, NotReady
from campaign_sdk._core.operation import PagedSteps, Resource, Steps
from campaign_sdk._core.paging import function_pages
from campaign_sdk.campaigns._models import Campaign
from campaign_sdk.contacts._matching import match_arguments
from campaign_sdk.contacts._models import Contact
from campaign_sdk.rules import Rules
from campaign_sdk.segments._audience import read_segment
from campaign_sdk.templates import Template


def audience_of(resource: Resource[Any], campaign: Campaign) -> Steps[Rules | None]:
    """Return whom a campaign is for: its segment before the launch, its own rules after it."""
    if campaign.launched_at is None and campaign.segment_id is not None:
        segment = yield from read_segment(resource, campaign.segment_id)
        return None if segment.wire is None else segment.rules
    return campaign.rules


def reached(resource: Resource[Any], campaign: Campaign, page_size: int) -> PagedSteps[Contact]:
    rules = yield from audience_of(resource, campaign)
    if rules is None:
        raise NotReady("the campaign has no audience: give it rules or a segment")
    arguments = match_arguments(rules, campaign.launched_at, campaign.timezone)
    reachable = {**arguments, "reachable": True}
    yield from function_pages(resource, "match_contacts", reachable, Contact, page_size)


def rendered(
    render: Callable[[Contact], str],
    on_problem: Callable[[Contact, InvalidInput], object] | None,
    contacts: Sequence[Contact],
) -> Sequence[tuple[Contact, str]]:
    messages = []
    for contact in contacts:
        try:
            messages.append((contact, render(contact)))
        except InvalidInput as error:
            named = InvalidInput(f"contacts[{contact.id}].{error.path}", error.reason)
            if on_problem is None:
                raise named from None
            on_problem(contact, named)
    return messages


def template_of(campaign: Campaign) -> Template:
    if not (campaign.message or "").strip():
        raise NotReady("the campaign has no message")
    return Template.parse(campaign.message or "", timezone=ZoneInfo(campaign.timezone))
