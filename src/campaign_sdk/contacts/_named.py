"""A contact by its id, or by its address."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput, NotFound
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.named import as_id
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.contacts._addresses import normalize_email


def contact_id(resource: Resource[Any], asked: UUID | str) -> Steps[str]:
    """Return the id of a contact; an id takes no request.

    Raises:
        InvalidInput: it is neither an id nor an address.
        NotFound: no contact has the address.
    """
    known = as_id(asked)
    if known is not None:
        return known
    if not isinstance(asked, str) or "@" not in asked:
        raise InvalidInput("id", "must be the id of a contact (a UUID), or its address")
    # Not a filter: it would stand in the URL, and those are logged everywhere.
    found = resource._rpc("find_contact", {"email": normalize_email(asked)}, kind="read")
    rows = rows_of((yield found))
    if not rows:
        raise NotFound("no contact has this address")
    return str(rows[0]["id"])
