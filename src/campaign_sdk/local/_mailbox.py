"""A mail server on this machine that keeps what it gets, and delivers nothing."""

from __future__ import annotations

import warnings
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk._core.installing import how_to_install
from campaign_sdk.local._files import free_port

_HOST = "127.0.0.1"


class LocalMailbox:
    """An SMTP server on loopback: `with LocalMailbox() as mailbox: Smtp(mailbox.url, ...)`.

    Attributes:
        url: its address, for `senders.Smtp`.
        messages: what it has got, the first one first.
    """

    url: str
    messages: list[EmailMessage]

    def __init__(self) -> None:
        self.url = ""
        self.messages = []
        self._controller: Any = None

    def __enter__(self) -> Self:
        """Start.

        Raises:
            LocalStackError: aiosmtpd isn't installed (the extra `local`).
        """
        try:
            from aiosmtpd.controller import Controller
        except ImportError as error:
            raise LocalStackError(
                f"aiosmtpd isn't installed; install it with: {how_to_install('local')}"
            ) from error
        port = free_port(None)
        self._controller = Controller(self, hostname=_HOST, port=port, enable_SMTPUTF8=True)
        self._controller.start()
        self.url = f"smtp://{_HOST}:{port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop; the messages stay."""
        with warnings.catch_warnings():
            # A connection that a sender has left open is closed with the server.
            warnings.simplefilter("ignore", ResourceWarning)
            self._controller.stop()

    # aiosmtpd finds this by its name.
    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a message."""
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return "250 2.0.0 kept"
