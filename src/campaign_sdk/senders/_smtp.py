"""Handing messages over to an SMTP server."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from campaign_sdk._core.errors import NotSent, Unavailable
from campaign_sdk.senders._mail import Unmailable, compose, mailbox
from campaign_sdk.senders._message import Message, Receipt
from campaign_sdk.senders._server import Server
from campaign_sdk.senders._session import InDoubt, Lost, Session


class Smtp:
    """Sends e-mail through an SMTP server, over one connection that it keeps.

    What the server refuses is told apart for each recipient: for good (5xx), or for now
    (4xx, tried again). A server that dies before it has the whole message has sent nothing;
    one that dies between the message and its answer leaves that one message in doubt, since
    SMTP knows no keys. The Message-ID is made from the key, so that mailboxes may recognise
    a second copy.

    Args:
        url: `smtps://user:password@host` (TLS, port 465), `smtp://user:password@host?starttls`
            (port 587) or `smtp://localhost` (port 25, for a server on this machine or one
            that asks for no password). Characters such as `@` in a password as `%40`.
        from_: who writes, such as `Shop <shop@example.com>`; the account's own address by
            default.
        sender: another name for `from_`.
        timeout: how many seconds a message may take in all, however slowly the server talks,
            and as many to open the connection. A `lease` should be longer.
        batch_size: how many messages are handed over for each note in the database. One by
            one, a crash leaves one in doubt; more go faster.
        context: how TLS is done; by default the server's certificate must be valid.

    Raises:
        ConfigurationError: the address of the server or of the sender isn't one, or the
            password would travel in the clear.
    """

    honours_keys = False

    def __init__(
        self,
        url: str,
        from_: str | None = None,
        *,
        sender: str | None = None,
        timeout: float = 30.0,
        batch_size: int = 1,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._server = Server.parse(url)
        writer = from_ or sender
        self._sender = mailbox(writer) if writer else self._server.default_sender()
        self._timeout = timeout
        self._context = context
        self.batch_size = batch_size
        self._session: Session | None = None
        self._lock = threading.Lock()
        # Whose turn it is: each call has a flag of its own, which calls that one off.
        self._turn: threading.Event | None = None

    def __repr__(self) -> str:
        return f"<Smtp {self._server}>"

    def __call__(self, messages: Sequence[Message], /) -> list[Receipt]:
        """Hand the messages over, one after the other.

        Raises:
            NotSent: none has left: the server can't be reached, or refuses the login
                (`LoginRefused`) or the sender.
            Unavailable: the only message is in doubt.
        """
        return self._in_turn(messages, threading.Event())

    async def asend(self, messages: Sequence[Message], /) -> list[Receipt]:
        """Do the same in the asynchronous client, in a thread that ends with the task."""
        stopped = threading.Event()
        working = asyncio.ensure_future(asyncio.to_thread(self._in_turn, messages, stopped))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            stopped.set()
            if self._turn is stopped and self._session:
                self._session.cut()
            await asyncio.wait([working])
            working.exception()
            raise

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        with self._lock:
            session, self._session = self._session, None
        if session:
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def _in_turn(self, messages: Sequence[Message], stopped: threading.Event) -> list[Receipt]:
        with self._lock:
            self._turn = stopped
            try:
                return self._hand_over_all(messages, stopped)
            except BaseException:
                # Also Ctrl-C: what is left of the conversation is nobody's.
                self._drop()
                raise
            finally:
                self._turn = None

    def _hand_over_all(
        self, messages: Sequence[Message], stopped: threading.Event
    ) -> list[Receipt]:
        receipts: list[Receipt] = []
        in_doubt = 0
        for index, message in enumerate(messages):
            if stopped.is_set():
                break
            try:
                receipts.append(self._hand_over(message))
            except InDoubt:
                self._drop()
                in_doubt += 1
            except NotSent as error:
                self._drop()
                if index == 0:
                    raise
                receipts += [_not_now(left, error) for left in messages[index:]]
                break
        if in_doubt and not receipts:
            raise Unavailable(
                "the SMTP server broke off before it said whether it has the message",
                maybe_applied=True,
            )
        return receipts

    def _hand_over(self, message: Message) -> Receipt:
        try:
            mail = compose(message, self._sender)
        except Unmailable as why:
            return Receipt.failed(message.key, str(why))
        session = self._opened()
        first = session.unused
        try:
            return session.post(message.key, self._sender.addr_spec, mail)
        except Lost:
            if first:
                raise
        # A connection that was kept may have been closed long ago: that is no fault.
        self._drop()
        return self._opened().post(message.key, self._sender.addr_spec, mail)

    def _opened(self) -> Session:
        if self._session is None:
            self._session = Session(self._server, timeout=self._timeout, context=self._context)
        return self._session

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session:
            session.cut()
            session.close()


def _not_now(message: Message, error: NotSent) -> Receipt:
    return Receipt.failed(message.key, f"not handed over: {error.message}", retry=True)
