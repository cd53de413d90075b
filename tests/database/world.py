"""Somebody with one of everything: what another user must not get at."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from supabase import Client

Row = dict[str, Any]

EVERYONE: Row = {"combinator": "and", "rules": [], "everyone": True}
IN_PUNE: Row = {
    "combinator": "and",
    "rules": [{"field": "city", "operator": "=", "value": "Pune"}],
}

SCHEMA: Row = {"type": "object", "properties": {"city": {"type": "string"}}}

# Each table's primary key, and the rows of it that are an owner's.
KEYS: dict[str, tuple[str, ...]] = {
    "attribute_schemas": ("user_id",),
    "contacts": ("id",),
    "suppressions": ("id",),
    "audience_segments": ("id",),
    "campaigns": ("id",),
    "campaign_assets": ("campaign_id", "name"),
    "campaign_analytics": ("id",),
    "campaign_events": ("user_id", "campaign_id", "event_id"),
    "campaign_status_history": ("id",),
    "campaign_batches": ("campaign_id", "batch"),
    "campaign_deliveries": ("campaign_id", "contact_id"),
    "campaign_rates": ("campaign_id",),
    "campaign_failures": ("campaign_id", "action"),
    "campaign_settings": ("user_id",),
    "link_keys": ("user_id", "key_id"),
    "link_settings": ("user_id",),
    "draft_budgets": ("user_id", "day"),
}
# What the database alone writes: nobody who is signed in may.
UNWRITABLE = {
    *("id", "created_at", "updated_at", "received_at"),
    *("launched_at", "frozen_at", "frozen_through", "completed_at", "promoted"),
}


@dataclass(frozen=True)
class World:
    """A signed-in client, whose it is, and a row of hers in every table."""

    client: Client
    user_id: str
    rows: dict[str, Row]

    def key(self, table: str) -> dict[str, str]:
        """Return what tells her row in `table` from all others."""
        return {column: str(self.rows[table][column]) for column in KEYS[table]}

    def key_of(self, table: str) -> tuple[str, str]:
        """Return a column that finds her row, and what stands there."""
        column = KEYS[table][-1]
        return column, str(self.rows[table][column])


def settle(client: Client) -> World:
    """Give the client's user a row in every table, by the API's own means."""
    user = client.auth.get_user()
    assert user is not None
    contact = insert(
        client,
        "contacts",
        email=f"c-{uuid.uuid4().hex}@example.com",
        attributes={"city": "Pune"},
    )
    client.rpc("suppress_addresses", {"emails": ["gone@example.com"]}).execute()
    segment = insert(client, "audience_segments", name="Pune", rules=IN_PUNE)
    campaign = insert(client, "campaigns", name="Spring", message="Hi", segment_id=segment["id"])
    insert(
        client,
        "campaign_assets",
        campaign_id=campaign["id"],
        name="hero.png",
        path=f"{user.user.id}/{campaign['id']}/0123456789abcdef-hero.png",
        content_type="image/png",
        bytes=100,
    )
    client.rpc("move_campaign", {"campaign_id": campaign["id"], "move": "launch"}).execute()
    hand_over(client, campaign, contact)
    client.rpc("move_campaign", {"campaign_id": campaign["id"], "move": "pause"}).execute()
    insert(client, "attribute_schemas", schema=SCHEMA)
    insert(client, "campaign_settings", cap_messages=3, cap_days=7)
    insert(
        client,
        "campaign_failures",
        campaign_id=campaign["id"],
        action="launch",
        code="CMP05",
        reason="it has no message",
    )
    insert(
        client,
        "campaign_events",
        campaign_id=campaign["id"],
        event_id="e-1",
        contact_id=contact["id"],
        type="click",
        occurred_at="2026-01-01T12:00:00Z",
    )
    client.rpc("begin_draft", {"tokens": 100}).execute()
    client.rpc("rotate_link_key", {}).execute()
    client.rpc("set_unsubscribe_page", {"page": "https://example.com/bye"}).execute()
    rows = {table: first(client, table) for table in KEYS}
    return World(client, user.user.id, rows)


def hand_over(client: Client, campaign: Row, contact: Row) -> None:
    """Begin with the one member, and leave it in doubt."""
    part = {"campaign_id": campaign["id"], "batch": 1}
    claimed: Any = client.rpc("claim_batch", {"campaign_id": campaign["id"]}).execute().data
    lease = {"lease": claimed[0]["lease"], "after": 0, "through": 1, "rate": 1000}
    client.rpc("begin_send", {**part, **lease}).execute()
    doubt = {"contact_id": contact["id"], "outcome": "unknown", "reason": "no answer"}
    doubt["provider_id"] = f"p-{contact['id']}"
    client.rpc("settle_send", {**part, "outcomes": [doubt]}).execute()


def first(client: Client, table: str) -> Row:
    """Return one row of those that the client sees."""
    data: Any = client.from_(table).select("*").limit(1).execute().data
    row: Row = data[0]
    return row


def insert(client: Client, table: str, **row: Any) -> Row:
    """Insert a row, and return what was stored."""
    data: Any = client.from_(table).insert(row).execute().data
    stored: Row = data[0]
    return stored


def belongings(db: psycopg.Connection, user_id: str) -> dict[str, list[Row]]:
    """Return all that a user owns, as the superuser sees it."""
    found: dict[str, list[Row]] = {}
    with db.cursor(row_factory=dict_row) as cursor:
        for table, key in KEYS.items():
            query = f"select * from {table} where user_id = %s order by {', '.join(key)}"
            found[table] = cursor.execute(query.encode(), [user_id]).fetchall()
    return found
