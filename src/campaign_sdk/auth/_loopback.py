"""The one-shot listener that a browser returns to after signing in.

A native application receives the answer of an authorization server on a loopback address
with a free port (RFC 8252, section 7.3). Supabase Auth has no `state` of ours to send
back, so a nonce in the path tells our answer from anybody else's.
"""

from __future__ import annotations

import errno
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

from campaign_sdk._core.errors import ConfigurationError, InvalidInput, NotAuthenticated, TimedOut

# Longer than what is mistaken for a code, such as a word or a port.
_CODE = re.compile(r"[\w.~-]{16,}")

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>campaign_sdk</title>
<body style="font: 1.2rem system-ui; margin: 20vh auto; max-width: 30rem; text-align: center">
<h1>{title}</h1><p>{text}</p></body></html>"""

REDIRECTS = (
    "if the browser ended elsewhere, add http://127.0.0.1:*/** to the project's redirect URLs "
    "(Authentication, URL Configuration)"
)
_ADDRESS = re.compile(r"\S+@\S+")


class _Server(ThreadingTCPServer):
    """Not http.server's: that one looks up the name of its address, which can take seconds."""

    allow_reuse_address = True
    # A browser opens connections in reserve: they must hold up neither us nor the next.
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: somebody has hung up."""


class Loopback:
    """Listens for one answer, from its creation until `close`.

    Args:
        port: the port to listen on; a free one by default.

    Raises:
        ConfigurationError: the port can't be listened on.
    """

    def __init__(self, port: int = 0) -> None:
        self._path = f"/callback/{secrets.token_urlsafe(24)}"
        self._answer: dict[str, str] = {}
        self._refusal: Exception | None = None
        self._answered = threading.Event()
        self._lock = threading.Lock()
        self._server = _server(port, self._handler())
        self._host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self._host}{self._path}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def wait(self, timeout: float) -> str:
        """Return the code that the browser brings.

        Raises:
            NotAuthenticated: the person declined, or the provider failed.
            TimedOut: nobody came in time.
        """
        ends = time.monotonic() + timeout
        # In short steps, so that Ctrl-C is heard on every system.
        while not self._answered.wait(0.1):
            if time.monotonic() > ends:
                raise TimedOut(f"nobody signed in within the time; try again, and {REDIRECTS}")
        if self._refusal is not None:
            raise self._refusal
        return code_of(self._answer)

    def listen_to(self, ask: Callable[[], str]) -> None:
        """Take what somebody pastes beside what the browser brings: whichever comes first.

        Args:
            ask: waits for the text; called in a thread, again if it is neither a code nor
                an address with one.
        """
        threading.Thread(target=self._listen_to, args=(ask,), daemon=True).start()

    def _listen_to(self, ask: Callable[[], str]) -> None:
        while not self._answered.is_set():
            try:
                self._settle({"code": pasted_code(ask())})
            except InvalidInput as error:
                sys.stderr.write(f"{error.reason}\n")
            except EOFError:
                # Nobody is there to paste anything; the browser may still come.
                return
            except Exception as error:
                self._refuse(error)

    def _settle(self, answer: dict[str, str]) -> bool:
        """Take an answer, unless there is one already."""
        with self._lock:
            if self._answered.is_set():
                return False
            self._answer = answer
            self._answered.set()
            return True

    def _refuse(self, refusal: Exception) -> None:
        """Have `wait` raise an error, unless there is an answer already."""
        with self._lock:
            if not self._answered.is_set():
                self._refusal = refusal
                self._answered.set()

    def close(self) -> None:
        """Stop listening; whoever still waits is told so."""
        self._refuse(NotAuthenticated("the sign-in was cancelled"))
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def take(self, host: str, target: str) -> tuple[int, str, str]:
        """Judge one request; return a status, and what the page says."""
        path, _, query = target.partition("?")
        # A foreign Host is a page elsewhere that had its name resolved to this machine.
        if host != self._host or not secrets.compare_digest(path.encode(), self._path.encode()):
            return 404, "Not here", "This address isn't part of a sign-in."
        answer = _answer_in(query)
        if not answer.keys() & {"code", "error"}:
            return 400, "That didn't work", "The answer holds neither a code nor an error."
        if not self._settle(answer):
            return 410, "Used already", "This sign-in is over. You can close this window."
        title = "Not signed in" if "error" in answer else "Signed in"
        return 200, title, "You can close this window and go back to the terminal."

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self.take

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_GET(self) -> None:
                status, title, text = take(self.headers.get("Host", ""), self.path)
                body = _PAGE.format(title=title, text=text).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                # The code stands in the address: it must not travel on.
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: the address holds the code."""

        return Handler


def _server(port: int, handler: type[BaseHTTPRequestHandler]) -> _Server:
    try:
        return _Server(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as error:
        in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "is in use" if in_use else "can't be listened on"
        raise ConfigurationError(f"port {port} {reason}: pass another, or none") from error


def _answer_in(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def pasted_code(text: str) -> str:
    """Return the code from what somebody pasted: the code itself, or the whole address.

    Raises:
        NotAuthenticated: the address says that the person declined.
        InvalidInput: it is neither.
    """
    text = text.strip()
    if "?" in text:
        return code_of(_answer_in(text.partition("?")[2].partition("#")[0]))
    if not _CODE.fullmatch(text):
        raise InvalidInput("code", "paste the code, or the whole address that the browser ended at")
    return text


def code_of(answer: dict[str, str]) -> str:
    """Return the code of an answer.

    Raises:
        NotAuthenticated: it is a refusal, with the provider's reason.
        InvalidInput: it holds no code.
    """
    if "code" in answer:
        return answer["code"]
    if answer.get("error") == "access_denied":
        raise NotAuthenticated("the sign-in was declined", code="access_denied")
    if "error" in answer:
        raise NotAuthenticated(
            f"the provider refused the sign-in{_reason(answer)}",
            code=answer["error"][:100],
            hint=REDIRECTS,
        )
    raise InvalidInput("code", "the address holds no code")


def _reason(answer: dict[str, str]) -> str:
    """What the provider says, in one line and without anybody's address."""
    said = " ".join(answer.get("error_description", "").split())
    shown = "".join(char for char in _ADDRESS.sub("…", said) if char.isprintable())[:200]
    return f": {shown}" if shown else ""
