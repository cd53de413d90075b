"""Whom a campaign reaches, and with which text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput, NotActive, NotReady
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import Model, uuid_text
from campaign_sdk._core.operation import (
    Mode,
    Page,
    PagedSteps,
    Resource,
    Steps,
    operation,
    pages,
)
from campaign_sdk._core.paging import PAGE, Seen, check_page_size, function_pages, map_pages
from campaign_sdk._core.zones import zone
from campaign_sdk.assets._resource import with_images
from campaign_sdk.campaigns._content import MAX_HTML
from campaign_sdk.campaigns._freeze import frozen
from campaign_sdk.campaigns._models import Campaign
from campaign_sdk.campaigns._read import read_campaign
from campaign_sdk.contacts._matching import match_arguments
from campaign_sdk.contacts._models import Contact
from campaign_sdk.rules import Rules
from campaign_sdk.segments._audience import read_segment
from campaign_sdk.templates import Template


class Audiences(Resource[Mode]):
    """Who is meant, and what each of them gets."""

    @pages
    def audience(
        self, id: UUID | str, *, after: UUID | str | None = None, page_size: int = PAGE
    ) -> PagedSteps[Contact]:
        """Yield each contact whom the campaign reaches, exactly once, page by page.

        Before the launch, who matches now. After it, the members that it froze, whatever
        became of the rules, the segment or the contacts since; the contacts are as they are
        now. Whoever has unsubscribed, is suppressed or was deleted is left out.

        Args:
            id: the campaign.
            after: go on after this contact, who was yielded before.
            page_size: contacts in one request.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            NotReady: it has no audience yet.
            InvalidInput: `after` isn't a member.
        """
        campaign = yield from read_campaign(self, id)
        yield from reached(self, campaign, after, page_size)

    @operation
    def render(
        self, id: UUID | str, contact: Contact | Mapping[str, Any], *, html: bool = False
    ) -> Steps[str]:
        """Return the message of a campaign as one contact gets it.

        Args:
            id: the campaign.
            contact: a contact, or a mapping with `email`, `attributes` and so on.
            html: as HTML, with the values escaped: the campaign's own HTML with its images,
                or else its message, taken for HTML.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            InvalidInput: the message is malformed, a placeholder without a default has no
                value for this contact, or nothing is left of the message.
        """
        campaign = yield from read_campaign(self, id)
        template = yield from template_of(self, campaign, html=html)
        return written(template.render(contact, html=html))

    @pages
    def render_audience(
        self,
        id: UUID | str,
        *,
        html: bool = False,
        on_problem: Callable[[Contact, InvalidInput], object] | None = None,
        after: UUID | str | None = None,
        page_size: int = PAGE,
    ) -> PagedSteps[tuple[Contact, str]]:
        """Yield each contact whom the campaign reaches, with the message for it.

        It doesn't note who was written to: `deliveries.send` does. Before each page it asks
        whether the campaign is still to be sent. After a pause, go on with `after`.

        Args:
            id: the campaign.
            html: as HTML, with the values escaped: the campaign's own HTML with its images,
                or else its message, taken for HTML.
            on_problem: called for a contact for whom there is no message, because a
                placeholder has neither value nor default, or nothing is left of it; the
                contact is then left out. By default it ends the iteration with its error.
            after: go on after this contact, who was yielded before.
            page_size: contacts in one request.

        Raises:
            InvalidInput: as for `render`; the path names the contact.
            NotActive: the campaign is paused, completed or archived, perhaps since the last
                page.
            NotFound, NotReady: as for `audience`.
        """
        campaign = yield from read_campaign(self, id)
        template = yield from template_of(self, campaign, html=html)
        members = _while_running(self, reached(self, campaign, after, page_size), campaign)
        render = partial(rendered, partial(template.render, html=html), on_problem)
        yield from map_pages(render, members)


def audience_of(resource: Resource[Any], campaign: Campaign) -> Steps[Rules | None]:
    """Return whom a campaign is for: its segment before the launch, its own rules after it."""
    if campaign.launched_at is None and campaign.segment_id is not None:
        segment = yield from read_segment(resource, campaign.segment_id)
        return None if segment.wire is None else segment.rules
    return campaign.rules


def reached(
    resource: Resource[Any], campaign: Campaign, after: UUID | str | None, page_size: int
) -> PagedSteps[Contact]:
    last = None if after is None else uuid_text(after, "after")
    if campaign.launched_at is not None:
        yield from frozen(resource, campaign)
        yield from _members(resource, campaign, last, page_size)
        return
    rules = yield from audience_of(resource, campaign)
    if rules is None:
        raise NotReady("the campaign has no audience: give it rules or a segment")
    arguments = match_arguments(rules, None, campaign.timezone)
    reachable = {**arguments, "reachable": True, "after": last}
    yield from function_pages(resource, "match_contacts", reachable, Contact, page_size)


def _members(
    resource: Resource[Any], campaign: Campaign, after: str | None, page_size: int
) -> PagedSteps[Contact]:
    arguments = {"campaign_id": str(campaign.id), "page": check_page_size(page_size)}
    batch, seen = None, Seen()
    while True:
        place = {"after": after, "from_batch": batch}
        rows = rows_of((yield resource._rpc("campaign_members", arguments | place, kind="read")))
        if not rows:
            return
        members = [_Member.from_row(row) for row in rows]
        after = seen.after([str(member.contact.id) for member in members])
        batch = members[-1].batch
        yield Page([member.contact for member in members])


class _Member(Model):
    """One row of the database's answer."""

    contact: Contact
    batch: int


def _while_running(
    resource: Resource[Any], steps: PagedSteps[Contact], campaign: Campaign
) -> PagedSteps[Contact]:
    """Yield the pages as long as the campaign isn't paused, and hasn't ended."""
    answer: Any = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return
        answer = None
        if not isinstance(step, Page):
            answer = yield step
            continue
        status = (yield from read_campaign(resource, campaign.id)).status
        if status in ("paused", "completed", "archived"):
            raise NotActive(f"a campaign that is {status} isn't sent", details=status)
        yield step


def rendered(
    render: Callable[[Contact], str],
    on_problem: Callable[[Contact, InvalidInput], object] | None,
    contacts: Sequence[Contact],
) -> Sequence[tuple[Contact, str]]:
    messages = []
    for contact in contacts:
        try:
            messages.append((contact, written(render(contact))))
        except InvalidInput as error:
            named = InvalidInput(f"contacts[{contact.id}].{error.path}", error.reason)
            if on_problem is None:
                raise named from None
            on_problem(contact, named)
    return messages


def written(message: str) -> str:
    """Return a message, or raise `InvalidInput` if there is nothing in it."""
    if not message.strip():
        raise InvalidInput("message", "is empty for this contact, who has no value for it")
    return message


def template_of(resource: Resource[Any], campaign: Campaign, *, html: bool) -> Steps[Template]:
    timezone = zone(campaign.timezone)
    if html and campaign.html is not None:
        source = yield from with_images(resource, str(campaign.id), campaign.html)
        return Template.parse(source or "", path="html", timezone=timezone, longest=MAX_HTML)
    if not (campaign.message or "").strip():
        raise NotReady("the campaign has no message")
    return Template.parse(campaign.message or "", timezone=timezone)
