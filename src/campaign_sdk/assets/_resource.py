"""The operations of `client.assets`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from httpx import Headers
from postgrest.types import CountMethod
from storage3.types import FileOptions

from campaign_sdk._core.errors import AlreadyExists, NotFound, ProtocolError
from campaign_sdk._core.exchange import REPLAYABLE
from campaign_sdk._core.failures import all_rows_of, row_of, rows_of
from campaign_sdk._core.model import text
from campaign_sdk._core.named import called, id_of
from campaign_sdk._core.operation import (
    Blocking,
    Call,
    Mode,
    Request,
    Resource,
    Steps,
    keyed,
    operation,
)
from campaign_sdk.assets._failures import from_storage
from campaign_sdk.assets._html import place, references
from campaign_sdk.assets._images import Image, read_image
from campaign_sdk.assets._models import Asset

BUCKET = "campaign-assets"
# An object never changes: its name is its content's.
_FOR_EVER = "31536000"


class Assets(Resource[Mode]):
    """Uploading, listing and deleting the images of campaigns."""

    @operation
    def upload(
        self,
        campaign_id: UUID | str,
        file: str | Path | bytes,
        *,
        name: str | None = None,
        alt: str | None = None,
    ) -> Steps[Asset]:
        """Store an image for a campaign, whose HTML shows it with `{{ asset "hero.png" }}`.

        The same file twice is one object. A name that is taken gets the new image, unless
        the campaign was launched.

        Args:
            campaign_id: the campaign.
            file: the path of a PNG, JPEG, GIF or WebP image of at most 2 MB, or its bytes.
            name: what the HTML calls it; by default the file's own name.
            alt: what is read out, or shown where images are off; "" for mere decoration.

        Raises:
            InvalidInput: the file isn't such an image; nothing was sent.
            NotFound: there is no such campaign, or it is somebody else's.
            Conflict: the campaign was launched, and shows another image of that name.
        """
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        alt = text(alt, "alt", longest=1_000)
        image: Image = yield Blocking(lambda: read_image(file, name))
        owner = yield from self._owner_of(campaign)
        path = image.path(owner, campaign)
        yield from self._stored(path, image)
        row = {
            "campaign_id": campaign,
            "name": image.name,
            "path": path,
            "alt": alt,
            "content_type": image.content_type,
            "bytes": len(image.content),
        }
        # A NotFound of the table would be the campaign's: it was just read.
        query = self._db.from_("campaign_assets").upsert(row, on_conflict="campaign_id,name")
        return _assets(self, [row_of((yield keyed(query)))])[0]

    @operation
    def list(self, campaign_id: UUID | str) -> Steps[Sequence[Asset]]:
        """Return the assets of a campaign, by name."""
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        return (yield from read_assets(self, campaign))

    @operation
    def get(self, campaign_id: UUID | str, name: str) -> Steps[Asset]:
        """Return one asset of a campaign.

        Raises:
            NotFound: the campaign has none of this name, or is somebody else's.
        """
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        found = yield from read_assets(self, campaign)
        return _named(found, name)

    @operation
    def url(self, campaign_id: UUID | str, name: str) -> Steps[str]:
        """Return the address of an asset: whoever has it sees the image.

        Raises:
            NotFound: the campaign has none of this name, or is somebody else's.
        """
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        found = yield from read_assets(self, campaign)
        return _named(found, name).url

    @operation
    def delete(self, campaign_id: UUID | str, name: str) -> Steps[None]:
        """Delete an asset of a campaign that wasn't launched.

        Raises:
            NotFound: the campaign has none of this name, or is somebody else's.
            Conflict: the campaign was launched: its messages show the image.
        """
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        # Read first: when the answer to the deletion is lost, nobody else knows the object.
        query = self._db.from_("campaign_assets").select("path")
        rows = rows_of((yield called(query.eq("campaign_id", campaign), name)))
        if not rows:
            raise NotFound("the campaign has no asset of this name, or isn't yours")
        path = _field(rows[0], "path")
        delete = self._db.from_("campaign_assets").delete().eq("campaign_id", campaign)
        yield keyed(called(delete, name).eq("path", path))
        # What another campaign shows, a copy say, is left there by the bucket's policy.
        yield self._call("remove", [path])

    def _owner_of(self, campaign: str) -> Steps[str]:
        query = self._db.from_("campaigns").select("user_id").eq("id", campaign)
        rows = rows_of((yield query))
        if not rows:
            raise NotFound("there is no such campaign, or it isn't yours")
        return _field(rows[0], "user_id")

    def _stored(self, path: str, image: Image) -> Steps[None]:
        options: FileOptions = {"content-type": image.content_type, "cache-control": _FOR_EVER}
        try:
            yield self._call("upload", path, image.content, options)
        except AlreadyExists:
            return

    def _call(self, method: str, *arguments: Any) -> Request:
        objects = self._db.storage.from_(BUCKET)
        # An object that is there already, or gone, is no other one: the same again is the same.
        objects._headers = Headers({**objects._headers, REPLAYABLE: "keyed"})
        return Call(lambda: getattr(objects, method)(*arguments), from_storage, "keyed")


def read_assets(resource: Resource[Any], campaign: str) -> Steps[Sequence[Asset]]:
    """Read the assets of a campaign, by name."""
    query = resource._db.from_("campaign_assets").select("*", count=CountMethod.exact)
    response = yield query.eq("campaign_id", campaign).order("name")
    return _assets(resource, all_rows_of(response))


def with_images(resource: Resource[Any], campaign: str, html: str | None) -> Steps[str | None]:
    """Return HTML in which each asset has become its image; see `place`."""
    if html is None or not references(html):
        return html
    return place(html, (yield from read_assets(resource, campaign)))


def _assets(resource: Resource[Any], rows: Sequence[dict[str, Any]]) -> Sequence[Asset]:
    root = resource._connection.settings.url.rstrip("/")
    public = f"{root}/storage/v1/object/public/{BUCKET}"
    return [Asset.from_row({**row, "url": f"{public}/{row.get('path')}"}) for row in rows]


def _field(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise ProtocolError(f"the server's answer lacks {name}")
    return value


def _named(assets: Sequence[Asset], name: str) -> Asset:
    found = [asset for asset in assets if asset.name == name]
    if not found:
        raise NotFound("the campaign has no asset of this name, or isn't yours")
    return found[0]
