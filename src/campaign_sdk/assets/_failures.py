"""What the refusals of Supabase Storage mean."""

from __future__ import annotations

from storage3.exceptions import StorageApiError
from storage3.utils import StorageException

from campaign_sdk._core.errors import (
    AlreadyExists,
    CampaignError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    ProtocolError,
    SchemaMismatch,
    Unavailable,
)


def from_storage(error: Exception) -> CampaignError | None:
    """Return what an error of Storage means, or `None` if it isn't Storage's."""
    if isinstance(error, StorageApiError):
        return _refusal(error)
    # It takes answers to pieces without a look: a missing part is whatever Python says.
    if isinstance(error, StorageException | ValueError | TypeError | LookupError | AttributeError):
        return ProtocolError("the answer of Storage makes no sense")
    return None


def _refusal(error: StorageApiError) -> CampaignError:
    # The HTTP status is 400 for nearly everything: the body says what is meant.
    status, code = _status(error), str(error.code)
    if status == 409:
        return AlreadyExists("there is an object of this name", code=code)
    if status in (413, 415):
        return InvalidInput("file", "is refused by the bucket: too large, or no image", code=code)
    if status == 401:
        return NotAuthenticated("sign in first; assets belong to somebody", code=code)
    if status == 403:
        return PermissionDenied("that is no asset of a campaign of yours", code=code)
    if status == 404 and "bucket" in error.message.lower():
        return SchemaMismatch("the bucket campaign-assets is missing: apply the migrations")
    if status == 404:
        return NotFound("there is no such object", code=code)
    if status >= 500:
        return Unavailable(f"Storage isn't available ({status})", maybe_applied=True, code=code)
    return ProtocolError(f"Storage refuses the request ({status})", code=code)


def _status(error: StorageApiError) -> int:
    try:
        return int(error.status)
    except ValueError:
        return 0
