"""Handing messages over to Resend."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Sequence
from contextlib import closing
from email.utils import formataddr
from functools import cache
from typing import Any, Self

import httpcore
import httpx

from campaign_sdk._core.deadline import bounded, deadline
from campaign_sdk._core.errors import ConfigurationError, Unavailable
from campaign_sdk._core.exchange import retry_after
from campaign_sdk._core.proxy import proxy_for
from campaign_sdk._core.settings import check_key, check_url, require_secure
from campaign_sdk.senders._mail import mailbox
from campaign_sdk.senders._message import Message, Receipt
from campaign_sdk.senders._resend_protocol import (
    Answer,
    NoAnswer,
    Outcome,
    Post,
    Step,
    Wait,
    exchange,
)

_URL = "https://api.resend.com"
_LARGEST_BATCH = 100
_LARGEST_ANSWER = 1024 * 1024
# Those after which the vendor can't have got the request.
_UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Resend:
    """Sends e-mail through Resend, up to 100 messages in a request.

    A request whose answer is missing or unclear is repeated with the same key, for which
    Resend sends nothing twice; what stays unclear until the deadline is in doubt.

    Resend's keys are for requests, not for messages, and are kept for 24 hours. So only with
    `batch_size=1` can doubts of a process that died be tried again without a second copy
    (`honours_keys`): of a batch, those that were unclear might come back in other company.

    Args:
        api_key: one that may send.
        from_: who writes, such as `Shop <shop@example.com>`, from a domain that is verified.
        batch_size: how many messages are handed over in one request, from 1 to 100.
        timeout: how many seconds all tries of a request may take together: less than the
            lease.
        url: another address of the same API.

    Raises:
        ConfigurationError: one of them can't be what it should be.
    """

    def __init__(
        self,
        api_key: str,
        from_: str | None = None,
        *,
        sender: str | None = None,
        batch_size: int = _LARGEST_BATCH,
        timeout: float = 20.0,
        url: str = _URL,
    ) -> None:
        writer = mailbox(from_ or sender or "")
        self._sender = formataddr((writer.display_name, writer.addr_spec), "utf-8")
        if not 1 <= batch_size <= _LARGEST_BATCH:
            raise ConfigurationError(f"batch_size: must lie between 1 and {_LARGEST_BATCH}")
        self.batch_size = batch_size
        self.honours_keys = batch_size == 1
        self._url = _checked_url(url)
        self._timeout = timeout
        self._headers = {
            "Authorization": f"Bearer {_checked(api_key)}",
            "Content-Type": "application/json",
            "User-Agent": "campaign-sdk",
            "x-batch-validation": "permissive",
        }
        self._http: httpx.Client | None = None
        self._ahttp: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}

    def __repr__(self) -> str:
        return f"<Resend {self._url}>"

    def __call__(self, messages: Sequence[Message], /) -> list[Receipt]:
        """Hand the messages over.

        Raises:
            NotSent: Resend has taken none (`LoginRefused`: it refuses the key).
            Unavailable: all of them are in doubt.
        """
        ends = time.monotonic() + self._timeout
        with closing(exchange(messages, self._sender)) as plan:
            step = next(plan)
            while True:
                outcome = self._do(step, ends)
                try:
                    step = plan.send(outcome)
                except StopIteration as done:
                    return _receipts(done)

    async def asend(self, messages: Sequence[Message], /) -> list[Receipt]:
        """Do the same in the asynchronous client."""
        ends = time.monotonic() + self._timeout
        with closing(exchange(messages, self._sender)) as plan:
            step = next(plan)
            while True:
                outcome = await self._ado(step, ends)
                try:
                    step = plan.send(outcome)
                except StopIteration as done:
                    return _receipts(done)

    def close(self) -> None:
        """Close the connections; the next message opens others."""
        if self._http:
            self._http.close()
        self._http = None

    async def aclose(self) -> None:
        """Close the connections of the event loop that this is awaited in."""
        client = self._ahttp.pop(asyncio.get_running_loop(), None)
        if client:
            await client.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _do(self, step: Step, ends: float) -> Outcome:
        left = _left(step, ends)
        if isinstance(step, Wait):
            time.sleep(step.seconds)
            return None
        self._http = self._http or httpx.Client(
            transport=bounded(
                httpx.HTTPTransport(verify=_tls(), proxy=proxy_for(self._url)), httpcore
            ),
            follow_redirects=False,
        )
        body = _Body(ends)
        try:
            with (
                deadline(ends),
                self._http.stream(*self._request(step), **self._options(step, left)) as response,
            ):
                for chunk in response.iter_bytes():
                    body.take(chunk)
        except httpx.HTTPError as error:
            return _no_answer(error)
        return body.answer(response)

    async def _ado(self, step: Step, ends: float) -> Outcome:
        left = _left(step, ends)
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
            return None
        body = _Body(ends)
        try:
            with deadline(ends):
                async with self._open().stream(
                    *self._request(step), **self._options(step, left)
                ) as response:
                    async for chunk in response.aiter_bytes():
                        body.take(chunk)
        except httpx.HTTPError as error:
            return _no_answer(error)
        return body.answer(response)

    def _open(self) -> httpx.AsyncClient:
        """Return the client of this event loop: connections can't be taken to another."""
        loop = asyncio.get_running_loop()
        if loop not in self._ahttp:
            # What belongs to a loop that is closed can't be closed any more, only dropped.
            for closed in [each for each in list(self._ahttp) if each.is_closed()]:
                self._ahttp.pop(closed, None)
            transport = bounded(
                httpx.AsyncHTTPTransport(verify=_tls(), proxy=proxy_for(self._url)), httpcore
            )
            self._ahttp[loop] = httpx.AsyncClient(transport=transport, follow_redirects=False)
        return self._ahttp[loop]

    def _request(self, post: Post) -> tuple[str, str]:
        return "POST", f"{self._url}{post.path}"

    def _options(self, post: Post, left: float) -> dict[str, Any]:
        headers = {**self._headers, "Idempotency-Key": post.key}
        return {"content": post.body, "headers": headers, "timeout": left}


class _Body:
    """The body of an answer, as far as it comes before a deadline and below a size."""

    def __init__(self, ends: float) -> None:
        self._ends = ends
        self._read = bytearray()

    def take(self, chunk: bytes) -> None:
        self._read += chunk
        if time.monotonic() > self._ends or len(self._read) > _LARGEST_ANSWER:
            raise httpx.ReadTimeout("the answer takes too long, or is too large")

    def answer(self, response: httpx.Response) -> Answer:
        try:
            body = json.loads(self._read)
        except (ValueError, RecursionError):
            body = None
        asked = response.headers.get("retry-after")
        return Answer(response.status_code, body, retry_after(asked) if asked else None)


def _left(step: Step, ends: float) -> float:
    """Return the seconds left; there are requests and pauses only for what is in doubt."""
    left = ends - time.monotonic()
    if left <= (step.seconds if isinstance(step, Wait) else 0):
        raise Unavailable("Resend gave no clear answer before the deadline", maybe_applied=True)
    return left


def _no_answer(error: httpx.HTTPError) -> NoAnswer:
    return NoAnswer(not isinstance(error, _UNREACHED), type(error).__name__)


def _receipts(done: StopIteration) -> list[Receipt]:
    receipts: list[Receipt] = done.value
    return receipts


def _checked(key: str) -> str:
    try:
        return check_key(key)
    except (AttributeError, ConfigurationError):
        raise ConfigurationError("api_key: must be an API key of Resend") from None


def _checked_url(url: str) -> str:
    try:
        address = check_url(url)
    except (AttributeError, ConfigurationError):
        raise ConfigurationError("url: must be an address such as https://api.resend.com") from None
    require_secure(address, "url")
    return address


@cache
def _tls() -> ssl.SSLContext:
    """Return how certificates are checked; reading them all takes a while."""
    return httpx.create_ssl_context()
