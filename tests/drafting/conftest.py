"""Clients whose database is canned, and whose model is on loopback."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import httpx2
import pytest

from campaign_sdk import AsyncCampaignClient, CampaignClient, DraftingOptions
from campaign_sdk._core.operation import Call
from campaign_sdk.drafting._writer import Writer

from .model import KEY, Model, serving

FIELDS = [
    {"name": "first_name", "types": ["string"], "present": 80, "examples": ["SECRET"]},
    {"name": "orders", "types": ["number"], "present": 100, "examples": ["3"]},
    {"name": "spent", "types": ["number"], "present": 100, "examples": ["12.5"]},
    {"name": "last_order_at", "types": ["string"], "present": 90, "examples": ["2026-01-01"]},
    {"name": "city", "types": ["string"], "present": 100, "examples": ["Pune"]},
    {"name": "vip", "types": ["boolean"], "present": 10, "examples": ["true"]},
    {"name": "tags", "types": ["array"], "present": 50, "examples": ["[]"]},
    {"name": "email", "types": ["string"], "present": 1, "examples": ["SECRET"]},
    {"name": "First Name", "types": ["string"], "present": 5, "examples": ["SECRET"]},
    {"name": "scores.ann@example.com", "types": ["number"], "present": 1, "examples": ["1"]},
    {"name": "phone_9876543210", "types": ["number"], "present": 1, "examples": ["1"]},
]


class Database:
    """Answers the SDK's requests to Supabase from memory."""

    def __init__(self) -> None:
        self.sizes: dict[str, Any] = {"total": 7, "reachable": 6}
        self.everybody = {"total": 100, "reachable": 90}
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        name = request.url.path.rpartition("/")[2]
        if name == "list_contact_fields":
            return httpx.Response(200, json={"sampled": 100, "fields": FIELDS})
        if name == "audience_size":
            rules = json.loads(request.content)["rules"]
            return httpx.Response(200, json=[self.everybody if "everyone" in rules else self.sizes])
        return httpx.Response(200, json=self.rows[name])


Run = Callable[..., Any]


@pytest.fixture
def model() -> Iterator[Model]:
    with serving() as model:
        yield model


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    made: list[float] = []
    monkeypatch.setattr(Writer, "sleep", lambda _self, seconds: Call(lambda: made.append(seconds)))
    return made


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Let no key or setting of this machine reach a test."""
    monkeypatch.chdir(tmp_path)
    for name in ("API_KEY", "MODEL", "BASE_URL", "ORG_ID", "PROJECT_ID"):
        monkeypatch.delenv(f"OPENAI_{name}", raising=False)


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, model: Model, database: Database) -> Run:
    """Carry out `work(client)` with a client of either kind; streams become lists."""
    transport = httpx.MockTransport(database)

    async def arun(work: Callable[[Any], Any], options: Mapping[str, Any]) -> Any:
        async with AsyncCampaignClient(**options, transport=transport) as client:
            answer = work(client)
            if inspect.isawaitable(answer):
                return await answer
            return [item async for item in answer]

    def run(work: Callable[[Any], Any], **changes: Any) -> Any:
        # Without TLS, whose certificates take longer to load than a test to run.
        quick = httpx2.HTTPTransport if request.param == "sync" else httpx2.AsyncHTTPTransport
        plain = {"transport": quick(verify=False)}
        drafting = {"api_key": KEY, "base_url": model.url, **plain, **changes}
        options: dict[str, Any] = {
            "url": "https://supabase.test",
            "key": "anon",
            "anonymous": True,
            "drafting": DraftingOptions(**drafting),
        }
        if request.param == "async":
            return asyncio.run(arun(work, options))
        with CampaignClient(**options, transport=transport) as client:
            answer = work(client)
            return list(answer) if inspect.isgenerator(answer) else answer

    return run
