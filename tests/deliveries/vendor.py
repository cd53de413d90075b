"""A vendor in a process of its own: slow at times, in trouble at times, and it remembers.

    python vendor.py '{"seed": 1, "error": 0.05, "cut": 0.03, "slow": 0.02, "pause": 1.5}'

It prints its port. POST /messages takes {"messages": [{"key"}]}; GET /accepted says how often
each key was taken, and when first.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Manners:
    """How the vendor behaves; shares are of requests."""

    seed: int = 0
    delay: float = 0.0
    error: float = 0.0
    cut: float = 0.0
    slow: float = 0.0
    pause: float = 0.0
    honours_keys: bool = False


@dataclass
class Vendor:
    """What was taken, from whomever."""

    manners: Manners
    accepted: Counter[str] = field(default_factory=Counter)
    times: list[tuple[float, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._luck = random.Random(self.manners.seed)

    def serve(self, keys: list[str]) -> tuple[int, Any] | None:
        """Answer one request; `None` for a cut line."""
        with self.lock:
            trouble, lateness, order = (self._luck.random() for _ in range(3))
        late = self.manners.pause if lateness < self.manners.slow else 0.0
        time.sleep(self.manners.delay + (late if order < 0.5 else 0.0))
        if trouble < self.manners.error:
            return 500, {"message": "in trouble"}
        self.accept(keys)
        time.sleep(late if order >= 0.5 else 0.0)
        if trouble < self.manners.error + self.manners.cut:
            return None
        return 200, {"ids": [f"v-{key}" for key in keys]}

    def accept(self, keys: list[str]) -> None:
        with self.lock:
            self.times.append((time.time(), len(keys)))
            for key in keys:
                if not (self.manners.honours_keys and key in self.accepted):
                    self.accepted[key] += 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    vendor: Vendor

    def do_GET(self) -> None:  # the standard library's names
        with self.vendor.lock:
            self._answer(200, {"accepted": self.vendor.accepted, "times": self.vendor.times})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = self.vendor.serve([message["key"] for message in body["messages"]])
        if answer is None:
            self.close_connection = True
            return
        self._answer(*answer)

    def _answer(self, status: int, content: Any) -> None:
        raw = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Callers that are killed in the middle are what this is for."""


def main() -> None:
    vendor = Vendor(Manners(**json.loads(sys.argv[1])))
    handler = type("Bound", (Handler,), {"vendor": vendor})
    with Server(("127.0.0.1", 0), handler) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
