"""An agent at the door: the official client, and `campaign mcp` as a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from campaign_sdk import CampaignClient
from campaign_sdk.local import LocalSupabase
from clients import client_of, sign_up

Door = Callable[..., AbstractAsyncContextManager[Client]]

PEOPLE: list[dict[str, Any]] = [
    {
        "email": f"person-{number}@secret.example",
        "phone": f"+49 30 {number:07}",
        "attributes": {
            "orders": number,
            "city": "Pune" if number % 2 else "Delhi",
            "partner": f"other-{number}@secret.example",
            "mobile": f"+91 98765 {number:05}",
        },
    }
    for number in range(1, 41)
]


@pytest.fixture(scope="module")
def owner(stack: LocalSupabase) -> Iterator[CampaignClient]:
    """Somebody with contacts, segments and campaigns, whose names hold addresses."""
    with client_of(stack, "sync") as client:
        sign_up(client, "agents")
        client.contacts.upsert(PEOPLE)
        wire = {"field": "email", "operator": "=", "value": "person-7@secret.example"}
        rules = {"combinator": "and", "rules": [wire]}
        segment = client.segments.create("Only person-7@secret.example", rules)
        client.campaigns.create("Spring", message="Hello {{ city }}", segment_id=segment.id)
        client.campaigns.create("Broken", message="Hello {{ nobody_has_this }}", rules=rules)
        for number in range(60):
            client.campaigns.create(f"No. {number} for boss@secret.example " + "x" * 100)
        launched = client.campaigns.create("Sent", message="Hello {{ city }}", rules=rules)
        client.campaigns.launch(launched.id)
        client.analytics.record(launched.id, impressions=100, clicks=9, conversions=1)
        other = client.campaigns.create("Also sent", message="Hello", rules=rules)
        client.campaigns.launch(other.id)
        client.analytics.record(other.id, impressions=90, clicks=5)
        yield client


@pytest.fixture
def door(owner: CampaignClient, stack: LocalSupabase, tmp_path: Path) -> Door:
    """Open the door with options of `campaign mcp`."""
    session = owner.supabase.auth.get_session()
    assert session is not None
    environment = {
        **os.environ,
        "SUPABASE_URL": stack.url,
        "SUPABASE_ANON_KEY": stack.anon_key,
        "CAMPAIGN_ACCESS_TOKEN": session.access_token,
    }
    campaign = str(Path(sys.executable).with_name("campaign"))

    @asynccontextmanager
    async def opened(*options: str) -> AsyncIterator[Client]:
        parameters = StdioServerParameters(
            command=campaign, args=["mcp", *options], env=environment, cwd=tmp_path
        )
        async with Client(parameters, read_timeout_seconds=60) as client:
            yield client

    return opened
