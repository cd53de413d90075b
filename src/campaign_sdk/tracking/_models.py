"""What there is to know about an owner's links."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from campaign_sdk._core.model import Model


class LinkKey(Model):
    """A key that signs links; the key itself is stored nowhere.

    Attributes:
        key_id: its number: 1, 2 and so on. The highest signs new links.
        created_at: since when.
        revoked_at: since when links under it lead nowhere; `None` for a key in use.
    """

    key_id: int
    created_at: AwareDatetime
    revoked_at: AwareDatetime | None = None


class TrackingSettings(Model):
    """What an owner wants of links.

    Attributes:
        unsubscribe_page: where a browser that opens an unsubscribe link is sent; `{token}`
            in it becomes the link's token. `None`: a few words in plain text.
    """

    unsubscribe_page: str | None = None


class StoredSettings(Model):
    """The database's row: every column is there."""

    unsubscribe_page: str | None

    def settings(self) -> TrackingSettings:
        """Return it as users know it."""
        return TrackingSettings(unsubscribe_page=self.unsubscribe_page)


class Signer(Model):
    """The database's answer: what signs."""

    owner: UUID
    key_id: int
    link_key: str = Field(repr=False)
    unsubscribe_key: str = Field(repr=False)
