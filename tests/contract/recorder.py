"""What we send, and what comes back, without anything that differs from run to run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

Line = dict[str, Any]

_VALUES = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "<date>"),
    (re.compile(r"(?<=^gt\.)\d+$"), "<number>"),
    (re.compile(r"boundary=\S+"), "boundary=<boundary>"),
    (re.compile(r"[0-9a-f]{16}"), "<digest>"),
)
# The API key and the token stand in every request.
_HEADERS = ("accept", "content-type", "prefer", "range", "accept-profile", "content-profile")
_ANSWER = ("content-type", "content-range", "preference-applied")


class Recorder(httpx.BaseTransport):
    """Passes requests on, and notes each form of them once, with the form of its answer."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self._lines: dict[str, Line] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        response = self._inner.handle_request(request)
        response.read()
        line = {"request": _request(request), "answer": _answer(response)}
        self._lines.setdefault(json.dumps(line["request"], sort_keys=True), line)
        return response

    def close(self) -> None:
        self._inner.close()

    def table(self) -> list[Line]:
        """Return the lines, by method and path."""
        return [self._lines[key] for key in sorted(self._lines, key=self._place)]

    def _place(self, key: str) -> tuple[str, str, str]:
        request = self._lines[key]["request"]
        return request["path"], request["method"], key


def _request(request: httpx.Request) -> Line:
    parts = urlsplit(str(request.url))
    return {
        "method": request.method,
        "path": _constant(parts.path),
        "params": sorted([name, _constant(value)] for name, value in parse_qsl(parts.query)),
        "headers": _known(request.headers, _HEADERS),
        "body": _shape(_parsed(request.content)),
    }


def _answer(response: httpx.Response) -> Line:
    return {
        "status": response.status_code,
        "headers": {
            name: re.sub(r"\d+", "<n>", value)
            for name, value in _known(response.headers, _ANSWER).items()
        },
        "body": _shape(_parsed(response.content)),
    }


def _known(headers: httpx.Headers, names: tuple[str, ...]) -> dict[str, str]:
    return {name: _constant(headers[name]) for name in names if name in headers}


def _constant(text: str) -> str:
    for pattern, name in _VALUES:
        text = pattern.sub(name, text)
    return text


def _parsed(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content


def _shape(value: Any) -> Any:
    """Return names and types; of a list, each shape that its elements have."""
    if isinstance(value, Mapping):
        return {name: _shape(item) for name, item in sorted(value.items())}
    if isinstance(value, list):
        shapes = {json.dumps(_shape(item), sort_keys=True) for item in value}
        return [json.loads(shape) for shape in sorted(shapes)]
    return value if value is None else type(value).__name__
