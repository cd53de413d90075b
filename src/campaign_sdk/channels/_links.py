"""The links in a text, as the apps that show it would find them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

# A scheme of any kind, `//host`, `www.host`, or a bare name that clients make a link of.
_LINK = re.compile(
    r"(?<![a-z0-9+.-])(?:[a-z][a-z0-9+.-]{0,30}:)?(?://|\\\\|/\\|\\/)[^\s<>\"')\]]*"
    r"|(?<![\w-])(?:(?:javascript|data|vbscript|mailto|tel|sms|file):|www\.)\S+"
    r"|(?<![\w@.-])(?:[\w-]{1,63}\.)+(?:[a-z]{2,63}/[^\s<>\"')\]]*"
    r"|(?:com|net|org|info|biz|io|co|app|dev|shop|store|online|site|xyz|top|club|link|click"
    r"|me|ly|gl|gd|to|cc|ru|cn|in|de|uk|us|eu)(?![\w@-]|\.\w))",
    re.IGNORECASE,
)
_HOST = re.compile(r"[\w.-]+")


def find_links(text: str) -> list[str]:
    """Return all that would be shown as a link."""
    return [match[0].rstrip(".,;:!?…*_") for match in _LINK.finditer(text)]


def leads_to(link: str, domains: Sequence[str]) -> bool:
    """Whether a link leads to one of the domains, or to a subdomain of one."""
    # Browsers take a backslash for a slash; urlsplit doesn't.
    address = link.replace("\\", "/")
    if "//" not in address and ":" not in address.partition("/")[0]:
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parts.scheme not in ("", "http", "https") or "@" in parts.netloc:
        return False
    if not _HOST.fullmatch(host):
        return False
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
