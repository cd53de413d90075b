"""Someone who is signed in, and asks the database itself about their contacts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
import pytest

from campaign_sdk.local import LocalSupabase
from campaign_sdk.rules import Rules

AS_OF = "2026-03-29T03:30:00.25+00:00"

MEMBERS = """
    select array(select m.id from public.match_contacts(asked.rules, %s, %s, null, 100000) as m)
    from unnest(%s::text[]) with ordinality as texts(text, n),
      lateral (select texts.text::jsonb as rules offset 0) as asked
    order by texts.n
"""

SIZES = """
    select s.total from unnest(%s::text[]) with ordinality as texts(text, n),
      lateral public.audience_size(texts.text::jsonb, %s, %s) as s
    order by texts.n
"""

CAMPAIGN = "insert into public.campaigns (id, user_id, name, timezone) values (%s, %s, %s, 'UTC')"
EVENT = """
    insert into public.campaign_events (campaign_id, event_id, user_id, contact_id, type,
      occurred_at, value, actor, link, received_at)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, '2100-01-01')
"""
DELIVERY = """
    insert into public.campaign_deliveries
      (campaign_id, contact_id, user_id, batch, variant, outcome, reason, at)
    values (%s, %s, %s, 1, %s, %s, 'why', %s) on conflict do nothing
"""

INSERT = """
    insert into public.contacts
      (id, email, phone, attributes, unsubscribed_at, created_at, updated_at)
    values (%s, %s, %s, %s::jsonb, %s, %s, %s)
"""


class Audience:
    """Contacts in the database, asked about as `authenticated` with row level security."""

    def __init__(self, connection: psycopg.Connection, user: str) -> None:
        self.connection = connection
        self.user = user
        self.numbers: dict[uuid.UUID, int] = {}
        self.told: list[Mapping[str, Any]] = []
        self.sent: list[Mapping[str, Any]] = []
        claims = json.dumps({"sub": user, "role": "authenticated"})
        connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
        connection.execute("set role authenticated")

    def fill(self, contacts: Sequence[Mapping[str, Any]]) -> None:
        """Replace everything by these contacts, in the order of their ids."""
        self.connection.execute("reset role")
        # Triggers would remember who had unsubscribed, and change them when they come again.
        self.connection.execute("set session_replication_role = replica")
        for table in ("campaign_events", "contacts"):
            self.connection.execute(f"delete from public.{table} where user_id = %s", [self.user])
        self.connection.execute("set session_replication_role = default")
        ids = sorted(uuid.uuid4() for _ in contacts)
        self.numbers = {key: n for n, key in enumerate(ids)}
        # Ids and moments of one's choosing are for nobody but the database's owner.
        with self.connection.cursor() as cursor:
            cursor.executemany(
                INSERT,
                [_row(key, n, c) for n, (key, c) in enumerate(zip(ids, contacts, strict=True))],
            )
        self.connection.execute("set role authenticated")

    def happen(
        self, events: Sequence[Mapping[str, Any]], deliveries: Sequence[Mapping[str, Any]]
    ) -> None:
        """Replace what happened: `contact` is a place in `fill`, and `told` what was kept."""
        ids = dict(enumerate(self.numbers))
        self.told = [item for item in events if item["contact"] is None or item["contact"] in ids]
        first = {(item["campaign_id"], item["contact"]): item for item in reversed(deliveries)}
        self.sent = [item for item in first.values() if item["contact"] in ids]
        campaigns = {item["campaign_id"] for item in (*self.told, *self.sent)}
        self.connection.execute("reset role")
        # Triggers would ask for a launch and its batches.
        self.connection.execute("set session_replication_role = replica")
        with self.connection.cursor() as cursor:
            for table in ("campaign_events", "campaign_deliveries", "campaigns"):
                cursor.execute(f"delete from public.{table} where user_id = %s", [self.user])
            for campaign in campaigns:
                cursor.execute(CAMPAIGN, [campaign, self.user, "a campaign"])
            for n, item in enumerate(self.told):
                cursor.execute(EVENT, [
                    item["campaign_id"], str(n), self.user, ids.get(item["contact"]), item["type"],
                    item["occurred_at"], item["value"], item["actor"], item["link"],
                ])  # fmt: skip
            for item in self.sent:
                cursor.execute(DELIVERY, [
                    item["campaign_id"], ids[item["contact"]], self.user, item["variant"],
                    item["outcome"], item["at"],
                ])  # fmt: skip
        self.connection.execute("set session_replication_role = default")
        self.connection.execute("set role authenticated")

    def sizes(
        self, trees: Sequence[Mapping[str, Any]], as_of: str = AS_OF, timezone: str = "UTC"
    ) -> list[int]:
        """Say for each tree how many contacts match it."""
        texts = [json.dumps(tree) for tree in trees]
        rows = self.connection.execute(SIZES, [texts, as_of, timezone]).fetchall()
        return [row[0] for row in rows]

    def members(
        self, trees: Sequence[Mapping[str, Any]], as_of: str = AS_OF, timezone: str = "UTC"
    ) -> list[set[int]]:
        """Say for each tree which contacts match it, by their place in `fill`."""
        texts = [json.dumps(tree) for tree in trees]
        rows = self.connection.execute(MEMBERS, [as_of, timezone, texts]).fetchall()
        return [{self.numbers[key] for key in row[0]} for row in rows]

    def refusal(self, text: str, timezone: str = "UTC") -> tuple[str, str] | None:
        """The path and the reason for which the database refuses this JSON, if it does."""
        try:
            self.connection.execute(
                "select total from public.audience_size(%s::jsonb, now(), %s)", [text, timezone]
            )
        except psycopg.Error as error:
            if error.sqlstate != "CMP03":
                raise
            return error.diag.message_detail or "", error.diag.message_primary or ""
        return None


def _row(id: uuid.UUID, number: int, contact: Mapping[str, Any]) -> list[Any]:
    moment = "2025-01-01T00:00:00Z"
    return [
        id,
        contact.get("email", f"c{number}@example.com"),
        contact.get("phone"),
        json.dumps(contact.get("attributes", {})),
        contact.get("unsubscribed_at"),
        contact.get("created_at", moment),
        contact.get("updated_at", moment),
    ]


def wire(field: str, operator: str, value: object = None) -> dict[str, Any]:
    """Write one rule as react-querybuilder does."""
    rule = {"field": field, "operator": operator, "value": value, "valueSource": "value"}
    return {"combinator": "and", "not": False, "rules": [rule]}


def negated(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Write the complement of a group."""
    return {**tree, "not": not tree.get("not", False)}


def python_members(
    tree: Mapping[str, Any], contacts: Sequence[Mapping[str, Any]], as_of: Any, timezone: str
) -> set[int]:
    """What the Python evaluator says, in the form of `Audience.members`."""
    rules = Rules.from_wire(tree)
    test = [rules.filter([c], as_of, timezone) for c in contacts]
    return {n for n, found in enumerate(test) if next(found, None) is not None}


@pytest.fixture(scope="session")
def asking(stack: LocalSupabase) -> Iterator[Audience]:
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        user = str(uuid.uuid4())
        connection.execute("insert into auth.users (id) values (%s)", [user])
        yield Audience(connection, user)
