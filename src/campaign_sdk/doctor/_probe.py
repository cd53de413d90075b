"""Single requests as nobody or as the user, without retries: what the server says, unmapped."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from campaign_sdk._core.deadline import bounded, deadline
from campaign_sdk._core.proxy import proxy_for

# Seconds for one answer, and its size at most.
PATIENCE = 10.0
_LARGEST = 8 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What the server said.

    Attributes:
        status: of HTTP.
        body: the JSON; `None` if it isn't any.
        date: the server's own clock, as it writes it.
    """

    status: int
    body: Any
    date: str | None

    @property
    def code(self) -> str | None:
        """PostgREST's code or the SQLSTATE of a refusal."""
        code = self.body.get("code") if isinstance(self.body, Mapping) else None
        return code if isinstance(code, str) else None


@dataclass(frozen=True)
class Identity:
    """Who is signed in, and the token to act with."""

    id: str
    token: str


class Probe:
    """Asks one project.

    Args:
        url: the project.
        key: its public key.
        transport: an httpx transport, for proxies and tests.
    """

    def __init__(self, url: str, key: str, transport: httpx.BaseTransport | None) -> None:
        self.url = url
        self._http = httpx.Client(
            base_url=url,
            headers={"apikey": key},
            timeout=PATIENCE,
            transport=bounded(transport or httpx.HTTPTransport(proxy=proxy_for(url)), httpcore),
        )

    def get(self, path: str, who: Identity | None = None, **query: str) -> Answer:
        """Read."""
        return self._ask("GET", path, params=query, headers=_as(who))

    def post(
        self, path: str, body: Any, who: Identity | None = None, *, returning: bool = False
    ) -> Answer:
        """Write; `returning` asks for the row back, which the policy for reading must allow."""
        prefer = {"Prefer": f"return={'representation' if returning else 'minimal'}"}
        return self._ask("POST", path, json=body, headers={**_as(who), **prefer})

    def _ask(self, method: str, path: str, **given: Any) -> Answer:
        content = bytearray()
        with (
            deadline(time.monotonic() + PATIENCE),
            self._http.stream(method, path, **given) as response,
        ):
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _LARGEST:
                    raise httpx.ReadError("the answer is too large")
        return Answer(response.status_code, _parsed(content), response.headers.get("date"))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _as(who: Identity | None) -> dict[str, str]:
    return {} if who is None else {"Authorization": f"Bearer {who.token}"}


def _parsed(content: bytes | bytearray) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
