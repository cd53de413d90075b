"""Somebody with a campaign, a contact, and links to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from campaign_sdk import CampaignClient
from campaign_sdk.local import LocalSupabase
from campaign_sdk.tracking import Links
from clients import client_of, sign_up

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
Stored = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def olga(stack: LocalSupabase) -> Iterator[CampaignClient]:
    """Whose links these are."""
    with client_of(stack) as client:
        yield sign_up(client, "olga")


@pytest.fixture
def campaign(olga: CampaignClient) -> UUID:
    return olga.campaigns.create("Tracked").id


@pytest.fixture
def contact(olga: CampaignClient) -> UUID:
    return people(olga, 1)[0]


@pytest.fixture
def links(olga: CampaignClient, campaign: UUID) -> Links:
    return olga.tracking.links(campaign)


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A browser that follows nothing by itself."""
    with httpx.Client(headers={"user-agent": CHROME}, timeout=30) as client:
        yield client


@pytest.fixture
def stored(db: psycopg.Connection, campaign: UUID) -> Callable[[int], Stored]:
    """Wait until so many events of the campaign are there, and return them."""
    query = (
        "select type, actor, actor_rule, link, event_id, contact_id from campaign_events"
        " where campaign_id = %s order by occurred_at, event_id"
    )

    def found(number: int) -> Stored:
        deadline = time.monotonic() + 30
        while True:
            rows = db.execute(query, [campaign]).fetchall()
            if len(rows) >= number or time.monotonic() > deadline:
                return rows
            time.sleep(0.02)

    return found


def people(client: CampaignClient, number: int) -> list[UUID]:
    """Give somebody so many new contacts, and return their ids."""
    known = {contact.id for contact in client.contacts.iterate()}
    first = len(known)
    client.contacts.upsert(
        [{"email": f"p{first + each}@example.com", "attributes": {}} for each in range(number)]
    )
    return [contact.id for contact in client.contacts.iterate() if contact.id not in known]
