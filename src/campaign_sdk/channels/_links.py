"""The links in a text, as the apps that show it would find them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

# A link goes on for as long as a browser reads it: a quote, a bracket or a parenthesis within is
# part of it, and `https://shop.example'@evil.example/` leads to evil.example.
_REST = r"[^\s<>\"]*"
_NAME = r"(?:[\w-]{1,63}\.)+"
# Endings that are links in any case; others only if they don't look like the next sentence's
# first word, as in "today.Come".
_KNOWN = "com|net|org|info|biz|io|co|app|dev|shop|store|online|site|xyz|top|club|link|click"
_ENDING = rf"(?:{_KNOWN}|xn--[\w-]{{1,59}}|(?-i:[a-z]{{2,63}}|[A-Z]{{2,63}}))"
# A scheme of any kind, `//host`, `www.host`, an e-mail address, and the bare names and numbers
# that clients make a link of.
_LINK = re.compile(
    rf"(?<![a-z0-9+.-])(?:[a-z][a-z0-9+.-]{{0,30}}:)?(?://|\\\\|/\\|\\/){_REST}"
    r"|(?<![\w-])(?:(?:javascript|data|vbscript|mailto|tel|sms|file):|www\.)\S+"
    rf"|(?<![\w.+@-])[\w.+-]{{1,64}}@{_NAME}[a-z][\w-]{{1,62}}"
    rf"|(?<![\w@.-]){_NAME}(?:[a-z]{{2,63}}(?::\d{{1,5}})?/{_REST}|{_ENDING}(?![\w@-]|\.\w))"
    rf"|(?<![\w@.-])(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?![\w-]|\.\w)(?::\d{{1,5}})?(?:/{_REST})?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]+@([\w.-]+)")
# What stands after a link rather than in it.
_AFTER = ".,;:!?…*_'\")]}»”\u2019"
_HOST = re.compile(r"[\w.-]+")


def find_links(text: str) -> list[str]:
    """Return all that would be shown as a link."""
    return [match[0].rstrip(_AFTER) for match in _LINK.finditer(text)]


def leads_to(link: str, domains: Sequence[str]) -> bool:
    """Whether a link leads to one of the domains, or to a subdomain of one."""
    # Browsers take a backslash for a slash; urlsplit doesn't.
    address = link.replace("\\", "/")
    if mail := _ADDRESS.fullmatch(address):
        address = mail[1]
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
