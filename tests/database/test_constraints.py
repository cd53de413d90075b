"""What the database itself refuses to store, and what it still takes."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from conftest import signed_up
from supabase import Client

from campaign_sdk.local import LocalSupabase

from . import catalog
from .conftest import Refused
from .world import EVERYONE, Row, World, insert, settle

CHECK = "23514"
LIMIT = 65_536
ROWS: dict[str, Row] = {
    "contacts": {"email": "ok@example.com"},
    "audience_segments": {"name": "s"},
    "campaigns": {"name": "c"},
    "campaign_analytics": {"date": "2026-03-03"},
    "campaign_events": {
        "event_id": "x",
        "type": "click",
        "occurred_at": "2026-01-01T00:00:00Z",
    },
}


def nested(depth: int) -> Any:
    return json.loads("[" * depth + "]" * depth)


def sized(size: int) -> Row:
    """Return attributes that PostgreSQL writes in so many bytes."""
    return {"k": "x" * (size - len('{"k": ""}'))}


REFUSED: list[tuple[str, Row, str]] = [
    *(("contacts", {"email": email}, CHECK) for email in ("", "x", "@", "a@b", "a@.b", "a@b.", "a b@c.d")),
    *(("contacts", {"email": email}, CHECK) for email in ("a@b@c.d", "a\u0007@b.c", "a@b..c")),
    ("contacts", {"email": "a" * 243 + "@example.com"}, CHECK),
    ("contacts", {"email": None}, "23502"),
    ("contacts", {"phone": ""}, CHECK),
    ("contacts", {"phone": "1" * 65}, CHECK),
    *(("contacts", {"attributes": value}, CHECK) for value in ([], "x", 1, True, sized(LIMIT + 1))),
    ("contacts", {"attributes": {"k": nested(101)}}, CHECK),
    ("contacts", {"attributes": None}, "23502"),
    *(
        (table, {column: moment}, CHECK)
        for table, column in (
            ("contacts", "unsubscribed_at"),
            ("contacts", "created_at"),
            ("audience_segments", "updated_at"),
            ("campaigns", "scheduled_at"),
            ("campaigns", "created_at"),
            ("campaign_analytics", "created_at"),
            ("campaign_events", "received_at"),
        )
        for moment in ("infinity", "-infinity", "10000-01-01T00:00:00Z", "0044-03-15 BC")
    ),
    *((table, {"name": name}, CHECK) for table in ("campaigns", "audience_segments") for name in ("", "  ", "x" * 201)),
    *((table, {"name": None}, "23502") for table in ("campaigns", "audience_segments")),
    *((table, {"description": "x" * 102_401}, CHECK) for table in ("campaigns", "audience_segments")),
    ("campaigns", {"message": "é" * 51_201}, CHECK),
    ("campaigns", {"audience_size": -1}, CHECK),
    *(("campaign_analytics", {column: -1}, CHECK) for column in ("impressions", "clicks", "conversions")),
    ("campaign_analytics", {"clicks": 2**31}, "22003"),
    ("campaign_analytics", {"date": "infinity"}, CHECK),
    *(("campaign_events", {"event_id": value}, CHECK) for value in ("", "x" * 201)),
    *(("campaign_events", {"type": value}, CHECK) for value in ("", "open", "Click")),
    *(("campaign_events", {"occurred_at": value}, CHECK) for value in ("1999-12-31T00:00:00Z", "infinity")),
    *(("campaign_events", {"occurred_at": value}, CHECK) for value in ("-infinity", "2200-01-01T00:00:00Z")),
    *(("campaign_events", {"value": value}, CHECK) for value in ("NaN", "Infinity", "-Infinity", "1e400")),
]
NOT_ZONES = (
    *("", "GMT", "EST", "CEST", "Foo/Bar", "Foo/Bar+3", "UTC+3", "<A>+3", "+03:00", "Etc/GMT+15"),
    *("europe/berlin", "posix/Europe/Berlin", "../etc/passwd", "Europe/Berlin ", "Europe/Berlin\n"),
)
ZONES = (
    *("UTC", "Europe/Berlin", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "Etc/GMT-14"),
    *("America/Port-au-Prince", "America/North_Dakota/New_Salem", "Antarctica/McMurdo", "Etc/UTC"),
)
TAKEN: list[tuple[str, Row]] = [
    *(("contacts", {"email": email}) for email in ("ü@bücher.example", "a+b@x.co", "o'neil@x.ie")),
    ("contacts", {"email": "a" * 242 + "@example.com", "phone": "1" * 64}),
    ("contacts", {"attributes": sized(LIMIT)}),
    ("contacts", {"attributes": {"k": nested(100), "big": 1e308, "digits": "9" * 400}}),
    ("contacts", {"unsubscribed_at": "9999-12-29T00:00:00Z"}),
    *((table, {"name": "x" * 200}) for table in ("campaigns", "audience_segments")),
    ("campaigns", {"message": "é" * 51_200}),
    ("campaign_analytics", {"clicks": 2**31 - 1}),
    ("campaign_events", {"event_id": "x" * 200, "value": "-0.5"}),
    *((table, {"timezone": zone}) for table in ("campaigns", "audience_segments") for zone in ZONES),
]


@pytest.fixture(scope="module")
def rita(stack: LocalSupabase) -> Iterator[World]:
    with signed_up(stack, "rita") as client:
        yield settle(client)


@pytest.fixture(autouse=True)
def tidy(rita: World) -> Iterator[None]:
    yield
    rita.client.from_("contacts").delete().neq("id", rita.rows["contacts"]["id"]).execute()


def whole(table: str, row: Row, world: World) -> Row:
    child = {"campaign_id": world.rows["campaigns"]["id"]}
    return {**ROWS[table], **(child if table.startswith("campaign_") else {}), **row}


@pytest.mark.parametrize(("table", "row", "code"), REFUSED, ids=lambda value: str(value)[:40])
def test_refused(table: str, row: Row, code: str, rita: World, refused: Refused) -> None:
    given = whole(table, row, rita)
    assert refused(lambda: insert(rita.client, table, **given)) == code


@pytest.mark.parametrize(("table", "row"), TAKEN, ids=lambda value: str(value)[:40])
def test_taken(table: str, row: Row, rita: World, db: psycopg.Connection) -> None:
    query = "insert into {} ({}) values ({})"
    given = whole(table, row, rita)
    given = {key: json.dumps(value) if isinstance(value, dict) else value for key, value in given.items()}
    query = query.format(table, ", ".join(given), ", ".join(["%s"] * len(given)))
    with catalog.acting_as(db, "authenticated", rita.user_id):
        assert db.execute(query.encode(), list(given.values())).rowcount == 1


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5000])
def test_a_number_that_no_client_reads_back_is_refused(
    number: str, rita: World, db: psycopg.Connection
) -> None:
    query = "insert into contacts (email, attributes) values ('a@example.com', %s)"
    with (
        pytest.raises(psycopg.errors.CheckViolation),
        catalog.acting_as(db, "authenticated", rita.user_id),
    ):
        db.execute(query, ['{"deep": [{"n": ' + number + "}]}"])


@pytest.mark.parametrize("table", ["campaigns", "audience_segments"])
@pytest.mark.parametrize("zone", NOT_ZONES)
def test_what_is_no_iana_zone_is_refused(
    table: str, zone: str, rita: World, refused: Refused
) -> None:
    row = {**ROWS[table], "rules": EVERYONE, "timezone": zone}
    assert refused(lambda: insert(rita.client, table, **row)) in {CHECK, "CMP03"}
    stored = insert(rita.client, table, **ROWS[table])
    change = rita.client.from_(table).update({"timezone": zone}).eq("id", stored["id"])
    assert refused(change.execute) == CHECK


@pytest.mark.parametrize("table", ["campaigns", "audience_segments"])
def test_unfinished_rules_are_refused(table: str, rita: World, refused: Refused) -> None:
    unfinished: Row = {"combinator": "and", "rules": []}
    assert refused(lambda: insert(rita.client, table, name="n", rules=unfinished)) == "CMP03"
    stored = insert(rita.client, table, name="n")
    change = rita.client.from_(table).update({"rules": unfinished}).eq("id", stored["id"])
    assert refused(change.execute) == "CMP03"


@pytest.mark.parametrize(
    "email",
    [" Zoë@Example.com ", "ZOË@EXAMPLE.COM", unicodedata.normalize("NFD", "zoë@example.com"), "\u00a0zoë@example.com\t"],
)
def test_an_address_has_one_form(email: str, rita: World, refused: Refused) -> None:
    stored = insert(rita.client, "contacts", email=email)
    assert stored["email"] == "zoë@example.com"
    assert refused(lambda: insert(rita.client, "contacts", email="zoë@example.com")) == "23505"
    other = insert(rita.client, "contacts", email="other@example.com")
    change = rita.client.from_("contacts").update({"email": email}).eq("id", other["id"])
    assert refused(change.execute) == "23505"


CHANGES: dict[str, Row] = {
    "contacts": {"phone": "1"},
    "audience_segments": {"description": "d"},
    "campaigns": {"description": "d"},
    "campaign_analytics": {"clicks": 3},
}


@pytest.mark.parametrize("table", CHANGES)
def test_updated_at_moves_with_a_change_and_only_then(table: str, rita: World) -> None:
    before = rita.rows[table]

    def update(row: Row) -> Row:
        data: Any = rita.client.from_(table).update(row).eq("id", before["id"]).execute().data
        return dict(data[0])

    same = {column: before[column] for column in CHANGES[table]}
    assert update(same)["updated_at"] == before["updated_at"]
    time.sleep(0.001)
    changed = update({**CHANGES[table], "updated_at": "2000-01-01T00:00:00Z"})
    assert changed["updated_at"] > before["updated_at"]
    assert changed["created_at"] == before["created_at"]
    update(same)
