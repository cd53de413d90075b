"""A write whose answer is lost isn't in doubt: it is sent again, and counts once."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import psycopg
import pytest
from supabase import Client

from campaign_sdk import (
    Campaign,
    CampaignClient,
    Conflict,
    NotFound,
    ProtocolError,
    StaleState,
    Unavailable,
    everyone,
)
from campaign_sdk.local import LocalSupabase
from clients import Mode, sign_up
from cutting import Lossy, lossy
from wire import Both, answers, session

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
SOON = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def eve(stack: LocalSupabase, mode: Mode) -> Iterator[Lossy]:
    with lossy(stack, mode) as found:
        sign_up(found.client, "eve")
        found.client.contacts.upsert([{"email": "a@example.com"}])
        yield found


def draft(client: CampaignClient) -> Campaign:
    return client.campaigns.create("c", message="Hello", rules=everyone())


def test_a_created_campaign_is_one(eve: Lossy) -> None:
    with eve.losing("POST", "campaigns") as sent:
        made = eve.client.campaigns.create("c", message="Hello")
    assert sent == ["POST campaigns", "POST campaigns", "GET campaigns"]
    assert eve.client.campaigns.list() == [made]
    assert (made.name, made.message) == ("c", "Hello")


def test_a_created_segment_is_one(eve: Lossy) -> None:
    with eve.losing("POST", "audience_segments") as sent:
        made = eve.client.segments.create("s", everyone())
    assert sent.count("POST audience_segments") == 2
    assert eve.client.segments.list() == [made]


def test_a_copy_is_one(eve: Lossy) -> None:
    source = draft(eve.client)
    with eve.losing("POST", "campaigns"):
        copy = eve.client.campaigns.duplicate(source.id)
    assert {each.id for each in eve.client.campaigns.list()} == {source.id, copy.id}
    assert (copy.name, copy.message) == ("Copy of c", "Hello")


def test_two_that_are_alike_are_two(ann: CampaignClient) -> None:
    assert draft(ann).id != draft(ann).id


@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_is_recorded_counts_once(eve: Lossy, times: int) -> None:
    campaign = draft(eve.client)
    day = date(2026, 1, 2)
    eve.client.analytics.record(campaign.id, clicks=1, on=day)
    with eve.losing("POST", "rpc/record_engagement", times) as sent:
        found = eve.client.analytics.record(campaign.id, clicks=10, impressions=20, on=day)
    assert sent == ["POST rpc/record_engagement"] * (times + 1)
    assert (found.impressions, found.clicks) == (20, 11)
    assert eve.client.analytics.record(campaign.id, clicks=10, on=day).clicks == 21


def test_a_launch_is_one(eve: Lossy) -> None:
    campaign = draft(eve.client)
    with eve.losing("POST", "rpc/move_campaign") as sent:
        launched = eve.client.campaigns.launch(campaign.id, expected="draft")
    assert sent.count("POST rpc/move_campaign") == 2
    assert (launched.status, launched.audience_size) == ("active", 1)
    assert [each.to_status for each in eve.client.campaigns.history(campaign.id)] == ["active"]
    with pytest.raises(StaleState):
        eve.client.campaigns.launch(campaign.id, expected="draft")


def test_every_move_is_one(eve: Lossy) -> None:
    campaign = draft(eve.client)
    campaigns = eve.client.campaigns
    moves: list[tuple[Callable[..., Campaign], tuple[Any, ...], str]] = [
        (campaigns.schedule, (SOON,), "scheduled"),
        (campaigns.schedule, (SOON + timedelta(days=1),), "scheduled"),
        (campaigns.unschedule, (), "draft"),
        (campaigns.launch, (), "active"),
        (campaigns.pause, (), "paused"),
        (campaigns.resume, (), "active"),
        (campaigns.complete, (), "completed"),
        (campaigns.archive, (), "archived"),
    ]
    for move, arguments, status in moves:
        with eve.losing("POST", "rpc/move_campaign") as sent:
            assert move(campaign.id, *arguments).status == status
        assert sent.count("POST rpc/move_campaign") == 2
    history = [each.to_status for each in campaigns.history(campaign.id)]
    expected = ["scheduled", "draft", "active", "paused", "active", "completed", "archived"]
    assert history == expected


def test_a_move_that_was_refused_is_refused_again(eve: Lossy) -> None:
    campaign = draft(eve.client)
    with eve.losing("POST", "rpc/move_campaign"), pytest.raises(Conflict):
        eve.client.campaigns.pause(campaign.id)
    assert eve.client.campaigns.get(campaign.id).status == "draft"


def test_what_is_deleted_is_gone(eve: Lossy) -> None:
    campaign = draft(eve.client)
    segment = eve.client.segments.create("s", everyone())
    contact = eve.client.contacts.find("a@example.com")
    assert contact is not None
    deletions: list[tuple[str, Callable[[Any], None], uuid.UUID]] = [
        ("campaigns", eve.client.campaigns.delete, campaign.id),
        ("audience_segments", eve.client.segments.delete, segment.id),
        ("contacts", eve.client.contacts.delete, contact.id),
    ]
    for table, delete, one in deletions:
        with eve.losing("DELETE", table) as sent:
            delete(one)
        assert sent == [f"DELETE {table}"] * 2
        with pytest.raises(NotFound):
            delete(one)


def test_a_person_is_erased_once(eve: Lossy) -> None:
    eve.client.suppressions.add("a@example.com")
    person = eve.client.contacts.find("a@example.com")
    assert person is not None
    with eve.losing("POST", "rpc/erase_person") as sent:
        done = eve.client.contacts.erase_person(person.id)
    assert sent.count("POST rpc/erase_person") == 2
    assert (done.events, done.deliveries, done.suppressed) == (0, 0, True)
    with pytest.raises(NotFound):
        eve.client.contacts.erase_person(person.id)


def test_a_suppression_is_lifted_once(eve: Lossy) -> None:
    eve.client.suppressions.add("a@example.com", source="me")
    there = eve.client.suppressions.check("a@example.com")
    with eve.losing("POST", "rpc/lift_suppression") as sent:
        lifted = eve.client.suppressions.lift("a@example.com")
    assert sent.count("POST rpc/lift_suppression") == 2
    assert lifted == there
    with eve.losing("POST", "rpc/lift_suppression"), pytest.raises(NotFound):
        eve.client.suppressions.lift("a@example.com")


def test_a_new_key_is_one(eve: Lossy) -> None:
    with eve.losing("POST", "rpc/rotate_link_key") as sent:
        made = eve.client.tracking.rotate()
    assert sent == ["POST rpc/rotate_link_key"] * 2
    assert eve.client.tracking.keys() == (made,)


def test_an_asset_is_stored_and_deleted_once(eve: Lossy) -> None:
    campaign = draft(eve.client)
    url = ""
    for lost in (f"{sha256(PIXEL).hexdigest()[:16]}-dot.png", "campaign_assets"):
        with eve.losing("POST", lost):
            url = eve.client.assets.upload(campaign.id, PIXEL, name="dot.png", alt="").url
    for lost in ("campaign_assets", "campaign-assets"):
        with eve.losing("DELETE", lost) as sent:
            eve.client.assets.delete(campaign.id, "dot.png")
        assert [each.partition(" ")[0] for each in sent].count("DELETE") == 3
        assert httpx.get(url).status_code in (400, 404)
        with pytest.raises(NotFound):
            eve.client.assets.delete(campaign.id, "dot.png")
        eve.client.assets.upload(campaign.id, PIXEL, name="dot.png", alt="")


def test_what_changes_to_fixed_values_is_sent_again(eve: Lossy) -> None:
    campaign = draft(eve.client)
    segment = eve.client.segments.create("s", everyone())
    with eve.losing("PATCH", "campaigns"):
        assert eve.client.campaigns.update(campaign.id, name="d").name == "d"
    with eve.losing("PATCH", "audience_segments"):
        assert eve.client.segments.update(segment.id, name="t").name == "t"


def test_what_stays_in_doubt_says_so(eve: Lossy) -> None:
    campaign = draft(eve.client)
    with (
        eve.losing("POST", "rpc/record_engagement", 4),
        pytest.raises(Unavailable) as caught,
    ):
        eve.client.analytics.record(campaign.id, clicks=1)
    assert caught.value.maybe_applied


def record(client: Client, campaign: str, request: str, **counts: Any) -> Any:
    arguments = {"campaign_id": campaign, "request_id": request, **counts}
    return client.rpc("record_engagement", arguments).execute().data


def begin(client: Client) -> str:
    rows: Any = client.from_("campaigns").insert({"name": "c"}).execute().data
    return str(rows[0]["id"])


@pytest.fixture
def made(alice: Client) -> str:
    return begin(alice)


def clicks(client: Client) -> list[int]:
    rows: Any = client.from_("campaign_analytics").select("clicks").execute().data
    return [row["clicks"] for row in rows]


def test_a_request_is_its_owners(alice: Client, bob: Client, made: str) -> None:
    request = str(uuid.uuid4())
    [seen] = record(alice, made, request, clicks=1)
    [other] = record(bob, begin(bob), request, clicks=2)
    assert (seen["clicks"], other["clicks"]) == (1, 2)
    assert (clicks(alice), clicks(bob)) == ([1], [2])


@pytest.mark.parametrize("table", ["campaigns", "audience_segments"])
def test_a_created_row_is_its_owners(alice: Client, bob: Client, table: str) -> None:
    request = str(uuid.uuid4())
    came = []
    for client, name in ((alice, "a"), (bob, "b"), (alice, "again")):
        row = {"name": name, "request_id": request}
        query = client.from_(table).upsert(
            row, on_conflict="user_id,request_id", ignore_duplicates=True
        )
        rows: Any = query.execute().data
        came.append([each["name"] for each in rows])
    assert came == [["a"], ["b"], []]
    for client, name in ((alice, "a"), (bob, "b")):
        rows = client.from_(table).select("name").execute().data
        assert rows == [{"name": name}]


def test_another_request_under_the_same_id_is_refused(alice: Client, made: str) -> None:
    request = str(uuid.uuid4())
    record(alice, made, request, clicks=1)
    with pytest.raises(Exception, match="another request"):
        record(alice, made, request, clicks=2)
    move = {"campaign_id": made, "move": "archive", "request_id": request}
    with pytest.raises(Exception, match="another request"):
        alice.rpc("move_campaign", move).execute()
    assert clicks(alice) == [1]


def test_a_request_that_failed_is_forgotten(alice: Client, made: str) -> None:
    request = str(uuid.uuid4())
    move = {"campaign_id": made, "move": "pause", "request_id": request}
    with pytest.raises(Exception, match="pause"):
        alice.rpc("move_campaign", move).execute()
    record(alice, made, request, clicks=1)
    assert clicks(alice) == [1]


def test_the_same_request_at_the_same_moment_counts_once(
    stack: LocalSupabase, alice: Client, made: str, user_id: Callable[[Client], str]
) -> None:
    request, owner = str(uuid.uuid4()), user_id(alice)
    ready = threading.Barrier(8)
    seen: list[int] = []

    def ask() -> None:
        with psycopg.connect(stack.db_url) as db:
            claims = f'{{"sub": "{owner}", "role": "authenticated"}}'
            db.execute("select set_config('request.jwt.claims', %s, false)", [claims])
            db.execute("set role authenticated")
            ready.wait()
            row = db.execute(
                "select clicks from public.record_engagement(%s, clicks => 1, request_id => %s)",
                [made, request],
            ).fetchone()
            assert row is not None
            seen.append(row[0])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 8
    assert clicks(alice) == [1]


def test_old_requests_are_forgotten(
    alice: Client,
    bob: Client,
    made: str,
    db: psycopg.Connection,
    user_id: Callable[[Client], str],
) -> None:
    for _ in range(3):
        record(alice, made, str(uuid.uuid4()))
    theirs = begin(bob)
    record(bob, theirs, str(uuid.uuid4()))
    db.execute("update campaign_private.requests set made_at = made_at - interval '2 days'")
    left = "select count(*) from campaign_private.requests where user_id = %s"
    for expected in (2, 2, 3):
        record(alice, made, str(uuid.uuid4()))
        assert db.execute(left, [user_id(alice)]).fetchone() == (expected,)
    assert db.execute(left, [user_id(bob)]).fetchone() == (1,)


def test_an_empty_answer_to_a_creation_is_looked_into(mode: Mode) -> None:
    nothing = httpx.Response(201, json=[])
    handle, seen = answers(nothing, httpx.Response(200, json=[]))
    both = Both(mode, handle, signed_in=session())
    with pytest.raises(ProtocolError, match="doesn't have"):
        both.result(both.client.campaigns.create("c"))
    assert [request.method for request in seen] == ["POST", "GET"]
    asked = httpx.URL(seen[1].url).params["request_id"]
    assert asked == "eq." + json.loads(seen[0].content)["request_id"]
