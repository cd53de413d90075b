"""The one-shot listener that a browser returns to after signing in.

A native application receives the answer of an authorization server on a loopback address
with a free port (RFC 8252, section 7.3). Supabase Auth has no `state` of ours to send
back, so a nonce in the path tells our answer from anybody else's.
"""

from __future__ import annotations

import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from campaign_sdk._errors import (
    CampaignError,
    ConfigurationError,
    InvalidInput,
    NotAuthenticated,
    TimedOut,
)

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>campaign_sdk</title>
<body style="font: 1.2rem system-ui; margin: 20vh auto; max-width: 30rem; text-align: center">
<h1>{title}</h1><p>{text}</p></body></html>"""


class Loopback:
    """Listens for one answer, from its creation until `close`.

    Args:
        port: the port to listen on; a free one by default.

    Raises:
        ConfigurationError: the port is in use.
    """

    def __init__(self, port: int = 0) -> None:
        self._path = f"/callback/{secrets.token_urlsafe(24)}"
        self._answer: dict[str, str] = {}
        self._refusal: CampaignError | None = None
        self._answered = threading.Event()
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        except OSError as error:
            raise ConfigurationError(f"port {port} is in use: pass another, or none") from error
        self._host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self._host}{self._path}"
        # A browser opens connections in reserve: they must hold up neither us nor the next.
        self._server.daemon_threads = True
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
                raise TimedOut("nobody signed in within the time; try again")
        if self._refusal is not None:
            raise self._refusal
        return code_of(self._answer)

    def paste(self, text: str) -> None:
        """Take the answer from somebody's clipboard, for a browser that can't reach us.

        Raises:
            InvalidInput: it is neither a code nor an address with one.
            NotAuthenticated: the address says that the person declined.
        """
        self._answer = {"code": pasted_code(text)}
        self._answered.set()

    def refuse(self, refusal: CampaignError) -> None:
        """Have `wait` raise an error."""
        self._refusal = refusal
        self._answered.set()

    def close(self) -> None:
        """Stop listening; whoever still waits is told so."""
        self.refuse(NotAuthenticated("the sign-in was cancelled"))
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
        url = urlsplit(target)
        # A foreign Host is a page elsewhere that had its name resolved to this machine.
        if host != self._host or not secrets.compare_digest(url.path, self._path):
            return 404, "Not here", "This address isn't part of a sign-in."
        answer = {name: values[0] for name, values in parse_qs(url.query).items()}
        if not answer.keys() & {"code", "error"}:
            return 400, "That didn't work", "The answer holds neither a code nor an error."
        if self._answered.is_set():
            return 410, "Used already", "This sign-in is over. You can close this window."
        self._answer = answer
        self._answered.set()
        if "error" in answer:
            return 200, "Not signed in", "You can close this window and go back to the terminal."
        return 200, "Signed in", "You can close this window and go back to the terminal."

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


def pasted_code(text: str) -> str:
    """Return the code from what somebody pasted: the code itself, or the whole address.

    Raises:
        NotAuthenticated: the address says that the person declined.
        InvalidInput: it is neither.
    """
    text = text.strip()
    if "://" in text or text.startswith("?"):
        return code_of({name: values[0] for name, values in parse_qs(urlsplit(text).query).items()})
    if not text or any(char.isspace() for char in text):
        raise InvalidInput("code", "paste the code, or the whole address that the browser ended at")
    return text


def code_of(answer: dict[str, str]) -> str:
    """Return the code of an answer.

    Raises:
        NotAuthenticated: it is a refusal.
        InvalidInput: it holds no code.
    """
    if "code" in answer:
        return answer["code"]
    if answer.get("error") == "access_denied":
        raise NotAuthenticated("the sign-in was declined", code="access_denied")
    if "error" in answer:
        raise NotAuthenticated("the provider refused the sign-in", code=answer["error"][:100])
    raise InvalidInput("code", "the address holds no code")
