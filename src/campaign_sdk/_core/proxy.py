"""The proxy that a user has chosen, for whatever leaves this machine.

The names that other programs heed (HTTPS_PROXY and the like) stand in an environment for reasons
of its own, and what goes through a proxy are keys and tokens: so this one is asked for by name.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from campaign_sdk._core.errors import ConfigurationError
from campaign_sdk._core.settings import is_loopback

PROXY = "CAMPAIGN_PROXY"


def proxy_for(url: str) -> str | None:
    """Return the address of the proxy on the way to `url`; this machine is reached without.

    Raises:
        ConfigurationError: it isn't an http or https address. The message doesn't show it: there
            may be a password in it.
    """
    chosen = os.environ.get(PROXY, "").strip()
    if not chosen or is_loopback(url):
        return None
    if not _is_proxy(chosen):
        raise ConfigurationError(f"{PROXY} must look like http://proxy.example.com:3128")
    return chosen


def _is_proxy(address: str) -> bool:
    try:
        parts = urlsplit(address)
        is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(is_whole) and not (parts.path.strip("/") or parts.query or parts.fragment)
