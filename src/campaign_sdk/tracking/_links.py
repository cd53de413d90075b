"""The links of one campaign: made and signed here, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from ipaddress import ip_address
from typing import Any, Protocol, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit
from uuid import UUID

from campaign_sdk._core.model import uuid_text
from campaign_sdk.tracking import _markup
from campaign_sdk.tracking._address import check_address, is_tracked
from campaign_sdk.tracking._token import Kind, Visit, sign


class Known(Protocol):
    """A contact, or anything else that has a contact's id."""

    @property
    def id(self) -> UUID:
        """The id of the contact."""


Who: TypeAlias = Known | UUID | str


class Mail(Protocol):
    """A message, such as `senders.Message`: a dataclass with these fields."""

    @property
    def contact(self) -> Any:
        """Whom it is for."""

    @property
    def text(self) -> str:
        """The plain text."""

    @property
    def html(self) -> str | None:
        """The same as HTML, if there is any."""

    @property
    def headers(self) -> Mapping[str, str]:
        """More headers."""


M = TypeVar("M", bound=Mail)
KEY_HEADER = "X-Campaign-Key"
_PATHS: dict[Kind, str] = {"click": "c", "open": "o", "unsubscribe": "u"}
_MOST_LINKS = 255
_PIXEL = '<img src="{}" width="1" height="1" alt="" style="border:0;height:1px;width:1px">'


@dataclass(frozen=True)
class Links:
    """Makes the links of one campaign. Pure: it asks nobody, and needs no network.

    Whoever has it can sign in its owner's name, so it is as secret as a session.

    Attributes:
        campaign: the campaign.
        owner: whose it is.
        key_id: the number of the key that signs.
        base_url: what the links begin with.
    """

    campaign: UUID
    owner: UUID
    key_id: int
    base_url: str
    _link_key: bytes = field(repr=False)
    _unsubscribe_key: bytes = field(repr=False)

    def click(self, contact: Who, url: str, *, links: int = 0) -> str:
        """Return a link that leads to `url` and notes the click.

        Args:
            contact: whom the link is for, or their id.
            url: where it leads: http or https, 4,096 octets at most, kept byte for byte.
            links: how many different links the message has, so that a scanner, which opens
                all of them within two seconds, is told from a person; `rewrite` counts them.

        Raises:
            InvalidInput: the address isn't http(s) with a host, or holds a line end.
        """
        return self._made("click", contact, min(links, _MOST_LINKS), check_address(url))

    def pixel(self, contact: Who) -> str:
        """Return the address of the picture that notes that the message was opened."""
        return self._made("open", contact)

    def unsubscribe(self, contact: Who) -> str:
        """Return the link that unsubscribes: by POST at once, in a browser by your page."""
        return self._made("unsubscribe", contact)

    def rewrite(self, contact: Who, html: str) -> str:
        """Return HTML whose links are tracked, with the pixel at the end of its body.

        All else stays byte for byte. mailto:, tel:, anchors, links without a host, those
        that say "unsubscribe", and what stands in comments are left as they are.

        Raises:
            InvalidInput: a link is javascript:, data: or //host, or isn't sound.
        """
        found = _markup.page(html)
        body, rest = html[: found.end], html[found.end :]
        pixel = _PIXEL.format(self.pixel(contact))
        return self._replaced(contact, body, found.links) + pixel + rest

    def rewrite_text(self, contact: Who, text: str) -> str:
        """Return plain text whose links are tracked.

        Raises:
            InvalidInput: a link isn't sound.
        """
        return self._replaced(contact, text, _markup.addresses(text))

    def headers(self, contact: Who) -> dict[str, str]:
        """Return the headers that a message to many must carry.

        List-Unsubscribe and List-Unsubscribe-Post (RFC 8058: one click), List-Id (RFC 2919:
        one list for each owner), Auto-Submitted (RFC 3834), and the key of the message, by
        which a provider's webhook is known. DKIM has to sign the first two: your server's job.
        """
        return {
            "List-Unsubscribe": f"<{self.unsubscribe(contact)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": f"<{self.owner}.{_domain(self.base_url)}>",
            "Auto-Submitted": "auto-generated",
            KEY_HEADER: f"{self.campaign}/{_id(contact)}",
        }

    def track(self, message: M) -> M:
        """Return a message with tracked links, the pixel and the headers.

        Headers that the message has already are kept.

        Raises:
            InvalidInput: a link is refused, or the message says no contact.
        """
        contact = message.contact
        html = None if message.html is None else self.rewrite(contact, message.html)
        headers = {**self.headers(contact), **message.headers}
        text = self.rewrite_text(contact, message.text)
        changed: Any = replace(cast(Any, message), html=html, text=text, headers=headers)
        return cast(M, changed)

    def _replaced(self, contact: Who, source: str, places: tuple[_markup.Place, ...]) -> str:
        tracked = tuple(place for place in places if is_tracked(place.address, self.base_url))
        different = len({place.address for place in tracked})
        return _markup.replaced(source, tracked, partial(self.click, contact, links=different))

    def _made(self, kind: Kind, contact: Who, links: int = 0, url: str = "") -> str:
        visit = Visit(kind, self.key_id, self.owner, self.campaign, _id(contact), links, url)
        key = self._unsubscribe_key if kind == "unsubscribe" else self._link_key
        return f"{self.base_url}/{_PATHS[kind]}/{sign(key, visit)}"


def _id(contact: Any) -> UUID:
    found = getattr(contact, "id", contact)
    return found if isinstance(found, UUID) else UUID(uuid_text(found, "contact"))


def _domain(base_url: str) -> str:
    """Return the domain of a list: RFC 2919, section 3, has "localhost" for what has none."""
    host = urlsplit(base_url).hostname or "localhost"
    try:
        ip_address(host)
    except ValueError:
        return host
    return "localhost"
