"""The list of fields: as deep as rules reach, and nothing of it kept on the disk."""

from __future__ import annotations

import json
import uuid
from typing import Any

import psycopg

from .catalog import acting_as, rows


def test_fields_are_listed_to_the_depth_that_rules_reach(db: psycopg.Connection) -> None:
    """A rule's path has at most 32 names; longer paths and names are nobody's fields."""
    attributes: dict[str, Any] = {"end": 1}
    for _ in range(60):
        attributes = {"k": attributes, "flat": "x"}
    attributes["n" * 300] = 1
    query = "select name from campaign_private.leaves(%s)"
    names = {name for (name,) in db.execute(query, [json.dumps(attributes)])}
    assert names == {"k." * depth + "flat" for depth in range(32)}


MUCH = """
    insert into contacts (user_id, email, attributes)
    select %s, i || '@example.com', (
      select jsonb_object_agg('k' || k, repeat(md5(i::text), 5)) from generate_series(1, 60) as k
    )
    from generate_series(1, 1000) as i
"""
TEMPORARY = "select temp_bytes from pg_stat_database where datname = current_database()"


def test_listing_fields_keeps_nothing_on_the_disk(db: psycopg.Connection) -> None:
    """Ten megabytes of attributes, none of which reaches a temporary file."""
    user = str(uuid.uuid4())
    db.execute("insert into auth.users (id) values (%s)", [user])
    db.execute(MUCH, [user])
    db.execute("analyze contacts")
    db.execute("select pg_stat_force_next_flush()")
    [(before,)] = rows(db, TEMPORARY)
    with acting_as(db, "authenticated", user):
        [(sampled, fields)] = rows(db, "select * from list_contact_fields()")
        db.execute("select pg_stat_force_next_flush()")
    [(after,)] = rows(db, TEMPORARY)
    db.execute("delete from auth.users where id = %s", [user])
    assert (sampled, len(fields)) == (1000, 60)
    assert all(field["present"] == 1000 and len(field["examples"]) == 3 for field in fields)
    assert after - before < 4 * 1024 * 1024
