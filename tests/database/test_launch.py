"""What a launch freezes, and what deletions leave behind."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from supabase import Client

from .conftest import Refused
from .world import EVERYONE, IN_PUNE, KEYS, Row, World, belongings, insert, settle


def update(client: Client, table: str, row: Row, **changes: Any) -> Row:
    data: Any = client.from_(table).update(changes).eq("id", row["id"]).execute().data
    changed: Row = data[0]
    return changed


def delete(client: Client, table: str, row: Row) -> None:
    client.from_(table).delete().eq("id", row["id"]).execute()


def event(campaign: Row, occurred_at: str = "2026-01-01T12:00:00Z") -> Row:
    return {
        "campaign_id": campaign["id"],
        "event_id": "e",
        "type": "click",
        "occurred_at": occurred_at,
    }


@pytest.fixture
def segment(alice: Client) -> Row:
    for city, reachable in (("Pune", True), ("Pune", False), ("Delhi", True)):
        insert(
            alice,
            "contacts",
            email=f"{city}-{reachable}@example.com",
            attributes={"city": city},
            unsubscribed_at=None if reachable else "2026-01-01T00:00:00Z",
        )
    return insert(alice, "audience_segments", name="s", rules=IN_PUNE, timezone="Asia/Kolkata")


@pytest.fixture
def draft(alice: Client, segment: Row) -> Row:
    return insert(alice, "campaigns", name="c", message="Hi", segment_id=segment["id"])


@pytest.fixture
def launched(alice: Client, draft: Row) -> Row:
    return update(alice, "campaigns", draft, status="active")


def test_the_rules_of_the_segment_are_copied(
    alice: Client, draft: Row, segment: Row, launched: Row
) -> None:
    assert (draft["rules"], draft["timezone"]) == (None, "Asia/Kolkata")
    assert launched["rules"] == segment["rules"] == IN_PUNE
    # Of two in Pune, one has unsubscribed.
    assert launched["audience_size"] == 1
    update(alice, "audience_segments", segment, rules=EVERYONE)
    data: Any = alice.from_("campaigns").select("*").eq("id", draft["id"]).execute().data
    assert data[0]["rules"] == IN_PUNE


def test_the_moment_of_the_launch_is_noted(alice: Client, draft: Row, launched: Row) -> None:
    history: Any = alice.from_("campaign_status_history").select("changed_at").execute().data
    assert [row["changed_at"] for row in history] == [launched["launched_at"]]
    assert launched["launched_at"] > draft["created_at"]


@pytest.mark.parametrize("status", ["active", "paused", "completed"])
@pytest.mark.parametrize(
    "change",
    [
        {"rules": EVERYONE},
        {"rules": None},
        {"segment_id": None},
        {"timezone": "UTC"},
        {"channel": "sms"},
        {"audience_size": 1000},
        {"launched_at": "2030-01-01T00:00:00Z"},
        {"launched_at": None},
    ],
    ids=str,
)
def test_what_was_launched_stays(
    status: str, change: Row, alice: Client, service: Client, launched: Row, refused: Refused
) -> None:
    if status != "active":
        update(alice, "campaigns", launched, status=status)
    # When it was launched isn't even its owner's to write.
    client = service if "launched_at" in change else alice
    assert refused(lambda: update(client, "campaigns", launched, **change)) == "CMP04"
    both = {**change, "status": "archived" if status == "completed" else "completed"}
    if status != both["status"]:
        assert refused(lambda: update(client, "campaigns", launched, **both)) == "CMP04"


def test_the_message_may_change_until_the_launch_and_while_paused(
    alice: Client, draft: Row, refused: Refused
) -> None:
    draft = update(alice, "campaigns", draft, message="Hello")
    update(alice, "campaigns", draft, status="active")
    assert refused(lambda: update(alice, "campaigns", draft, message="Hey")) == "CMP04"
    update(alice, "campaigns", draft, status="paused")
    assert update(alice, "campaigns", draft, message="Hey")["message"] == "Hey"
    update(alice, "campaigns", draft, status="completed")
    assert refused(lambda: update(alice, "campaigns", draft, message="Hi")) == "CMP04"
    assert update(alice, "campaigns", draft, name="Still mine")["name"] == "Still mine"


@pytest.mark.parametrize("part", ["subject", "preheader", "html"])
def test_so_may_what_stands_beside_it(
    part: str, alice: Client, launched: Row, refused: Refused
) -> None:
    assert refused(lambda: update(alice, "campaigns", launched, **{part: "Hey"})) == "CMP04"
    update(alice, "campaigns", launched, status="paused")
    assert update(alice, "campaigns", launched, **{part: "Hey"})[part] == "Hey"


def test_a_segment_in_use_is_kept(
    alice: Client, draft: Row, segment: Row, refused: Refused
) -> None:
    assert refused(lambda: delete(alice, "audience_segments", segment)) == "23503"
    data: Any = alice.from_("audience_segments").select("id").execute().data
    assert data == [{"id": segment["id"]}]
    delete(alice, "campaigns", draft)
    delete(alice, "audience_segments", segment)
    assert alice.from_("audience_segments").select("id").execute().data == []


def test_a_segment_that_does_not_exist_is_refused(alice: Client, refused: Refused) -> None:
    nowhere = "00000000-0000-0000-0000-000000000000"
    assert refused(lambda: insert(alice, "campaigns", name="c", segment_id=nowhere)) == "23503"


def test_the_time_zone_stays_once_something_was_counted(
    alice: Client, draft: Row, refused: Refused
) -> None:
    assert update(alice, "campaigns", draft, timezone="UTC")["timezone"] == "UTC"
    insert(alice, "campaign_events", **event(draft))
    assert refused(lambda: update(alice, "campaigns", draft, timezone="Asia/Tokyo")) == "CMP04"
    assert update(alice, "campaigns", draft, timezone="UTC", name="d")["name"] == "d"


def test_an_event_is_counted_on_its_day_in_the_zone_of_the_campaign(
    alice: Client, draft: Row
) -> None:
    insert(alice, "campaign_events", **event(draft, "2026-01-01T18:30:00Z"))
    data: Any = alice.from_("campaign_analytics").select("date, clicks").execute().data
    assert data == [{"date": "2026-01-02", "clicks": 1}]


def test_a_deleted_contact_leaves_the_counts(alice: Client, db: psycopg.Connection) -> None:
    world = settle(alice)
    delete(alice, "contacts", world.rows["contacts"])
    left = belongings(db, world.user_id)
    assert [row["contact_id"] for row in left["campaign_events"]] == [None]
    assert [row["clicks"] for row in left["campaign_analytics"]] == [1]


def test_a_deleted_campaign_takes_its_children_along(alice: Client, db: psycopg.Connection) -> None:
    world = settle(alice)
    delete(alice, "campaigns", world.rows["campaigns"])
    left = {table for table, found in belongings(db, world.user_id).items() if found}
    settings = {"attribute_schemas", "campaign_settings", "link_keys", "link_settings"}
    assert left == {"contacts", "suppressions", "audience_segments", "draft_budgets"} | settings


def test_a_deleted_account_takes_everything_along(
    alice: Client, victim: World, db: psycopg.Connection
) -> None:
    world, others = settle(alice), belongings(db, victim.user_id)
    # A second stranger to the first: a draft that uses the same segment.
    insert(alice, "campaigns", name="d", segment_id=world.rows["audience_segments"]["id"])
    db.execute("delete from auth.users where id = %s", [world.user_id])
    for table, key in KEYS.items():
        column = key[0] if table != "campaign_events" else "campaign_id"
        found = db.execute(
            f"select from {table} where {column} = %s".encode(), [world.rows[table][column]]
        )
        assert found.fetchall() == [], table
    assert db.execute("select from campaigns where user_id = %s", [world.user_id]).rowcount == 0
    assert belongings(db, victim.user_id) == others


def test_the_service_role_writes_every_table(
    alice: Client, service: Client, db: psycopg.Connection
) -> None:
    user = alice.auth.get_user()
    assert user is not None
    owner = {"user_id": user.user.id}
    contact = insert(service, "contacts", email="A@Example.com", attributes={}, **owner)
    assert contact["email"] == "a@example.com"
    segment = insert(service, "audience_segments", name="s", rules=EVERYONE, **owner)
    campaign = insert(
        service, "campaigns", name="c", message="Hi", segment_id=segment["id"], **owner
    )
    active = update(service, "campaigns", campaign, status="active")
    # Its owner's contacts are frozen, whoever launches.
    assert (active["audience_size"], active["rules"]) == (1, EVERYONE)
    insert(service, "campaign_events", **event(campaign), **owner)
    counted: Any = service.from_("campaign_analytics").select("*")
    [counter] = counted.eq("campaign_id", campaign["id"]).execute().data
    assert update(service, "campaign_analytics", counter, clicks=7)["clicks"] == 7
    assert update(service, "contacts", contact, phone="1")["phone"] == "1"
    [moved] = belongings(db, user.user.id)["campaign_status_history"]
    assert (moved["to_status"], moved["changed_by"]) == ("active", None)
    for table, row in (("campaigns", campaign), ("audience_segments", segment)):
        delete(service, table, row)


def test_the_service_role_is_held_by_the_same_rules(
    victim: World, mallory: World, service: Client, refused: Refused
) -> None:
    theirs = victim.rows["audience_segments"]["id"]
    crossed = {"name": "c", "user_id": mallory.user_id, "segment_id": theirs}
    assert refused(lambda: insert(service, "campaigns", **crossed)) == "23503"
    paused = victim.rows["campaigns"]
    assert refused(lambda: update(service, "campaigns", paused, status="draft")) == "CMP01"
    assert refused(lambda: insert(service, "contacts", email="a@example.com")) == "23502"


def test_an_account_goes_without_rewriting_its_events(
    vandal: World, db: psycopg.Connection
) -> None:
    """Each contact would set its own events to null; Auth gives up after ten seconds."""
    query = "select pg_stat_get_xact_tuples_updated('public.campaign_events'::regclass)"
    with db.transaction(force_rollback=True):
        assert len(belongings(db, vandal.user_id)["campaign_events"]) == 1
        db.execute("delete from auth.users where id = %s", [vandal.user_id])
        assert db.execute(query).fetchone() == (0,)
        assert not any(belongings(db, vandal.user_id).values())
