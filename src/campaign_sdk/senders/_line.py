"""A line to an SMTP server on which all that is waited for ends at one moment.

A socket's timeout begins anew at each read: a server that says a byte every few seconds would
keep a message for ever, and the lease on its batch would be lost meanwhile.
"""

from __future__ import annotations

import io
import smtplib
import socket
import ssl
import time
from math import inf
from typing import Any

from campaign_sdk._core.hosts import look_up, patiently, wait_for

# What is sent at a time. TLS makes a record of it, for which its timeout begins anew.
_PIECE = 16 * 1024


class _Reading(io.RawIOBase):
    """What a line reads from: its socket, for as long as there is time."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._line.in_time().recv_into(buffer)


class Line(smtplib.SMTP):
    """A connection to which a moment can be set, after which it raises `TimeoutError`."""

    ends: float

    def __init__(self, host: str, port: int, *, timeout: float, **more: Any) -> None:
        self.give(timeout)
        super().__init__(host, port, timeout=timeout, **more)

    def give(self, seconds: float) -> None:
        """Give it so many seconds from now on."""
        self.ends = time.monotonic() + seconds

    def in_time(self) -> socket.socket:
        """Return the socket, which waits no longer than there is time."""
        left, line = self._left(), self.sock
        if line is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        line.settimeout(left)
        return line

    def _left(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the SMTP server takes too long")
        return left

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        """Open the socket, as smtplib does; only that looking the name up has an end as well."""
        for address, patience in patiently(wait_for(look_up(host, port), self._left())):
            try:
                seconds = min(timeout, self._left(), patience or inf)
                return super()._get_socket(address, port, seconds)  # type: ignore[misc]  # typeshed lacks it
            except ssl.SSLError:
                raise
            except OSError:
                if patience is None:
                    raise
        raise AssertionError("the last address was tried")

    def getreply(self) -> tuple[int, bytes]:
        """Read an answer."""
        if self.file is None:
            self.file = io.BufferedReader(_Reading(self))
        return super().getreply()

    def send(self, s: Any) -> None:
        """Send something."""
        content = s.encode(self.command_encoding) if isinstance(s, str) else memoryview(s)
        for start in range(0, len(content), _PIECE):
            self.in_time()
            super().send(content[start : start + _PIECE])


class TlsLine(Line, smtplib.SMTP_SSL):
    """The same with TLS from the first byte on."""
