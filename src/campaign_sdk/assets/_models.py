"""What an asset is."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from campaign_sdk._core.model import Model

ImageType = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]


class Asset(Model):
    """An image of a campaign.

    Attributes:
        campaign_id: the campaign.
        name: what the campaign's HTML calls it, as in `{{ asset "hero.png" }}`.
        url: where everybody can see it who has the address.
        alt: what is read out, or shown where images are off; empty for an image that says
            nothing, `None` if nobody said.
        content_type: image/png, image/jpeg, image/gif or image/webp.
        bytes: its size.
        path: the object's name in the bucket `campaign-assets`.
        created_at: when it was uploaded.
    """

    campaign_id: UUID
    name: str
    url: str
    alt: str | None = None
    content_type: ImageType
    bytes: int
    path: str
    created_at: AwareDatetime
