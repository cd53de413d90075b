"""Links that are tracked, and the keys that sign them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import Mode, Resource, Steps, operation
from campaign_sdk._core.paging import collect, table_pages
from campaign_sdk._core.writing import new_request_id
from campaign_sdk.tracking._address import check_address
from campaign_sdk.tracking._links import Links
from campaign_sdk.tracking._models import LinkKey, StoredSettings, TrackingSettings
from campaign_sdk.tracking._read import read_links

_LARGEST_KEY = 65_535


class Tracking(Resource[Mode]):
    """Links by which clicks, opens and unsubscriptions come home by themselves."""

    @operation
    def links(self, campaign_id: UUID | str, *, base_url: str | None = None) -> Steps[Links]:
        """Return what makes the links of a campaign, signed with the caller's newest key.

        One request; each link after that is made without any. `deliveries.send` with
        `track=True` does this by itself.

        Args:
            campaign_id: the campaign.
            base_url: what links begin with, if a domain of your own stands before the
                function `t`; the project's by default.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            InvalidInput: the base isn't an http(s) address.
        """
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        return (yield from read_links(self, campaign, base_url))

    @operation
    def keys(self) -> Steps[Sequence[LinkKey]]:
        """Return the keys that have signed links, the newest last; none before the first."""
        select = partial(self._db.from_("link_keys").select, "*")
        return tuple((yield from collect(table_pages(select, LinkKey, key="key_id"))))

    @operation
    def rotate(self) -> Steps[LinkKey]:
        """Make a new key, which signs from now on, and return it.

        Links under older keys go on working until those are revoked. `Links` that were
        made before go on signing with the key they have.
        """
        response = yield self._rpc(
            "rotate_link_key", {"request_id": new_request_id()}, kind="keyed"
        )
        return LinkKey.from_row(response.data)

    @operation
    def revoke(self, key_id: int) -> Steps[LinkKey]:
        """Revoke a key for good: no link under it works any more, unsubscribing included.

        For a key that others may have. If it is the newest, the next links get a new one.

        Raises:
            NotFound: there is no such key.
            InvalidInput: the number isn't one of a key.
        """
        if type(key_id) is not int or not 1 <= key_id <= _LARGEST_KEY:
            raise InvalidInput("key_id", f"must be a number from 1 to {_LARGEST_KEY:,}")
        response = yield self._rpc("revoke_link_key", {"key_id": key_id}, kind="keyed")
        return LinkKey.from_row(response.data)

    @operation
    def settings(self) -> Steps[TrackingSettings]:
        """Return what is set; nothing by default."""
        rows = rows_of((yield self._db.from_("link_settings").select("*").limit(1)))
        return StoredSettings.from_row(rows[0]).settings() if rows else TrackingSettings()

    @operation
    def update(self, *, unsubscribe_page: str | None) -> Steps[TrackingSettings]:
        """Set the page that browsers are sent to by an unsubscribe link, and return it.

        Opening a link never unsubscribes: scanners open all of them. Your page asks, and
        sends a POST to the link; `{token}` in its address becomes the link's token.

        Args:
            unsubscribe_page: an http(s) address of 2,048 octets at most, or `None` for a
                few words in plain text.

        Raises:
            InvalidInput: the address is refused.
        """
        if unsubscribe_page is not None:
            check_address(unsubscribe_page, "unsubscribe_page")
        arguments = {"page": unsubscribe_page}
        response = yield self._rpc("set_unsubscribe_page", arguments, kind="keyed")
        return StoredSettings.from_row(response.data).settings()
