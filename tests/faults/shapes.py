"""Answers that are JSON and a success, but not what was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import httpx

JSON = {"content-type": "application/json"}

# What stands in a body as it is.
TEXTS = (
    *("[]", "null", "{}", "[null]", "[[]]", "[{}]", '"x"', '""', "1", "-1", "true", "[1]", '["x"]'),
    *('{"a": 1}', '[{"a": 1}]', "NaN", "[NaN]", '{"a": NaN}', "Infinity", '{"a": 1, "a": 2}'),
    *("[" * 200 + "]" * 200, "[" * 100_000 + "]" * 100_000, '{"a":' * 5000 + "1" + "}" * 5000),
    *("9" * 5000, "[" + "9" * 5000 + "]", "1e400", '"\\ud800"', '{"\\ud800": "\\u0000"}'),
    *("", " ", "{", "[{", '{"a"', "[{}", "nul", "[]]", "[] []", "'x'", "<h1>", "\ufeff[]"),
)
BYTES = (b"\xff\xfe[\x00]\x00", b'["\xff"]', b"\x00", b'{"a": "\xc3"}', b"\x1f\x8b\x08")
# What stands in the place of a part.
PARTS: tuple[Any, ...] = (None, "x", "", -1, 10**30, 1.5, [], {}, [None])


class Replay(httpx.BaseTransport):
    """Answers with what was recorded, but for one answer."""

    def __init__(self, recorded: list[httpx.Response], index: int) -> None:
        self._recorded = recorded
        self._index = index
        self.begin(recorded[index])

    def begin(self, other: httpx.Response) -> None:
        """Answer from the start again, with another answer in that place."""
        self._other = other
        self.sent = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        here, self.sent = self.sent, self.sent + 1
        if here > 40:
            raise AssertionError("it asks for ever")
        answer = self._other
        if here < self._index or (here > self._index and here < len(self._recorded)):
            answer = self._recorded[min(here, len(self._recorded) - 1)]
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=answer.content, request=request
        )


class Recording(httpx.BaseTransport):
    """Carries requests out, and keeps the answers."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.answers: list[httpx.Response] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        response.read()
        headers = {
            name: value
            for name, value in response.headers.items()
            if name in ("content-type", "content-range")
        }
        kept = httpx.Response(response.status_code, headers=headers, content=response.content)
        self.answers.append(kept)
        return response

    def close(self) -> None:
        self._inner.close()


def others(answer: httpx.Response) -> Iterator[tuple[str, httpx.Response]]:
    """Yield answers in the place of a good one, each with what it is."""
    for text in TEXTS:
        yield text[:12], _like(answer, text.encode("utf-8", "surrogatepass"))
    for content in BYTES:
        yield repr(content), _like(answer, content)
    for status in (200, 201, 202, 204, 205, 206, 203, 299):
        yield f"{status} and nothing", httpx.Response(status, headers=JSON)
    try:
        value = json.loads(answer.content)
    except ValueError:
        return
    for name, changed in _changed(value, 2, cycle(PARTS)):
        yield name, _like(answer, json.dumps(changed).encode())


def _like(answer: httpx.Response, content: bytes) -> httpx.Response:
    return httpx.Response(answer.status_code or 200, headers=JSON, content=content)


def _changed(value: Any, depth: int, parts: Iterator[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key in value:
            rest = {name: item for name, item in value.items() if name != key}
            yield f"without {key}", rest
            # Keys take turns: all of them in all places would be twenty thousand answers.
            for part in islice(parts, 4):
                yield f"{key}={part}"[:60], {**value, key: part}
            if depth:
                for name, changed in _changed(value[key], depth - 1, parts):
                    yield f"{key}.{name}", {**value, key: changed}
    elif isinstance(value, list) and value:
        yield "twice", [*value, value[0]]
        for part in PARTS:
            yield f"[{part}]"[:60], [part, *value[1:]]
        if depth:
            for name, changed in _changed(value[0], depth - 1, parts):
                yield f"[0].{name}", [changed, *value[1:]]
