"""Files that are to become assets: read, recognised and named, before anything is sent."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.reading import opened
from campaign_sdk.assets._models import ImageType

LIMIT = 2 * 1024 * 1024

_UNFIT = re.compile(r"[\x00-\x1f\x7f\"'/\\{}<>]")


@dataclass(frozen=True)
class Image:
    """An image that can be stored.

    Attributes:
        name: what the HTML will call it.
        content: its bytes.
        content_type: what they are, told by themselves and not by the name.
    """

    name: str
    content: bytes
    content_type: ImageType

    def path(self, user_id: str, campaign_id: str) -> str:
        """Return the name of its object: equal for equal content under an equal name."""
        digest = hashlib.sha256(self.content).hexdigest()[:16]
        return f"{user_id}/{campaign_id}/{digest}-{_slug(self.name)}"


def read_image(file: str | Path | bytes, name: str | None) -> Image:
    """Read an image.

    Raises:
        InvalidInput: the file can't be read, isn't one of the four kinds, is over 2 MB, or
            can't be called so.
    """
    content, own = (file, None) if isinstance(file, bytes) else _content(Path(file))
    wanted = name if name is not None else own
    if wanted is None:
        raise InvalidInput("name", "is missing: bytes have none of their own")
    if not 1 <= len(wanted) <= 100 or _UNFIT.search(wanted):
        raise InvalidInput(
            "name", "must have 1 to 100 characters, and none of quotes, slashes, <, >, { and }"
        )
    if not content:
        raise InvalidInput("file", "is empty")
    if len(content) > LIMIT:
        raise InvalidInput("file", f"has {len(content) / 1e6:.1f} MB; at most 2 MB are allowed")
    return Image(wanted, content, _kind(content))


def _content(path: Path) -> tuple[bytes, str]:
    try:
        with opened(path, "file") as stream:
            # One more byte tells that it is too large, however large it is.
            return stream.read(LIMIT + 1), path.name
    except OSError as error:
        raise InvalidInput("file", f"can't be read ({type(error).__name__})") from error


def _kind(content: bytes) -> ImageType:
    """Tell an image by its first bytes (WHATWG MIME Sniffing, section 6.1)."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:14] == b"WEBPVP":
        return "image/webp"
    raise InvalidInput(
        "file", "isn't a PNG, JPEG, GIF or WebP image; mail programs show no others safely"
    )


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._]+", "-", plain).strip("-.")[-60:].lstrip("-._") or "image"
