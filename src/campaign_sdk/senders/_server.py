"""Where mail goes out: what the address of an SMTP server says."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.headerregistry import Address
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from campaign_sdk._core.errors import ConfigurationError
from campaign_sdk.senders._mail import mailbox

_FORM = "smtps://user:password@host:465, smtp://user:password@host:587?starttls or smtp://localhost"
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server. Its `repr` shows neither user nor password.

    Attributes:
        host: its name or IP address.
        port: 465, 587 or 25, unless the address says otherwise.
        tls: from the first byte, by STARTTLS, or none.
        user: the account; `None` where nobody signs in.
        password: its password.
    """

    host: str
    port: int
    tls: Literal["tls", "starttls", "none"]
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Server:
        """Read an address.

        Raises:
            ConfigurationError: it isn't one, or a password would travel in the clear. The
                message doesn't quote it.
        """
        parts, port = _split(url)
        tls = _tls(parts)
        user = unquote(parts.username) if parts.username else None
        host = parts.hostname or ""
        if user and tls == "none" and not is_loopback(host):
            raise ConfigurationError(
                "smtp: the password would travel in the clear: write smtps://, or add ?starttls"
            )
        return cls(host, port or _PORTS[tls], tls, user, unquote(parts.password or ""))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'smtps' if self.tls == 'tls' else 'smtp'}://{host}:{self.port}"

    def default_sender(self) -> Address:
        """Return the account's own address.

        Raises:
            ConfigurationError: there is none, so that `from_` is needed.
        """
        if self.user:
            return mailbox(self.user if "@" in self.user else f"{self.user}@{self.host}")
        if is_loopback(self.host):
            return Address(username="campaign", domain="localhost")
        raise ConfigurationError("from_: say who writes, such as Shop <shop@example.com>")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> tuple[SplitResult, int | None]:
    wrong = ConfigurationError(f"smtp: the server's address must look like {_FORM}")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except (AttributeError, TypeError, ValueError):
        raise wrong from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == 0:
        raise wrong
    # A "/", "?" or "#" in a password that isn't escaped ends up behind the host.
    if parts.path not in ("", "/") or parts.fragment:
        raise wrong
    return parts, port


def _tls(parts: SplitResult) -> Literal["tls", "starttls", "none"]:
    options = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if options - {"starttls"} or (options and parts.scheme == "smtps"):
        raise ConfigurationError("smtp: the address takes one option, smtp://…?starttls")
    if parts.scheme == "smtps":
        return "tls"
    return "starttls" if options else "none"
