"""The status machine, by direct updates of the table: every pair of statuses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import psycopg
import pytest
from supabase import Client

from campaign_sdk.local import LocalSupabase
from conftest import signed_up

from .catalog import rows
from .conftest import Refused
from .world import EVERYONE, Row, insert

STATUSES = ("draft", "scheduled", "active", "paused", "completed", "archived")
# DESIGN, drawn once more: whatever the table of moves says, these are the legal ones.
LEGAL = {
    ("draft", "scheduled"),
    ("draft", "active"),
    ("draft", "archived"),
    ("scheduled", "draft"),
    ("scheduled", "active"),
    ("active", "paused"),
    ("active", "completed"),
    ("paused", "active"),
    ("paused", "completed"),
    ("completed", "archived"),
}
WAYS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "scheduled": ("scheduled",),
    "active": ("active",),
    "paused": ("active", "paused"),
    "completed": ("active", "completed"),
    "archived": ("archived",),
}
A_DAY = "2030-01-01T00:00:00+00:00"


@pytest.fixture(scope="module")
def olga(stack: LocalSupabase) -> Iterator[Client]:
    with signed_up(stack, "olga") as client:
        insert(client, "contacts", email="only@example.com")
        yield client


def move(client: Client, campaign: Row, status: str) -> Row:
    table = client.from_("campaigns")
    # None is scheduled without a date.
    date = {"scheduled_at": A_DAY} if status == "scheduled" else {}
    data: Any = table.update({"status": status, **date}).eq("id", campaign["id"]).execute().data
    moved: Row = data[0]
    return moved


def brought_to(client: Client, status: str) -> Row:
    campaign = insert(client, "campaigns", name="c", message="Hi", rules=EVERYONE)
    for step in WAYS[status]:
        campaign = move(client, campaign, step)
    return campaign


def history(client: Client, campaign: Row) -> list[tuple[str, str]]:
    table = client.from_("campaign_status_history").select("*").order("id")
    data: Any = table.eq("campaign_id", campaign["id"]).execute().data
    return [(row["from_status"], row["to_status"]) for row in data]


def test_the_table_of_moves_is_the_picture(db: psycopg.Connection) -> None:
    query = """
        select from_status, to_status from campaign_private.campaign_moves
        where from_status <> to_status order by 1, 2
    """
    assert rows(db, query) == sorted(LEGAL)


@pytest.mark.parametrize(("source", "target"), list(product(STATUSES, STATUSES)))
def test_every_pair(source: str, target: str, olga: Client, refused: Refused) -> None:
    campaign = brought_to(olga, source)
    before = history(olga, campaign)
    assert [status for _, status in before] == list(WAYS[source])
    if (source, target) in LEGAL:
        assert move(olga, campaign, target)["status"] == target
        assert history(olga, campaign) == [*before, (source, target)]
    else:
        if source == target:
            # To write what is there already is no move.
            assert move(olga, campaign, target)["status"] == target
        else:
            assert refused(lambda: move(olga, campaign, target)) == "CMP01"
        assert history(olga, campaign) == before


@pytest.mark.parametrize("status", [*STATUSES, "sent", None])
def test_a_campaign_begins_as_a_draft(status: str | None, olga: Client, refused: Refused) -> None:
    if status == "draft":
        assert insert(olga, "campaigns", name="c", status=status)["status"] == "draft"
    else:
        code = refused(lambda: insert(olga, "campaigns", name="c", status=status))
        assert code == "CMP01"


@pytest.mark.parametrize("source", STATUSES)
def test_an_unknown_status_is_refused(source: str, olga: Client, refused: Refused) -> None:
    campaign = brought_to(olga, source)
    for status in ("sent", "Active", "", None):
        code = refused(lambda status=status: move(olga, campaign, status))  # type: ignore[misc]
        assert code == "CMP01"


def test_history_says_when_and_who(olga: Client) -> None:
    user = olga.auth.get_user()
    assert user is not None
    campaign = brought_to(olga, "completed")
    table = olga.from_("campaign_status_history").select("*").order("id")
    data: Any = table.eq("campaign_id", campaign["id"]).execute().data
    assert {row["changed_by"] for row in data} == {user.user.id}
    assert [row["changed_at"] for row in data] == [
        campaign["launched_at"],
        campaign["completed_at"],
    ]


def test_the_moments_come_from_the_machine_alone(olga: Client, service: Client) -> None:
    """The service could write these columns, and doesn't set them either."""
    moments = {"launched_at": A_DAY, "completed_at": A_DAY}
    own = insert(olga, "campaigns", name="own")["user_id"]
    given = {"name": "c", "message": "Hi", "rules": EVERYONE, "user_id": own}
    draft = insert(service, "campaigns", **given, **moments)
    assert (draft["launched_at"], draft["completed_at"]) == (None, None)
    table = service.from_("campaigns")
    draft = table.update(moments).eq("id", draft["id"]).execute().data[0]  # type: ignore[assignment]
    assert (draft["launched_at"], draft["completed_at"]) == (None, None)
    forged = table.update({"status": "active", **moments}).eq("id", draft["id"]).execute()
    launched: Any = forged.data[0]
    assert launched["launched_at"] not in (None, A_DAY)
    assert launched["completed_at"] is None
    done = move(service, launched, "completed")
    assert done["completed_at"] not in (None, A_DAY)
    data: Any = table.update({"completed_at": None}).eq("id", draft["id"]).execute().data
    assert data[0]["completed_at"] == done["completed_at"]


def test_an_unscheduled_campaign_has_no_date(olga: Client) -> None:
    ready = {"message": "Hi", "rules": EVERYONE}
    campaign = insert(olga, "campaigns", name="c", scheduled_at=A_DAY, **ready)
    assert move(olga, campaign, "scheduled")["scheduled_at"] == A_DAY
    assert move(olga, campaign, "draft")["scheduled_at"] is None


def test_resuming_is_no_second_launch(olga: Client) -> None:
    campaign = brought_to(olga, "paused")
    insert(olga, "contacts", email="late@example.com")
    resumed = move(olga, campaign, "active")
    assert resumed["launched_at"] == campaign["launched_at"]
    assert resumed["audience_size"] == campaign["audience_size"]


@pytest.mark.parametrize("lacking", [{"rules": EVERYONE}, {"message": "Hi"}], ids=str)
def test_a_launch_by_name_needs_a_message_and_an_audience(
    lacking: Row, olga: Client, refused: Refused
) -> None:
    campaign = insert(olga, "campaigns", name="c", **lacking)
    call = olga.rpc("move_campaign", {"campaign_id": campaign["id"], "move": "launch"})
    assert refused(call.execute) == "CMP05"
    assert history(olga, campaign) == []


def test_a_stale_move_is_told_from_an_illegal_one(olga: Client, refused: Refused) -> None:
    campaign = brought_to(olga, "active")

    def code(move: str, expected: str | None) -> str:
        arguments = {"campaign_id": campaign["id"], "move": move, "expected": expected}
        return refused(olga.rpc("move_campaign", arguments).execute)

    assert code("launch", "draft") == "CMP02"
    assert code("launch", "active") == "CMP01"
    assert code("launch", None) == "CMP01"
    assert code("fly", "active") == "CMP01"
