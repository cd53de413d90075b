"""What becomes of one request: the decisions, without any input or output.

`Exchange` is a generator. It yields a request to be sent, a number of seconds to wait, or
a turn at a lock; the wires of `transport` do what it asks, so both clients behave alike.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Generator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from campaign_sdk._core.answers import is_json, is_plausible, state_of
from campaign_sdk._core.errors import (
    AuthUnavailable,
    NotAuthenticated,
    ProtocolError,
    RateLimited,
    TimedOut,
    Unavailable,
)
from campaign_sdk._core.failures.states import IN_DOUBT, PASSING
from campaign_sdk._core.session import Held, SessionKeeper
from campaign_sdk._core.settings import is_loopback

# A request marked with this header may be sent again: it is a read, or carries a key.
REPLAYABLE = "x-campaign-replayable"
_RETRIES = 3
_BUSY = frozenset({429, 502, 503, 504, *range(520, 531)})
_BACKOFF = 0.5
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

_Exchange = Generator[Any, Any, httpx.Response]


@dataclass(frozen=True)
class Turn:
    """A lock to be acquired before a deadline."""

    lock: Any
    ends: float

    @property
    def left(self) -> float:
        return max(self.ends - time.monotonic(), 0.0)

    def missed(self) -> AuthUnavailable:
        return AuthUnavailable("the session is being renewed, and that doesn't finish")


class Exchange:
    """How one request becomes one good answer or one typed error."""

    def __init__(self, keeper: SessionKeeper, timeout: float) -> None:
        self._keeper = keeper
        self._timeout = timeout

    def __call__(self, request: httpx.Request) -> _Exchange:
        """Yield what is to be done; return the answer.

        Raises:
            NotAuthenticated: there is no session, or it couldn't be renewed.
            RateLimited: the server asks to wait for longer than the deadline allows.
            TimedOut: there was no whole answer before the deadline.
            Unavailable: no connection, or a gateway answered in the server's place.
            ProtocolError: a success that isn't JSON.
        """
        ends = time.monotonic() + self._timeout
        kind = _kind(request)
        held = yield from self._authorized(request, ends)
        response = yield from self._sent(request, ends, kind)
        if response.status_code == 401 and held is not None:
            yield from self._renewed(held, ends)
            self._keeper.authorize(request)
            response = yield from self._sent(request, ends, kind)
        return response

    def renewal(self) -> Generator[Any, Any, None]:
        """Yield what is to be done to renew the session though it may be good yet.

        Raises:
            NotAuthenticated: nobody is signed in, or the session has ended.
            AuthUnavailable: the auth server gives no answer; the session is kept.
        """
        held = self._keeper.renewable
        if held is None:
            raise NotAuthenticated("there is no session to renew")
        yield from self._renewed(held, time.monotonic() + self._timeout)

    def _authorized(self, request: httpx.Request, ends: float) -> Generator[Any, Any, Held | None]:
        held = self._keeper.authorize(request)
        if held is None or not self._keeper.is_stale:
            return held
        now = time.monotonic()
        try:
            yield from self._renewed(held, now + self._keeper.patience(ends - now))
        except (AuthUnavailable, RateLimited):
            # Early is early: as long as the token is good, nothing is lost.
            if self._keeper.is_over:
                raise
            self._keeper.pause()
        return self._keeper.authorize(request)

    def _renewed(self, held: Held, ends: float) -> Generator[Any, Any, None]:
        """Renew the session once, however many threads, tasks and processes find it stale."""
        yield Turn(self._keeper.lock, ends)
        try:
            if self._keeper.holds(held):
                yield from self._renewed_alone(held, ends)
        finally:
            self._keeper.lock.release()

    def _renewed_alone(self, held: Held, ends: float) -> Generator[Any, Any, None]:
        while not self._keeper.store.try_lock():
            if time.monotonic() > ends:
                raise AuthUnavailable("another process is renewing the session and doesn't finish")
            yield 0.02
        try:
            if self._keeper.store.load() is None:
                raise self._keeper.lose()
            # Another process may have renewed it while this one waited.
            self._keeper.restore()
            current = self._keeper.renewable
            if current is not None and (self._keeper.holds(held) or self._keeper.is_stale):
                yield from self._exchanged(current, ends)
        finally:
            self._keeper.store.unlock()

    def _exchanged(self, held: Held, ends: float) -> Generator[Any, Any, None]:
        try:
            response = yield from self._sent(self._keeper.renewal(held), ends, "keyed")
        except (Unavailable, ProtocolError, httpx.DecodingError) as error:
            reason = "the session can't be renewed: the auth server gives no usable answer"
            raise AuthUnavailable(reason, code=getattr(error, "code", None)) from error
        if response.status_code >= 500:
            raise AuthUnavailable(f"the auth server failed ({response.status_code})")
        self._keeper.take(response, held)

    def _sent(self, request: httpx.Request, ends: float, kind: str) -> _Exchange:
        lost = False
        for attempt in range(_RETRIES + 1):
            answer = yield from _tried(request, ends, kind)
            pause = _pause(answer, attempt, kind)
            if pause is None or attempt == _RETRIES or time.monotonic() + pause > ends:
                break
            lost = lost or _is_lost(answer)
            yield pause
        try:
            return _good(request, answer, kind)
        except RateLimited as error:
            if not lost or kind == "read":
                raise
            raise Unavailable(error.message, maybe_applied=True, code=error.code) from None
        except (Unavailable, ProtocolError) as error:
            # What came of the last try says nothing of those before it.
            error.maybe_applied = error.maybe_applied or (lost and kind != "read")
            raise


def _kind(request: httpx.Request) -> str:
    """Whether a request is a read, a write with a key of its own, or just a write."""
    kind: str = request.headers.pop(REPLAYABLE, "write")
    return "read" if request.method in ("GET", "HEAD") else kind


def _tried(
    request: httpx.Request, ends: float, kind: str
) -> Generator[Any, Any, httpx.Response | httpx.TransportError]:
    left = max(ends - time.monotonic(), 0.001)
    request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), left)
    request.extensions["ends"] = ends
    try:
        response: httpx.Response = yield request
    except httpx.DecodingError:
        raise ProtocolError(
            "the server's answer isn't packed as it says", maybe_applied=kind != "read"
        ) from None
    except httpx.TransportError as error:
        return error
    return response


def jittered(longest: float) -> float:
    """Return half of a wait or more, so that those who failed together don't come together."""
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _pause(answer: httpx.Response | httpx.TransportError, attempt: int, kind: str) -> float | None:
    """Return how long to wait before trying again, or `None` if that isn't allowed."""
    backoff = jittered(_BACKOFF * 2.0**attempt)
    if isinstance(answer, httpx.TimeoutException):
        return None
    if isinstance(answer, httpx.TransportError):
        # Without a connection nothing was sent: even a write may be.
        return backoff if kind != "write" or isinstance(answer, httpx.ConnectError) else None
    if kind != "write" and state_of(answer).startswith(PASSING):
        return backoff
    # 429 means that nothing was done: even a write may be sent again.
    if answer.status_code == 429 or (answer.status_code in _BUSY and kind != "write"):
        asked = retry_after(answer.headers.get("retry-after", ""))
        return backoff if asked is None else asked
    return None


def _is_lost(answer: httpx.Response | httpx.TransportError) -> bool:
    """Whether the server may have done what it was asked, without our hearing of it."""
    if isinstance(answer, httpx.TransportError):
        return not isinstance(answer, _NEVER_SENT)
    state = state_of(answer)
    return state.startswith(IN_DOUBT) if state else answer.status_code != 429


def _good(
    request: httpx.Request, answer: httpx.Response | httpx.TransportError, kind: str
) -> httpx.Response:
    if isinstance(answer, httpx.TransportError):
        raise _failure(answer, kind, request.url) from answer
    answer = _without_secrets(request, answer)
    status = answer.status_code
    if status == 429:
        asked = retry_after(answer.headers.get("retry-after", ""))
        raise RateLimited("too many requests to the server", retry_after=asked, code="429")
    state = state_of(answer)
    if kind != "read" and state.startswith(IN_DOUBT):
        raise Unavailable(f"the database's session ended ({state})", maybe_applied=True, code=state)
    # The server itself would have said in JSON what is wrong.
    if (status in _BUSY and not state) or (status >= 500 and not is_json(answer)):
        raise Unavailable(
            f"the server isn't available ({status})", maybe_applied=kind != "read", code=str(status)
        )
    if _is_ours(request) and not is_plausible(request, answer, kind):
        raise ProtocolError(
            "the server's answer isn't JSON; is the URL that of a Supabase project?",
            maybe_applied=kind != "read",
        )
    return answer


def _without_secrets(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    """Return a refusal that doesn't quote what opens the project: its words may be shown."""
    if answer.status_code < 400:
        return answer
    bearer = request.headers.get("authorization", "").partition(" ")[2]
    said = answer.content
    for secret in {request.headers.get("apikey", ""), bearer} - {""}:
        said = said.replace(secret.encode(), b"[...]")
    if said == answer.content:
        return answer
    headers = [pair for pair in answer.headers.raw if pair[0].lower() != b"content-length"]
    return httpx.Response(answer.status_code, headers=headers, content=said)


def _failure(error: httpx.TransportError, kind: str, url: httpx.URL) -> Unavailable:
    sent = not isinstance(error, _NEVER_SENT)
    maybe_applied = sent and kind != "read"
    if isinstance(error, httpx.TimeoutException):
        return TimedOut(
            "there was no whole answer before the deadline", maybe_applied=maybe_applied
        )
    reason = f"the server can't be reached ({type(error).__name__})"
    if not sent and is_loopback(str(url)):
        reason = (
            f"nothing answers at {url.scheme}://{url.netloc.decode()}; if that is the local stack, "
            "start it with `campaign local start`"
        )
    return Unavailable(reason, maybe_applied=maybe_applied)


def _is_ours(request: httpx.Request) -> bool:
    return "/rest/v1" in request.url.path or "/auth/v1" in request.url.path


def retry_after(value: str) -> float | None:
    """Read `Retry-After`, which is seconds or a date (RFC 9110, section 10.2.3).

    Returns:
        Seconds from now; `None` if there is no sense in it.
    """
    try:
        seconds = float(value)
    except ValueError:
        return _until(value)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(value: str) -> float | None:
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
