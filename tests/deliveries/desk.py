"""The protocol of the hand-over in plain SQL, as a user of the API."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from campaign_sdk.local import LocalSupabase

Row = dict[str, Any]
EVERYONE = '{"combinator": "and", "rules": [], "everyone": true}'


@dataclass
class Desk:
    """Somebody's connection."""

    db: psycopg.Connection[Row]
    user_id: str

    def rows(self, query: str, *arguments: Any) -> list[Row]:
        """Return all rows; none of a statement that answers none."""
        cursor = self.db.execute(query.encode(), arguments)
        return cursor.fetchall() if cursor.description else []

    def row(self, query: str, *arguments: Any) -> Row:
        """Return the one row."""
        [row] = self.rows(query, *arguments)
        return row

    def contacts(self, count: int, attributes: Row | None = None) -> list[str]:
        """Add contacts, and return their ids in order."""
        rows = self.rows(
            "insert into public.contacts (email, attributes)"
            " select gen_random_uuid() || '@example.com', %s from generate_series(1, %s)"
            " returning id::text",
            json.dumps(attributes or {}),
            count,
        )
        return sorted(row["id"] for row in rows)

    def launched(self, *, chunk: int = 100_000, patience: str = "1 minute", **columns: Any) -> str:
        """Launch a campaign for everybody, frozen in chunks of so many contacts."""
        values = {"name": "c", "message": "Hi", "subject": "Hi", "rules": EVERYONE, **columns}
        row = self.row(
            f"insert into public.campaigns ({', '.join(values)})"
            f" values ({', '.join(['%s'] * len(values))}) returning id::text",
            *values.values(),
        )
        self.rows(
            "select set_config('campaign_sdk.freeze_chunk', %s, false),"
            " set_config('campaign_sdk.freeze_patience', %s, false)",
            str(chunk),
            patience,
        )
        self.rows("select from public.move_campaign(%s, 'launch')", row["id"])
        return str(row["id"])

    def status(self, campaign: str) -> Row:
        """Return the status, whose states must add up."""
        status = self.row("select * from public.delivery_status(%s)", campaign)
        names = ("pending", "in_flight", "sent", "failed", "skipped", "unknown", "held_out")
        assert sum(status[name] for name in names) == status["audience_size"], status
        return status

    def claim(self, campaign: str, seconds: float = 60) -> Row:
        """Claim a batch."""
        return self.row("select * from public.claim_batch(%s, %s)", campaign, seconds)

    def begin(self, campaign: str, claim: Row, after: int, through: int, **options: Any) -> Row:
        """Begin with a part of it."""
        given = {"seconds": 60, "rate": None, "again": None, "outcomes": None, **options}
        if given["outcomes"] is not None:
            given["outcomes"] = json.dumps(given["outcomes"])
        return self.row(
            "select state, retry_in, contact_ids::text[], skipped from public.begin_send("
            " %s, %s, %s, %s, %s, %s, %s, %s::uuid[], %s)",
            *(campaign, claim["batch"], claim["lease"], after, through),
            *given.values(),
        )

    def settle(self, campaign: str, batch: int, outcome: str, ids: Sequence[str]) -> int:
        """Settle these with one outcome."""
        reason = None if outcome == "sent" else "because"
        outcomes = [{"contact_id": who, "outcome": outcome, "reason": reason} for who in ids]
        row = self.row(
            "select public.settle_send(%s, %s, %s) as n", campaign, batch, json.dumps(outcomes)
        )
        return int(row["n"])

    def outcomes(self, campaign: str) -> dict[str, str]:
        """Return what is noted."""
        rows = self.rows(
            "select contact_id::text as id, outcome from public.campaign_deliveries"
            " where campaign_id = %s",
            campaign,
        )
        return {row["id"]: row["outcome"] for row in rows}


@contextmanager
def desk_of(stack: LocalSupabase, user_id: str | None = None) -> Iterator[Desk]:
    """A connection that is a user, by default a new one, as the API makes it one."""
    owner = user_id or str(uuid.uuid4())
    with psycopg.connect(stack.db_url, autocommit=True, row_factory=dict_row) as connection:
        if user_id is None:
            connection.execute(
                "insert into auth.users (id, email) values (%s, %s)", [owner, f"{owner}@x.example"]
            )
        claims = json.dumps({"role": "authenticated", "sub": owner})
        connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
        connection.execute("set role authenticated")
        yield Desk(connection, owner)
