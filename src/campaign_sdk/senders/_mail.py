"""A message as an e-mail: bytes that any server takes, made without one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, formataddr, unquote
from hashlib import sha256
from typing import cast

import idna

from campaign_sdk._core.errors import ConfigurationError
from campaign_sdk.senders._message import Message

KEY_HEADER = "X-Campaign-Key"

# What this module writes itself, and what says how a body is to be read.
_OURS = re.compile(r"(from|sender|to|cc|bcc|subject|date|message-id|mime-version|content-.*)", re.I)
_NAME = re.compile(r"[!-9;-~]{1,76}")
_SPECIAL = re.compile(r'[\s"(),:;<>@\[\\\]]')
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_ASCII_DOMAIN = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Za-z:.]+\]")
_DOT = re.compile(rb"^\.", re.MULTILINE)
_LONGEST_LINE = 998  # RFC 5322, 2.1.1


class Unmailable(Exception):
    """A message can't be an e-mail; its text says why, and nothing of the contact."""


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail ready to leave.

    Attributes:
        to: the address as the envelope has it.
        body: header and content, with CRLF, dots doubled, and without the mark of the end.
        id: its Message-ID without the brackets.
        utf8: whether the server must take addresses in Unicode (SMTPUTF8).
    """

    to: str
    body: bytes
    id: str
    utf8: bool


def compose(message: Message, sender: Address, *, now: datetime | None = None) -> Mail:
    """Write a message as an e-mail from `sender`.

    The Message-ID is made from the message's key: should the same ever come twice, a mailbox
    can tell.

    Raises:
        Unmailable: it has no subject, an address that is none, or a header that is none.
    """
    to = _recipient(message.to)
    named = f"{sha256(message.key.encode()).hexdigest()[:40]}@{sender.domain}"
    try:
        headers = {
            "From": formataddr((sender.display_name, sender.addr_spec), "utf-8"),
            "To": to.addr_spec,
            "Subject": _subject(message.subject),
            "Date": format_datetime(now or datetime.now(UTC)),
            "Message-ID": f"<{named}>",
            KEY_HEADER: _checked(KEY_HEADER, message.key),
            **{name: _header(name, value) for name, value in message.headers.items()},
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        content = lines.encode() + _content(message).as_bytes()
    except (ValueError, LookupError, MessageError, ConfigurationError):
        raise Unmailable("the message can't be written as an e-mail") from None
    return Mail(to.addr_spec, _DOT.sub(b"..", content), named, not to.username.isascii())


def mailbox(text: str, name: str = "from_") -> Address:
    """Return an address such as `Shop <shop@example.com>`.

    Raises:
        ConfigurationError: it isn't exactly one address.
    """
    wrong = ConfigurationError(f"{name}: must be an address such as Shop <shop@example.com>")
    if not isinstance(text, str) or _CONTROL.search(text):
        raise wrong
    try:
        [found] = cast(AddressHeader, SMTP.header_factory("From", text)).addresses
        address = _recipient(found.addr_spec)
    # The standard library's parser trips over some of what is none.
    except (Unmailable, ValueError, IndexError, MessageError):
        raise wrong from None
    if not address.username.isascii():
        raise wrong
    return Address(found.display_name, address.username, address.domain)


def _recipient(text: str) -> Address:
    """Return an address; its domain as DNS writes it."""
    local, _, domain = text.rpartition("@")
    if local.startswith('"') and local.endswith('"') and len(local) > 1:
        local = unquote(local)
    elif _SPECIAL.search(local):
        local = ""
    if not local or not domain or _CONTROL.search(text):
        raise Unmailable("the contact's address isn't one of e-mail")
    return Address(username=local, domain=_domain(domain))


def _domain(text: str) -> str:
    if _ASCII_DOMAIN.fullmatch(text):
        return text
    try:
        return idna.encode(text, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise Unmailable("the domain of the contact's address isn't one") from None


def _subject(text: str | None) -> str:
    if not text or not text.strip():
        raise Unmailable("an e-mail needs a subject")
    return _encoded("Subject", " ".join(_CONTROL.sub(" ", text).split()))


def _header(name: str, value: str) -> str:
    if not _NAME.fullmatch(name) or _OURS.fullmatch(name):
        raise Unmailable(f"the header {name[:40]!a} can't be set by a message")
    _checked(name, value)
    if value.isascii():
        return value
    if name.lower() == "reply-to":
        reader = mailbox(value, name)
        return formataddr((reader.display_name, reader.addr_spec), "utf-8")
    return _encoded(name, value)


def _checked(name: str, value: str) -> str:
    if _CONTROL.search(value) or len(name) + len(value) + 2 > _LONGEST_LINE:
        raise Unmailable(f"the header {name} has a line break, or is too long")
    return value


def _encoded(name: str, value: str) -> str:
    """Write a text in ASCII (RFC 2047).

    The newer half of the standard library loses spaces between long words, and breaks up
    links, which no mailbox then reads; hence the older one, and only where it is needed.
    """
    if value.isascii() and "=?" not in value and len(value) < _LONGEST_LINE - 100:
        return value
    return Header(value, "utf-8", header_name=name).encode(linesep="\r\n")


def _content(message: Message) -> EmailMessage:
    content = EmailMessage(policy=_POLICY)
    if not message.html:
        content.set_content(message.text)
        return content
    if not message.text:
        content.set_content(message.html, subtype="html")
        return content
    content.set_content(message.text)
    content.add_alternative(message.html, subtype="html")
    return content


# 7 bits: not every server on the way takes eight.
_POLICY = EmailPolicy(linesep="\r\n", cte_type="7bit")
