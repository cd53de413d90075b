"""The list of fields: as deep as rules reach, and nothing of it kept on the disk."""

from __future__ import annotations

import json
import uuid
from typing import Any

import psycopg

from .catalog import rows


def test_fields_are_listed_to_the_depth_that_rules_reach(db: psycopg.Connection) -> None:
    """A rule's path has at most 32 names; longer paths and names are nobody's fields."""
    attributes: dict[str, Any] = {"end": 1}
    for _ in range(60):
        attributes = {"k": attributes, "flat": "x"}
    attributes["n" * 300] = 1
    query = "select name from campaign_private.leaves(%s)"
    names = {name for (name,) in db.execute(query, [json.dumps(attributes)])}
    assert names == {"k." * depth + "flat" for depth in range(32)}


TEMPORARY = "select temp_bytes from pg_stat_database where datname = current_database()"


def test_listing_fields_keeps_nothing_on_the_disk(db: psycopg.Connection) -> None:
    """Ten megabytes of attributes, none of which reaches a temporary file."""
    user = str(uuid.uuid4())
    [(before,)] = rows(db, TEMPORARY)
    with db.transaction(force_rollback=True):
        db.execute("insert into auth.users (id) values (%s)", [user])
        query = """
            insert into contacts (user_id, email, attributes)
            select %s, i || '@example.com', (
              select jsonb_object_agg('k' || k, repeat(md5(i::text), 5))
              from generate_series(1, 60) as k
            )
            from generate_series(1, 1000) as i
        """
        db.execute(query, [user])
        db.execute("analyze contacts")
        claims = json.dumps({"sub": user, "role": "authenticated"})
        db.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        db.execute("set local role authenticated")
        [(sampled, fields)] = rows(db, "select * from list_contact_fields()")
        db.execute("reset role")
        db.execute("select pg_stat_force_next_flush()")
    [(after,)] = rows(db, TEMPORARY)
    assert (sampled, len(fields)) == (1000, 60)
    assert all(field["present"] == 1000 and len(field["examples"]) == 3 for field in fields)
    # Of the values only those of the first contacts are sorted, for their examples.
    assert after - before < 4 * 1024 * 1024
