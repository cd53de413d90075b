"""The bytes of a picture, which a notebook shows as one."""

from __future__ import annotations

from typing import Any

_TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf", "html": "text/html"}


class Picture(bytes):
    """A drawn picture. It is its bytes; where a notebook's cell ends with it, it is seen.

    Attributes:
        format: png, svg, pdf or html.
    """

    format: str

    def __new__(cls, content: bytes, format: str) -> Picture:
        """Take the bytes of a picture."""
        made = super().__new__(cls, content)
        made.format = format
        return made

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        is_text = self.format in ("svg", "html")
        return {_TYPES[self.format]: self.decode() if is_text else bytes(self)}
