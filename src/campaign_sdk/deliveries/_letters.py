"""From a campaign and a contact to the message that a sender is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput, NotReady
from campaign_sdk._core.zones import zone
from campaign_sdk.campaigns import Campaign, Variant
from campaign_sdk.campaigns._audience import written
from campaign_sdk.campaigns._content import MAX_HTML
from campaign_sdk.contacts import Contact
from campaign_sdk.senders import Message
from campaign_sdk.templates import Template
from campaign_sdk.tracking import Links

_BY_PHONE = ("sms", "whatsapp")
_BODY = re.compile(r"<body(?=[\s>])", re.IGNORECASE)


@dataclass(frozen=True)
class Letters:
    """The templates of a campaign, parsed once.

    Attributes:
        campaign: whose they are.
        subject: `None` in channels without one.
        text: the plain text; `None` if the campaign only has HTML.
        html: the same as HTML, if there is any.
        preheader: what an inbox shows after the subject, if that is given.
        links: what makes links that tell, if they are to.
        variants: those of each variant, by its name.
    """

    campaign: Campaign
    subject: Template | None
    text: Template | None
    html: Template | None
    preheader: Template | None
    links: Links | None = None
    variants: Mapping[str, Letters] = field(default_factory=dict)

    @classmethod
    def of(cls, campaign: Campaign, links: Links | None = None) -> Letters:
        """Parse the templates of a campaign, and of its variants.

        Raises:
            NotReady: it has no message, or is an e-mail without a subject.
            InvalidInput: a template is malformed, or has a link that can't be tracked.
        """
        if campaign.variants:
            each = {
                one.name: cls.of(_as_variant(campaign, one), links) for one in campaign.variants
            }
            # Without a variant nobody is sent anything.
            return replace(each[campaign.variants[0].name], campaign=campaign, variants=each)
        timezone = zone(campaign.timezone)

        def parsed(name: str, source: str | None) -> Template | None:
            if source is None or not source.strip():
                return None
            return Template.parse(source, path=name, timezone=timezone, longest=MAX_HTML)

        text, html = parsed("message", campaign.message), parsed("html", campaign.html)
        subject = parsed("subject", campaign.subject) if campaign.channel == "email" else None
        if text is None and html is None:
            raise NotReady("the campaign can't be sent: it has no message", details="message")
        if subject is None and campaign.channel == "email":
            raise NotReady(
                "the campaign can't be sent: an e-mail needs a subject; pause it, then"
                " campaigns.update(id, subject=...)",
                details="subject",
            )
        if links is not None and campaign.html is not None:
            # Or each member would fail by the same link, one after the other.
            links.rewrite(UUID(int=0), campaign.html)
        return cls(campaign, subject, text, html, parsed("preheader", campaign.preheader), links)

    @cached_property
    def _prefix(self) -> str:
        return f"{self.campaign.id}/"

    def message(
        self, contact: Contact, variant: str | None = None, who: str | None = None
    ) -> Message:
        """Return the message for one contact.

        Args:
            contact: to whom.
            variant: which variant of the campaign they get.
            who: the contact's id, if it is at hand as text.

        Raises:
            InvalidInput: a placeholder without a default has no value here, nothing is left
                of the message, or there is no address of the campaign's channel. The reason
                holds nothing of the contact.
        """
        if variant is not None and self.variants:
            return replace(self.variants[variant].message(contact, who=who), variant=variant)
        message = Message(
            key=self._prefix + (who or str(contact.id)),
            to=self._address(contact),
            contact=contact,
            variant=variant,
            subject=self.subject.render(contact, one_line=True) if self.subject else None,
            text=self._text(contact),
            html=self._html(contact),
        )
        return self.links.track(message) if self.links else message

    def _address(self, contact: Contact) -> str:
        if self.campaign.channel == "email":
            return contact.email
        name = "phone" if self.campaign.channel in _BY_PHONE else "push_token"
        value = contact.phone if name == "phone" else contact.attributes.get(name)
        if not isinstance(value, str) or not value.strip():
            raise InvalidInput(name, "this contact has none")
        return value

    def _text(self, contact: Contact) -> str:
        if self.text is None:
            return ""
        text = self.text.render(contact)
        return text if self.html is not None else written(text)

    def _html(self, contact: Contact) -> str | None:
        if self.html is None:
            return None
        page = self.html.render(contact, html=True)
        if self.preheader is None:
            return page
        return with_preheader(page, self.preheader.render(contact, one_line=True))


def _as_variant(campaign: Campaign, variant: Variant) -> Campaign:
    own = ("message", "subject", "preheader", "html")
    given = {name: value for name in own if (value := getattr(variant, name))}
    return campaign.model_copy(update={**given, "variants": ()})


def with_preheader(page: str, preheader: str) -> str:
    """Put a line into a page that inboxes show and the opened message doesn't."""
    hidden = (
        '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">'
        f"{escape(preheader)}</div>"
    )
    body = _BODY.search(page)
    at = page.find(">", body.end()) + 1 if body else 0
    return page[:at] + hidden + page[at:]
