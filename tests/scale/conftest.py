"""A stack with all additions for very large projects, made on a database that was in use."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from campaign_sdk import CampaignClient, IngestReport, everyone
from campaign_sdk.local import LocalSupabase
from campaign_sdk.local._config import additions_folder
from campaign_sdk.local._migrate import migrate
from clients import client_of, sign_up
from database.blueprint import blueprint

Blueprint = dict[str, list[tuple[Any, ...]]]
# Recent enough for partitions of their own, and long over.
YEAR = datetime.now(UTC).year - 1
MONTHS = [datetime(YEAR, month, 15, 12, tzinfo=UTC) for month in (3, 4, 6)]
LONG_AGO = datetime(2001, 2, 3, tzinfo=UTC)


def addition(name: str) -> str:
    [path] = additions_folder().glob(f"*_{name}.sql")
    return path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Before:
    """Somebody who was there before the additions, with a campaign, a segment and events."""

    client: CampaignClient
    user: uuid.UUID
    campaign: uuid.UUID
    contact: uuid.UUID
    segment: uuid.UUID
    # A campaign with one click, of long ago.
    old: uuid.UUID
    events: list[dict[str, Any]]
    # A session of the database that has ingested already.
    session: psycopg.Connection
    blueprint: Blueprint


def ingest(db: psycopg.Connection, user: uuid.UUID, *events: dict[str, Any]) -> tuple[Any, ...]:
    """Ingest on a connection of the database, as somebody."""
    claims = json.dumps({"sub": str(user), "role": "authenticated"})
    db.execute("select set_config('request.jwt.claims', %s, false)", [claims])
    db.execute("set role authenticated")
    given = json.dumps(events, default=str)
    row = db.execute("select * from public.ingest_events(%s::jsonb)", [given]).fetchone()
    assert row is not None
    return row


def add(db: psycopg.Connection, name: str, *, keep: bool = True) -> None:
    with db.transaction(force_rollback=not keep):
        db.execute(addition(name).encode())


@pytest.fixture(scope="session")
def settled() -> Iterator[tuple[LocalSupabase, Before]]:
    """The stack, and who was there before."""
    with (
        LocalSupabase() as stack,
        client_of(stack) as client,
        psycopg.connect(stack.db_url, autocommit=True) as db,
        psycopg.connect(stack.db_url, autocommit=True) as session,
    ):
        before = settle(sign_up(client, "before"), session, db)
        # Each for itself, whatever else is there.
        add(db, "kept_segments", keep=False)
        # As on hosted projects, by a role that is no superuser.
        migrate(f"{stack.db_url}?options=-c%20role%3Dpostgres", additions_folder())
        yield stack, before


def settle(client: CampaignClient, session: psycopg.Connection, db: psycopg.Connection) -> Before:
    user = uuid.UUID(str(client.auth.profile().id))
    client.contacts.upsert([{"email": "ann@example.com"}])
    contact = next(client.contacts.iterate(everyone()))
    campaign = client.campaigns.create("Before").id
    events = [
        {"campaign_id": campaign, "event_id": f"{kind} {when:%m}", "type": kind,
         "occurred_at": when, "contact_id": contact.id}
        for when in MONTHS for kind in ("impression", "click")
    ]  # fmt: skip
    old = client.campaigns.create("Long ago").id
    ancient = {"campaign_id": old, "event_id": "1", "type": "click", "occurred_at": LONG_AGO}
    report = client.analytics.ingest([*events, ancient])
    assert report.inserted == len(events) + 1
    segment = client.segments.create("Before", everyone())
    assert ingest(session, user, events[0])[:2] == (0, 1)
    known = blueprint(db)
    return Before(client, user, campaign, contact.id, segment.id, old, events, session, known)


@pytest.fixture(scope="session")
def stack(settled: tuple[LocalSupabase, Before]) -> LocalSupabase:
    return settled[0]


@pytest.fixture(scope="session")
def before(settled: tuple[LocalSupabase, Before]) -> Before:
    return settled[1]


def told(report: IngestReport) -> tuple[int, int, int]:
    return report.inserted, report.duplicates, report.rejected
