"""What the database itself refuses to store, and what it still takes."""

from __future__ import annotations

import json
import time
import unicodedata
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from campaign_sdk.local import LocalSupabase
from conftest import signed_up

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


def each(table: str, column: str, *values: Any, code: str = CHECK) -> list[tuple[str, Row, str]]:
    """Return a row for each value of one column."""
    return [(table, {column: value}, code) for value in values]


NO_EMAILS = ("", "x", "@", "a@b", "a@.b", "a@b.", "a b@c.d", "a@b@c.d", "a\u0007@b.c", "a@b..c")
NO_DATES = ("infinity", "-infinity", "10000-01-01T00:00:00Z", "0044-03-15 BC")
# By a day more than need be: midnight may come before it is tried.
TOO_LATE = (datetime.now(UTC).date() + timedelta(days=4)).isoformat()
NO_OBJECTS: list[Any] = [[], "x", 1, True]
REFUSED = [
    *each("contacts", "email", *NO_EMAILS, "a" * 243 + "@example.com"),
    *each("contacts", "email", None, code="23502"),
    *each("contacts", "phone", "", "1" * 65),
    *each("contacts", "attributes", *NO_OBJECTS, sized(LIMIT + 1), {"k": nested(101)}),
    *each("contacts", "attributes", None, code="23502"),
    *each("contacts", "unsubscribed_at", *NO_DATES),
    *each("audience_segments", "name", "", "  ", "x" * 201, "x" + " " * 200),
    *each("audience_segments", "name", None, code="23502"),
    *each("audience_segments", "description", "x" * 102_401),
    *each("campaigns", "name", "", "  ", "x" * 201, " " * 200 + "x"),
    *each("campaigns", "name", None, code="23502"),
    *each("campaigns", "description", "x" * 102_401),
    *each("campaigns", "message", "é" * 51_201),
    *each("campaigns", "subject", "", "  ", "x" * 999, "Hi\r\nBcc: x@example.com", "a\tb"),
    *each("campaigns", "preheader", "", "x" * 999, "a\nb"),
    *each("campaigns", "html", "é" * 262_145),
    *each("campaigns", "channel", "fax", "Email", ""),
    *each("campaigns", "channel", None, code="23502"),
    *each("campaigns", "audience_size", -1),
    *each("campaigns", "scheduled_at", *NO_DATES),
    *each("campaign_analytics", "impressions", -1),
    *each("campaign_analytics", "clicks", -1),
    *each("campaign_analytics", "clicks", 2**31, code="22003"),
    *each("campaign_analytics", "conversions", -1),
    *each("campaign_analytics", "date", "1999-12-31", "infinity"),
    *each("campaign_analytics", "date", "2099-01-01", TOO_LATE, code="22023"),
    *each("campaign_events", "event_id", "", "x" * 201),
    *each("campaign_events", "type", "", "open", "Click"),
    *each("campaign_events", "actor", "", "robot", "Human"),
    *each("campaign_events", "actor", None, code="23502"),
    *each("campaign_events", "actor_rule", "", "x" * 101),
    *each("campaign_events", "link", "", "x" * 4_097),
    *each("campaign_analytics", "delivered", -1),
    *each("campaign_analytics", "bounced", -1),
    *each("campaign_analytics", "complained", -1),
    *each("campaign_analytics", "unsubscribed", -1),
    *each("campaign_analytics", "machine_impressions", -1),
    *each("campaign_analytics", "machine_clicks", -1),
    *each("campaign_events", "occurred_at", *NO_DATES, "1999-12-31T00:00:00Z", "2050-01-01"),
    *each("campaign_events", "occurred_at", f"{TOO_LATE}T00:00:00Z"),
    *each("campaign_events", "value", "NaN", "Infinity", "-Infinity", "1e400"),
]
NOT_ZONES = (
    *("", "GMT", "EST", "CEST", "Foo/Bar", "Foo/Bar+3", "UTC+3", "<A>+3", "+03:00", "Etc/GMT+15"),
    *("europe/berlin", "posix/Europe/Berlin", "../etc/passwd", "Europe/Berlin ", "Europe/Berlin\n"),
)
ZONES = (
    *("UTC", "Europe/Berlin", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "Etc/GMT-14"),
    *("America/Port-au-Prince", "America/North_Dakota/New_Salem", "Antarctica/McMurdo", "Etc/UTC"),
)
TAKEN = [
    *each("contacts", "email", "ü@bücher.example", "a+b@x.co", "a" * 242 + "@example.com"),
    *each("contacts", "phone", None, "1" * 64),
    *each("contacts", "attributes", sized(LIMIT), {"k": nested(100)}),
    *each("contacts", "attributes", {"big": 1e308, "digits": "9" * 400}),
    *each("contacts", "unsubscribed_at", "9999-12-29T00:00:00Z"),
    *each("audience_segments", "name", "x" * 200),
    *each("audience_segments", "timezone", *ZONES),
    *each("campaigns", "name", "x" * 200),
    *each("campaigns", "message", "é" * 51_200),
    *each("campaigns", "subject", "é" * 998, None),
    *each("campaigns", "html", "é" * 262_144),
    *each("campaigns", "channel", "email", "sms", "push", "whatsapp"),
    *each("campaigns", "timezone", *ZONES),
    *each("campaign_analytics", "clicks", 2**31 - 1),
    *each("campaign_events", "event_id", "x" * 200),
    *each("campaign_events", "value", "-0.5", None),
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


@pytest.mark.parametrize(("table", "row", "_"), TAKEN, ids=lambda value: str(value)[:40])
def test_taken(table: str, row: Row, _: str, rita: World, db: psycopg.Connection) -> None:
    given = whole(table, row, rita)
    values = [json.dumps(it) if isinstance(it, dict) else it for it in given.values()]
    query = f"insert into {table} ({', '.join(given)}) values ({', '.join(['%s'] * len(given))})"
    with catalog.acting_as(db, "authenticated", rita.user_id):
        assert db.execute(query.encode(), values).rowcount == 1


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


SPELLINGS = (
    *(" Zoë@Example.com ", "ZOË@EXAMPLE.COM", "\u00a0zoë@example.com\t"),
    unicodedata.normalize("NFD", "zoë@example.com"),
)


@pytest.mark.parametrize("email", SPELLINGS)
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
    changed = update(CHANGES[table])
    assert changed["updated_at"] > before["updated_at"]
    assert changed["created_at"] == before["created_at"]
    update(same)


# What the database alone knows, and what a caller could make of it.
FORGED: Row = {
    "id": str(uuid.uuid4()),
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
    "received_at": "2099-01-01T00:00:00Z",
    "launched_at": "2001-01-01T00:00:00Z",
    "completed_at": "2001-01-01T00:00:00Z",
}
FORGERIES = [
    (table, column)
    for table, columns in {
        "contacts": ("id", "created_at", "updated_at"),
        "audience_segments": ("id", "created_at", "updated_at"),
        "campaigns": ("id", "created_at", "updated_at", "launched_at", "completed_at"),
        "campaign_analytics": ("id", "created_at", "updated_at"),
        "campaign_events": ("received_at",),
    }.items()
    for column in columns
]


@pytest.mark.parametrize(("table", "column"), FORGERIES)
def test_what_the_database_notes_is_not_the_callers_to_write(
    table: str, column: str, rita: World, refused: Refused
) -> None:
    forged = {column: FORGED[column]}
    assert refused(lambda: insert(rita.client, table, **whole(table, forged, rita))) == "42501"
    change = rita.client.from_(table).update(forged).eq(*rita.key_of(table))
    assert refused(change.execute) == "42501"


@pytest.mark.parametrize("table", ["contacts", "audience_segments", "campaigns"])
def test_nobody_gives_away_what_is_theirs(table: str, rita: World, refused: Refused) -> None:
    for owner in (rita.user_id, str(uuid.uuid4())):
        change = rita.client.from_(table).update({"user_id": owner}).eq(*rita.key_of(table))
        assert refused(change.execute) == "42501"


def test_whether_an_id_is_taken_by_somebody_cannot_be_found_out(
    rita: World, victim: World, refused: Refused
) -> None:
    for table in ("contacts", "audience_segments", "campaigns", "campaign_analytics"):
        taken, free = victim.rows[table]["id"], str(uuid.uuid4())
        rows = rita.client.from_(table)
        told = {
            refused(rows.insert(whole(table, {"id": chosen}, rita)).execute)
            for chosen in (taken, free)
        }
        assert told == {"42501"}, table


@pytest.mark.parametrize("table", ["campaigns", "audience_segments"])
def test_a_request_creates_once_for_its_owner_and_is_free_for_others(
    table: str, rita: World, victim: World, refused: Refused
) -> None:
    request = str(uuid.uuid4())
    insert(victim.client, table, name="v", request_id=request)
    insert(rita.client, table, name="r", request_id=request)
    again = refused(lambda: insert(rita.client, table, name="r", request_id=request))
    assert again == "23505"
    for client in (victim.client, rita.client):
        client.from_(table).delete().eq("request_id", request).execute()


def test_a_campaign_is_scheduled_for_a_date_whoever_asks(rita: World, refused: Refused) -> None:
    stored = insert(rita.client, "campaigns", name="n", message="m", rules=EVERYONE)
    campaign = rita.client.from_("campaigns")
    undated = campaign.update({"status": "scheduled"}).eq("id", stored["id"])
    assert refused(undated.execute) == CHECK
    date = {"scheduled_at": "2030-01-01T00:00:00Z"}
    campaign.update({"status": "scheduled", **date}).eq("id", stored["id"]).execute()
    forgotten = campaign.update({"scheduled_at": None}).eq("id", stored["id"])
    assert refused(forgotten.execute) == CHECK


def test_counters_of_the_service_belong_to_the_campaigns_owner(
    rita: World, db: psycopg.Connection
) -> None:
    campaign = rita.rows["campaigns"]["id"]
    query = """
        insert into public.campaign_analytics (campaign_id, date) values (%s, '2026-04-04')
        returning user_id::text
    """
    with catalog.acting_as(db, "service_role"):
        assert catalog.rows(db, query, campaign) == [(rita.user_id,)]


HISTORY = """
insert into public.campaign_status_history (user_id, campaign_id, from_status, to_status)
values (%s, %s, %s, %s)
"""


@pytest.mark.parametrize(
    ("before", "after"), [("draft", "active"), ("paused", "active"), ("paused", "paused")]
)
def test_a_line_of_history_fits_the_machine_and_the_campaign(
    before: str, after: str, rita: World, db: psycopg.Connection
) -> None:
    """The campaign was launched and is paused."""
    values = [rita.user_id, rita.rows["campaigns"]["id"], before, after]
    with pytest.raises(psycopg.Error) as caught, catalog.acting_as(db, "service_role"):
        db.execute(HISTORY, values)
    assert caught.value.sqlstate == "CMP01"
