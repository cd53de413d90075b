"""Tokens: made here, read by the function and by the database, and by nobody when changed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from campaign_sdk.tracking._token import Visit, sign

from .make_vectors import vectors
from .tokens import decode, mutations, owners_key, read_in_deno

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors.json").read_text(encoding="utf-8")
)
OWNER, KEY = UUID(VECTORS["owner"]), decode(VECTORS["key"])
ALL = [case for name in ("valid", "invalid", "unsound") for case in VECTORS[name]]
FIELDS = {"kind": "kind", "keyId": "key_id", "owner": "owner", "contact": "contact"}
MUTATED = 4_000


def visit_of(case: dict[str, Any]) -> Visit:
    said = case["says"]
    ids = {name: UUID(said[name]) for name in ("owner", "campaign", "contact")}
    return Visit(**{**said, **ids})


@pytest.fixture
def reading(db: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The database with the secret of the vectors, and their owner with two keys."""
    with db.transaction(force_rollback=True):
        db.execute("insert into auth.users (id, email) values (%s, 'v@example.com')", [OWNER])
        for _ in range(2):
            db.execute("insert into link_keys (user_id) values (%s)", [OWNER])
        db.execute(
            "update campaign_private.function_secrets set value = %s"
            " where name = 'CAMPAIGN_LINK_KEY'",
            [VECTORS["secret"]],
        )
        yield db


def read_in_sql(db: psycopg.Connection, tokens: list[str]) -> list[dict[str, Any] | None]:
    query = (
        "select to_jsonb(campaign_private.read_link(t)) from unnest(%s::text[])"
        " with ordinality as g (t, n) order by n"
    )
    return [
        row if row and row["kind"] else None for (row,) in db.execute(query, [tokens]).fetchall()
    ]


def test_the_vectors_are_fresh() -> None:
    assert vectors() == VECTORS


def test_an_owners_key_is_derived_as_written() -> None:
    assert owners_key(decode(VECTORS["secret"]), OWNER, VECTORS["key_id"]) == KEY


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_tokens_are_made_as_written(case: dict[str, Any]) -> None:
    assert sign(KEY, visit_of(case)) == case["token"]


def test_the_function_reads_what_is_valid_and_nothing_else() -> None:
    found = read_in_deno(VECTORS["secret"], [(case["kind"], case["token"]) for case in ALL])
    for case, said in zip(ALL, found, strict=True):
        wanted = case["says"] and {name: case["says"][field] for name, field in FIELDS.items()}
        told = said and {name: said[name] for name in FIELDS}
        assert told == wanted, case["name"]
        assert said is None or said["address"] == case["says"]["address"]


def test_so_does_the_database(reading: psycopg.Connection) -> None:
    cases = VECTORS["valid"] + VECTORS["invalid"]
    found = read_in_sql(reading, [case["token"] for case in cases])
    for case, said in zip(cases, found, strict=True):
        assert (said is None) == (case["says"] is None), case["name"]
        if said:
            assert said == {
                "kind": case["kind"],
                "owner": case["says"]["owner"],
                "campaign_id": case["says"]["campaign"],
                "contact_id": case["says"]["contact"],
                "links": case["says"]["links"],
                "url": case["says"]["address"] or None,
            }


@pytest.mark.parametrize("kind", ["click", "open"])
def test_no_changed_token_is_read(kind: Any) -> None:
    visit = Visit(kind, 2, OWNER, UUID(int=1), UUID(int=2), 2, "https://example.com/ä?b=c#d")
    changed = list(islice(mutations(KEY, visit, random.Random(2)), MUTATED))
    assert sign(KEY, visit) not in changed
    asked: list[tuple[Any, str]] = [(kind, token) for token in changed]
    found = read_in_deno(VECTORS["secret"], [*asked, (kind, sign(KEY, visit))])
    assert [said is not None for said in found] == [False] * MUTATED + [True]


def test_nor_by_the_database(reading: psycopg.Connection) -> None:
    visit = Visit("click", 2, OWNER, UUID(int=1), UUID(int=2), 2, "https://example.com/ä?b=c#d")
    changed = list(islice(mutations(KEY, visit, random.Random(3)), MUTATED))
    found = read_in_sql(reading, [*changed, sign(KEY, visit)])
    assert [said is not None for said in found] == [False] * MUTATED + [True]


def test_only_the_database_reads_what_unsubscribes(reading: psycopg.Connection) -> None:
    secret = reading.execute(
        "select value from campaign_private.database_secrets where name = 'unsubscribe'"
    ).fetchone()
    assert secret is not None
    visit = Visit("unsubscribe", 2, OWNER, UUID(int=1), UUID(int=2))
    made = sign(owners_key(secret[0], OWNER, 2, "unsubscribe"), visit)
    # With the functions' own secret in hand.
    forged = [sign(owners_key(decode(VECTORS["secret"]), OWNER, 2, purpose), visit)
              for purpose in ("link", "unsubscribe")]  # fmt: skip
    found = read_in_sql(reading, [made, *forged])
    assert [said is not None for said in found] == [True, False, False]
