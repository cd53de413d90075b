"""The columns as DESIGN section 2 has them: types, defaults, keys, indexes."""

from __future__ import annotations

import psycopg
import pytest

from .catalog import rows

UUID, TEXT, JSON, COUNT, TIME = "uuid", "text", "jsonb", "integer", "timestamp with time zone"
NEW_ID, ME, NOW = "gen_random_uuid()", "auth.uid()", "now()"
REQUIRED = True
# Random but for the first eight digits, which those share that are written at one moment.
IN_RUNS = (
    "((lpad(to_hex(hashtext(((pg_backend_pid() || '/'::text) || floor((date_part('epoch'::text, "
    "clock_timestamp()) * (4000)::double precision))))), 8, '0'::text) || "
    "substr((gen_random_uuid())::text, 9)))::uuid"
)

# Column: type, default, whether it must have a value.
COLUMNS: dict[str, dict[str, tuple[str, str | None, bool]]] = {
    "campaigns": {
        "id": (UUID, NEW_ID, REQUIRED),
        "user_id": (UUID, ME, REQUIRED),
        "name": (TEXT, None, REQUIRED),
        "description": (TEXT, None, False),
        "message": (TEXT, None, False),
        "subject": (TEXT, None, False),
        "preheader": (TEXT, None, False),
        "html": (TEXT, None, False),
        "channel": (TEXT, "'email'::text", REQUIRED),
        "rules": (JSON, None, False),
        "status": (TEXT, "'draft'::text", REQUIRED),
        "audience_size": (COUNT, "0", REQUIRED),
        "segment_id": (UUID, None, False),
        "timezone": (TEXT, None, False),
        "request_id": (UUID, None, False),
        "variants": ("jsonb", None, False),
        "hold_out": ("numeric", "0", REQUIRED),
        "test_share": ("numeric", None, False),
        "promoted": (TEXT, None, False),
        "scheduled_at": (TIME, None, False),
        "launched_at": (TIME, None, False),
        "frozen_at": (TIME, None, False),
        "frozen_through": (UUID, None, False),
        "completed_at": (TIME, None, False),
        "created_at": (TIME, NOW, REQUIRED),
        "updated_at": (TIME, NOW, REQUIRED),
    },
    "campaign_analytics": {
        "id": (UUID, NEW_ID, REQUIRED),
        "user_id": (UUID, ME, REQUIRED),
        "campaign_id": (UUID, None, REQUIRED),
        "impressions": (COUNT, "0", REQUIRED),
        "clicks": (COUNT, "0", REQUIRED),
        "conversions": (COUNT, "0", REQUIRED),
        "delivered": (COUNT, "0", REQUIRED),
        "bounced": (COUNT, "0", REQUIRED),
        "complained": (COUNT, "0", REQUIRED),
        "unsubscribed": (COUNT, "0", REQUIRED),
        "machine_impressions": (COUNT, "0", REQUIRED),
        "machine_clicks": (COUNT, "0", REQUIRED),
        "date": ("date", "CURRENT_DATE", REQUIRED),
        "created_at": (TIME, NOW, REQUIRED),
        "updated_at": (TIME, NOW, REQUIRED),
    },
    "audience_segments": {
        "id": (UUID, NEW_ID, REQUIRED),
        "user_id": (UUID, ME, REQUIRED),
        "name": (TEXT, None, REQUIRED),
        "description": (TEXT, None, False),
        "rules": (JSON, None, False),
        "timezone": (TEXT, "'UTC'::text", REQUIRED),
        "request_id": (UUID, None, False),
        "created_at": (TIME, NOW, REQUIRED),
        "updated_at": (TIME, NOW, REQUIRED),
    },
    "contacts": {
        "id": (UUID, IN_RUNS, REQUIRED),
        "user_id": (UUID, ME, REQUIRED),
        "email": (TEXT, None, REQUIRED),
        "phone": (TEXT, None, False),
        "attributes": (JSON, "'{}'::jsonb", REQUIRED),
        "unsubscribed_at": (TIME, None, False),
        "suppressed_at": (TIME, None, False),
        "created_at": (TIME, NOW, REQUIRED),
        "updated_at": (TIME, NOW, REQUIRED),
    },
    "suppressions": {
        "id": (UUID, NEW_ID, REQUIRED),
        "user_id": (UUID, ME, REQUIRED),
        "address": ("bytea", None, REQUIRED),
        "reason": (TEXT, None, REQUIRED),
        "source": (TEXT, None, False),
        "since": (TIME, NOW, REQUIRED),
    },
    "campaign_events": {
        "campaign_id": (UUID, None, REQUIRED),
        "event_id": (TEXT, None, REQUIRED),
        "user_id": (UUID, ME, REQUIRED),
        "contact_id": (UUID, None, False),
        "type": (TEXT, None, REQUIRED),
        "occurred_at": (TIME, None, REQUIRED),
        "value": ("numeric", None, False),
        "actor": (TEXT, "'unknown'::text", REQUIRED),
        "actor_rule": (TEXT, None, False),
        "link": (TEXT, None, False),
        "received_at": (TIME, NOW, REQUIRED),
    },
    "campaign_assets": {
        "campaign_id": (UUID, None, REQUIRED),
        "name": (TEXT, None, REQUIRED),
        "user_id": (UUID, ME, REQUIRED),
        "path": (TEXT, None, REQUIRED),
        "alt": (TEXT, None, False),
        "content_type": (TEXT, None, REQUIRED),
        "bytes": ("integer", None, REQUIRED),
        "created_at": (TIME, NOW, REQUIRED),
    },
    "campaign_batches": {
        "campaign_id": (UUID, None, REQUIRED),
        "batch": (COUNT, None, REQUIRED),
        "user_id": (UUID, ME, REQUIRED),
        "variant": (TEXT, None, False),
        "held_out": ("boolean", "false", REQUIRED),
        "timezone": (TEXT, None, False),
        "not_before": (TIME, None, False),
        "contact_ids": ("ARRAY", None, REQUIRED),
        "size": (COUNT, None, REQUIRED),
        "begun": (COUNT, "0", REQUIRED),
        "ahead": (COUNT, "0", REQUIRED),
        "sent": (COUNT, "0", REQUIRED),
        "failed": (COUNT, "0", REQUIRED),
        "skipped": (COUNT, "0", REQUIRED),
        "unknown": (COUNT, "0", REQUIRED),
        "in_flight": (COUNT, None, REQUIRED),
        "pending": (COUNT, None, REQUIRED),
        "lease": (UUID, None, False),
        "leased_until": (TIME, None, False),
        "claims": (COUNT, "0", REQUIRED),
    },
    "campaign_deliveries": {
        "campaign_id": (UUID, None, REQUIRED),
        "contact_id": (UUID, None, REQUIRED),
        "user_id": (UUID, ME, REQUIRED),
        "batch": (COUNT, None, REQUIRED),
        "variant": (TEXT, None, False),
        "outcome": (TEXT, None, REQUIRED),
        "reason": (TEXT, None, False),
        "provider_id": (TEXT, None, False),
        "at": (TIME, NOW, REQUIRED),
    },
    "link_keys": {
        "user_id": (UUID, ME, REQUIRED),
        "key_id": (COUNT, "1", REQUIRED),
        "created_at": (TIME, NOW, REQUIRED),
        "revoked_at": (TIME, None, False),
    },
    "link_settings": {
        "user_id": (UUID, ME, REQUIRED),
        "unsubscribe_page": (TEXT, None, False),
        "updated_at": (TIME, NOW, REQUIRED),
    },
    "campaign_status_history": {
        "id": ("bigint", None, REQUIRED),
        "user_id": (UUID, ME, REQUIRED),
        "campaign_id": (UUID, None, REQUIRED),
        "from_status": (TEXT, None, REQUIRED),
        "to_status": (TEXT, None, REQUIRED),
        "changed_at": (TIME, NOW, REQUIRED),
        "changed_by": (UUID, ME, False),
    },
}
# c: cascade; n: set null; a: no action, so that what is used is kept. None is deferred.
FOREIGN_KEYS = [
    ("attribute_schemas", "user_id", "auth.users", "c"),
    ("audience_segments", "user_id", "auth.users", "c"),
    ("campaign_analytics", "user_id,campaign_id", "campaigns", "c"),
    ("campaign_assets", "user_id,campaign_id", "campaigns", "c"),
    ("campaign_batches", "campaign_id", "campaigns", "c"),
    ("campaign_deliveries", "campaign_id", "campaigns", "c"),
    ("campaign_events", "user_id,campaign_id", "campaigns", "c"),
    ("campaign_events", "user_id,contact_id", "contacts", "n"),
    ("campaign_failures", "user_id,campaign_id", "campaigns", "c"),
    ("campaign_rates", "user_id,campaign_id", "campaigns", "c"),
    ("campaign_settings", "user_id", "auth.users", "c"),
    ("campaign_status_history", "user_id,campaign_id", "campaigns", "c"),
    ("campaigns", "user_id", "auth.users", "c"),
    ("campaigns", "user_id,segment_id", "audience_segments", "a"),
    ("contacts", "user_id", "auth.users", "c"),
    ("draft_budgets", "user_id", "auth.users", "c"),
    ("link_keys", "user_id", "auth.users", "c"),
    ("link_settings", "user_id", "auth.users", "c"),
    ("suppressions", "user_id", "auth.users", "c"),
]


@pytest.mark.parametrize("table", COLUMNS)
def test_columns(table: str, db: psycopg.Connection) -> None:
    query = """
        select column_name, data_type, column_default, is_nullable = 'NO'
        from information_schema.columns where table_schema = 'public' and table_name = %s
    """
    found = {name: (kind, default, must) for name, kind, default, must in rows(db, query, table)}
    assert found == COLUMNS[table]


def test_foreign_keys(db: psycopg.Connection) -> None:
    query = """
        select conrelid::regclass::text,
          (select string_agg(attname, ',' order by ordinal) from unnest(conkey) with ordinality
           as k (number, ordinal) join pg_attribute on attrelid = conrelid and attnum = number),
          confrelid::regclass::text, confdeltype::text
        from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace
          and not condeferrable
        order by 1, 2
    """
    assert rows(db, query) == FOREIGN_KEYS


def test_every_foreign_key_has_an_index(db: psycopg.Connection) -> None:
    query = """
        select conrelid::regclass::text, conname from pg_constraint as c
        where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
          select from pg_index as i where i.indrelid = c.conrelid
            and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
        )
    """
    assert rows(db, query) == []


def test_keys_that_hold_more_than_one_owner_apart(db: psycopg.Connection) -> None:
    query = """
        select conname from pg_constraint
        where contype = 'u' and connamespace = 'public'::regnamespace order by 1
    """
    assert [name for (name,) in rows(db, query)] == [
        "audience_segments_owner_unique",
        "audience_segments_request_unique",
        "campaign_analytics_day_unique",
        "campaigns_owner_unique",
        "campaigns_request_unique",
        "contacts_email_unique",
        "contacts_owner_unique",
        "suppressions_address_unique",
    ]


# What identifies people, or is what they wrote: the planner would tell others of it.
UNKNOWN_TO_THE_PLANNER = {
    ("contacts", "email"),
    ("contacts", "phone"),
    ("campaigns", "name"),
    ("campaigns", "description"),
    ("campaigns", "message"),
    ("campaigns", "subject"),
    ("campaigns", "preheader"),
    ("campaigns", "html"),
    ("audience_segments", "name"),
    ("audience_segments", "description"),
    ("campaign_assets", "name"),
    ("campaign_assets", "alt"),
    ("campaign_assets", "path"),
    ("campaign_events", "event_id"),
    ("campaign_events", "link"),
}


def test_the_planner_keeps_no_statistics_of_what_people_wrote(db: psycopg.Connection) -> None:
    query = """
        select attrelid::regclass::text, attname from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid
        where c.relnamespace = 'public'::regnamespace and a.attstattarget = 0 and c.relkind = 'r'
    """
    assert set(rows(db, query)) == UNKNOWN_TO_THE_PLANNER
