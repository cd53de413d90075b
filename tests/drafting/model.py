"""A language model's server on loopback, which answers from a script and keeps what it got."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-0123456789"


@dataclass
class Reply:
    """One answer: its bytes are sent as they are, whatever the length they claim."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0
    hang: bool = False
    drip: float = 0


@dataclass
class Asked:
    """One request that came in."""

    path: str
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.text)
        return body

    @property
    def data(self) -> dict[str, Any]:
        """What the model is given to work from."""
        body = self.body
        data: dict[str, Any] = json.loads(
            body["input"] if "input" in body else body["messages"][1]["content"]
        )
        return data


class Model:
    """The server: what it will say, and what it was asked."""

    def __init__(self, url: str, release: threading.Event) -> None:
        self.url = url
        self.replies: list[Reply] = []
        self.asked: list[Asked] = []
        self.release = release

    def says(self, *replies: Reply) -> None:
        """Answer with these in turn; with the last one for ever."""
        self.replies = list(replies)

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def serving() -> Iterator[Model]:
    release = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    model = Model(f"http://127.0.0.1:{server.server_port}/v1", release)
    server.model = model  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield model
    finally:
        release.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        model: Model = self.server.model  # type: ignore[attr-defined]
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        model.asked.append(Asked(self.path, dict(self.headers), text))
        reply = model.next()
        if reply.hang and not reply.body:
            model.release.wait(30)
            return
        self.send_response(reply.status)
        self.send_header("content-type", reply.kind)
        self.send_header("connection", "close")
        self.send_header("content-length", str(len(reply.body) + reply.missing))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):
            self._write(reply)
        if reply.hang:
            model.release.wait(30)
        self.close_connection = True

    def _write(self, reply: Reply) -> None:
        step = 1 if reply.drip else max(len(reply.body), 1)
        for start in range(0, len(reply.body), step):
            self.wfile.write(reply.body[start : start + step])
            self.wfile.flush()
            time.sleep(reply.drip)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


# Answers in OpenAI's own shape.


def response(content: Sequence[Mapping[str, Any]], **changes: Any) -> Reply:
    """An answer of the Responses API."""
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
    body = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "output": [
            {"type": "reasoning", "id": "r", "summary": []},
            {**message, "content": list(content)},
        ],
        "usage": {"input_tokens": 120, "output_tokens": 80, "total_tokens": 200},
        **changes,
    }
    return Reply(body=json.dumps(body).encode())


def said(answer: object, **changes: Any) -> Reply:
    """An answer whose text is this JSON."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return response([{"type": "output_text", "text": text, "annotations": []}], **changes)


def completion(content: str | None, *, finish: str = "stop", refusal: str | None = None) -> Reply:
    """An answer of chat completions."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 120, "completion_tokens": 80, "total_tokens": 200},
    }
    return Reply(body=json.dumps(body).encode())


def failure(status: int, code: str | None = None, **headers: str) -> Reply:
    """An error in OpenAI's shape."""
    error = {"message": "no", "type": code or "error", "param": None, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps({"error": error}).encode(), headers=named)


def events(*bodies: Mapping[str, Any] | str, **changes: Any) -> Reply:
    """A stream of server-sent events."""
    lines = []
    for body in bodies:
        if isinstance(body, str):
            lines.append(f"data: {body}\n\n")
        else:
            lines.append(f"event: {body.get('type', 'x')}\ndata: {json.dumps(body)}\n\n")
    return Reply(body="".join(lines).encode(), kind="text/event-stream; charset=utf-8", **changes)


def delta(text: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "delta": text, "item_id": "m"}


def ended(kind: str = "completed", **changes: Any) -> dict[str, Any]:
    body = json.loads(response([], status=kind, **changes).body)
    return {"type": f"response.{kind}", "response": body}


def chunk(text: str | None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "choices": [choice], **more}


def draft(**changes: Any) -> dict[str, Any]:
    """A draft as the model writes it."""
    return {
        "subject": "We saved your seat",
        "preheader": "Come back and see",
        "body": 'Hi {{ first_name | default: "there" }}, come back and look around.',
        "call_to_action": "look around",
        "notes": [],
        **changes,
    }


def drafts(*changes: Mapping[str, Any]) -> Reply:
    return said({"drafts": [draft(**change) for change in changes]})
