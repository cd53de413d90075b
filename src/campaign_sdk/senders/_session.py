"""One connection to an SMTP server, and what its answers mean."""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
from contextlib import suppress

from campaign_sdk._core.errors import LoginRefused, NotSent
from campaign_sdk.senders._line import Line, TlsLine
from campaign_sdk.senders._mail import Mail
from campaign_sdk.senders._message import Receipt
from campaign_sdk.senders._server import Server

_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
_ID = r"<?(?P<{}>[A-Za-z0-9][A-Za-z0-9._@-]{{5,}})>?"
_QUEUED = re.compile(
    rf"queued as {_ID.format('queued')}|^(?:[0-9.]+ )?ok:? {_ID.format('named')}\s*$", re.IGNORECASE
)
# Sign in first: 530, 538; wrong password: 535; too weak: 534.
_LOGIN_CODES = frozenset({530, 534, 535, 538})
_CLOSING = 421
_GOODBYE = 1.0
_TOO_LARGE = 552
_GO_ON = frozenset({250, 251, 252, 354})


class InDoubt(Exception):
    """The connection broke after a message had left and before the answer to it."""


class Lost(NotSent):
    """The connection broke, and no message had left."""


Reply = tuple[int, str]


class Session:
    """An open connection, signed in."""

    def __init__(self, server: Server, *, timeout: float, context: ssl.SSLContext | None) -> None:
        self._smtp = _connect(server, timeout, context)
        self._timeout = timeout
        self.unused = True

    def post(self, key: str, sender: str, mail: Mail) -> Receipt:
        """Hand one message over.

        Raises:
            NotSent: nothing has left, and the fault isn't this recipient's.
            InDoubt: all of it has left, and there was no answer.
        """
        self.unused = False
        self._smtp.give(self._timeout)
        try:
            refusal = self._envelope(sender, mail)
        except (OSError, smtplib.SMTPException) as error:
            raise Lost(f"the SMTP server broke off ({type(error).__name__})") from None
        if refusal:
            return _refused(key, *refusal)
        return self._end(key, mail)

    def _envelope(self, sender: str, mail: Mail) -> Reply | None:
        """Send all but the mark of the end; return the answer of a server that refuses."""
        if mail.utf8 and not self._smtp.has_extn("smtputf8"):
            return 550, "the server takes no address in Unicode"
        self._smtp.command_encoding = "utf-8" if mail.utf8 else "ascii"
        options = " SMTPUTF8 BODY=8BITMIME" if mail.utf8 else ""
        code, text = self._command("MAIL", f"FROM:<{sender}>{options}")
        if code != 250:
            return self._sender_refused(code, text)
        for verb, rest in (("RCPT", f"TO:<{mail.to}>"), ("DATA", "")):
            code, text = self._command(verb, rest)
            if code not in _GO_ON:
                self._give_up(code)
                return code, text
        self._smtp.send(mail.body)
        return None

    def _end(self, key: str, mail: Mail) -> Receipt:
        # Until this mark has left, no server takes the message; from here on it may have.
        try:
            self._smtp.send(b".\r\n")
            code, text = _reply(*self._smtp.getreply())
        except (OSError, smtplib.SMTPException):
            raise InDoubt from None
        if 200 <= code < 300:
            named = _QUEUED.search(text)
            return Receipt.sent(key, (named and (named["queued"] or named["named"])) or mail.id)
        if not 400 <= code < 600:
            raise InDoubt
        return _refused(key, code, text)

    def _sender_refused(self, code: int, text: str) -> Reply:
        """Tell a refusal of this message from one of all that this sender would send."""
        self._give_up(code)
        if code == _TOO_LARGE:
            return code, text
        retry = code < 500
        raise NotSent(f"the SMTP server refuses the sender's address: {code}", retry=retry)

    def _give_up(self, code: int) -> None:
        """Leave the message that was begun, so that the next one finds the server ready."""
        if code in _LOGIN_CODES:
            raise LoginRefused(_LOGIN_REMEDY.format(code=code))
        if code == _CLOSING or code < 400:
            raise Lost(f"the SMTP server is closing ({code})")
        self._smtp.rset()

    def _command(self, verb: str, rest: str) -> Reply:
        return _reply(*self._smtp.docmd(verb, rest))

    def close(self) -> None:
        """Say goodbye, without waiting long for an answer."""
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.give(_GOODBYE)
            self._smtp.quit()
        self._smtp.close()

    def cut(self) -> None:
        """Cut the connection, whatever is under way; from any thread."""
        with suppress(OSError):
            if self._smtp.sock:
                self._smtp.sock.shutdown(socket.SHUT_RDWR)


_LOGIN_REMEDY = (
    "the SMTP server refuses the login ({code}): check user and password in the address; "
    "characters such as @ : / are written as %40 %3A %2F"
)


def _connect(server: Server, timeout: float, context: ssl.SSLContext | None) -> Line:
    """Open a connection and sign in.

    Raises:
        NotSent: it can't be reached, isn't who it should be, or refuses the login.
    """
    try:
        return _signed_in(_opened(server, timeout, context), server)
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message
        raise NotSent(f"{server} isn't who it should be: {why}", retry=False) from None
    except smtplib.SMTPNotSupportedError:
        raise NotSent(f"{server} offers no STARTTLS, or no login", retry=False) from None
    except smtplib.SMTPResponseException as error:
        retry = error.smtp_code < 500
        raise NotSent(f"{server} refuses to talk: {error.smtp_code}", retry=retry) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Lost(f"{server} can't be reached ({type(error).__name__})") from None


def _opened(server: Server, timeout: float, context: ssl.SSLContext | None) -> Line:
    secure = context or ssl.create_default_context()
    if server.tls == "tls":
        smtp: Line = TlsLine(server.host, server.port, timeout=timeout, context=secure)
    else:
        smtp = Line(server.host, server.port, timeout=timeout)
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            smtp.starttls(context=secure)
            smtp.ehlo()
        # The mark of the end is a packet of its own: it isn't to wait for the one before.
        if smtp.sock:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _signed_in(smtp: Line, server: Server) -> Line:
    if server.user is None:
        return smtp
    try:
        _log_in(smtp, server.user, server.password)
    except smtplib.SMTPAuthenticationError as error:
        smtp.close()
        if error.smtp_code < 500:
            raise NotSent(f"the SMTP server takes no login now: {error.smtp_code}") from None
        raise LoginRefused(_LOGIN_REMEDY.format(code=error.smtp_code)) from None
    except BaseException:
        smtp.close()
        raise
    return smtp


def _log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    if f"{user}{password}".isascii():
        smtp.login(user, password)
        return
    # smtplib knows no other password than one in ASCII; RFC 4616 says UTF-8.
    proof = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, text = smtp.docmd("AUTH", f"PLAIN {proof}")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, text)


def _reply(code: int, text: bytes) -> Reply:
    return code, text.decode("utf-8", "replace")


def _refused(key: str, code: int, text: str) -> Receipt:
    """Say why, without the address that servers like to repeat."""
    return Receipt.failed(key, f"{code} {_ADDRESS.sub('<address>', text)}", retry=code < 500)
