"""What makes the links of a campaign, as the database answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.tracking._address import check_address
from campaign_sdk.tracking._links import Links
from campaign_sdk.tracking._models import Signer
from campaign_sdk.tracking._token import decode_key


def read_links(
    resource: Resource[Any], campaign_id: str, base_url: str | None = None
) -> Steps[Links]:
    """Read what signs, and return what makes the links of a campaign.

    Raises:
        NotFound: there is no such campaign, or it is somebody else's.
        InvalidInput: the base isn't an http(s) address.
    """
    base = _base(resource) if base_url is None else check_address(base_url, "base_url")
    response = yield resource._rpc("link_signer", {"campaign_id": campaign_id}, kind="keyed")
    signer = Signer.from_row(response.data)
    return Links(
        UUID(campaign_id),
        signer.owner,
        signer.key_id,
        base.rstrip("/"),
        decode_key(signer.link_key),
        decode_key(signer.unsubscribe_key),
    )


def _base(resource: Resource[Any]) -> str:
    return f"{resource._connection.settings.url.rstrip('/')}/functions/v1/t"
