"""Addresses that a link may lead to: http and https, and nothing that hides in them."""

from __future__ import annotations

import re

from campaign_sdk._core.errors import InvalidInput

LONGEST = 4_096
_HTTP = re.compile(r"https?://[^/?#\s\\]", re.IGNORECASE)
# C0, DEL and C1: an address with a line end in it would write a header of its own.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(r"[\x00-\x20]+")
# What runs in a page, what has no scheme of its own, and what only looks like http.
_REFUSED = re.compile(r"(javascript|vbscript|data|https?):|//|[\\/]\\", re.IGNORECASE)
_UNSUBSCRIBE = re.compile("unsubscribe", re.IGNORECASE)


def check_address(address: object, name: str = "url") -> str:
    """Return an address that a link may lead to, as it is.

    Raises:
        InvalidInput: it isn't http or https with a host, holds a control character or half
            a surrogate pair, begins or ends with a space, or is longer than 4,096 octets.
    """
    if not isinstance(address, str) or not _HTTP.match(address):
        raise InvalidInput(name, "must begin with http:// or https:// and a host")
    if _CONTROL.search(address) or address != address.strip():
        raise InvalidInput(name, "must not hold line ends, control characters or outer spaces")
    try:
        size = len(address.encode())
    except UnicodeEncodeError:
        raise InvalidInput(name, "must not hold lone surrogates") from None
    if size > LONGEST:
        raise InvalidInput(name, f"must not exceed {LONGEST:,} octets")
    return address


def is_tracked(address: str, ours: str) -> bool:
    """Tell whether a link of a message is one to track.

    mailto:, tel:, anchors, what has no host, ways to unsubscribe and our own links (those
    that begin with `ours`) stay as they are.

    Raises:
        InvalidInput: javascript:, data:, //host, or an http address that isn't sound.
    """
    bare = _INVISIBLE.sub("", address)
    if not _REFUSED.match(bare):
        return False
    check_address(address, "link")
    return not address.startswith(ours) and not _UNSUBSCRIBE.search(address)
