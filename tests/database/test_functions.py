"""Functions, called with another user's ids: each sees and changes its caller's rows only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg
import pytest
from supabase import Client

from . import catalog
from .conftest import Refused
from .world import EVERYONE, Row, World

NOT_FOUND = "PT404"


class Story(NamedTuple):
    """A call with what is the victim's, and what comes of it: an error's code, or the answer."""

    function: str
    arguments: Callable[[World, World], Row]
    outcome: Callable[[World, Any], bool] | str


def campaign(world: World) -> str:
    return str(world.rows["campaigns"]["id"])


def event(target: str, contact: str | None) -> Row:
    occurred = {"type": "click", "occurred_at": "2026-01-01T00:00:00Z"}
    return {"campaign_id": target, "event_id": "forged", "contact_id": contact, **occurred}


def victims_email(world: World) -> Row:
    rule = {"field": "email", "operator": "=", "value": world.rows["contacts"]["email"]}
    return {"rules": {"combinator": "and", "rules": [rule]}}


def only(rows: Any) -> Any:
    return rows[0] if isinstance(rows, list) else rows


STORIES = [
    Story(
        "audience_size",
        lambda mine, theirs: {"rules": EVERYONE},
        lambda mine, data: only(data) == {"total": 1, "reachable": 1},
    ),
    Story(
        "audience_size",
        lambda mine, theirs: victims_email(theirs),
        lambda mine, data: only(data) == {"total": 0, "reachable": 0},
    ),
    Story(
        "match_contacts",
        lambda mine, theirs: {"rules": EVERYONE, "after": "00000000-0000-0000-0000-000000000000"},
        lambda mine, data: bool(data == [mine.rows["contacts"]]),
    ),
    Story(
        "match_contacts",
        lambda mine, theirs: victims_email(theirs),
        lambda mine, data: bool(data == []),
    ),
    Story(
        "audience_funnel",
        lambda mine, theirs: victims_email(theirs),
        lambda mine, data: [(row["alone"], row["cumulative"]) for row in data] == [(0, 0)],
    ),
    Story(
        "upsert_contacts",
        lambda mine, theirs: {
            "contacts": [
                {
                    "email": theirs.rows["contacts"]["email"],
                    "phone": "666",
                    "id": theirs.rows["contacts"]["id"],
                    "user_id": theirs.user_id,
                }
            ]
        },
        # The same address may be a contact of both.
        lambda mine, data: only(data) == {"created": 1, "updated": 0, "unchanged": 0},
    ),
    Story(
        "update_contact",
        lambda mine, theirs: {
            "contact_id": theirs.rows["contacts"]["id"],
            "changes": {"phone": "666"},
        },
        lambda mine, data: bool(data == []),
    ),
    Story(
        "unsubscribe_contact",
        lambda mine, theirs: {"contact_id": theirs.rows["contacts"]["id"]},
        lambda mine, data: bool(data == []),
    ),
    Story(
        "list_contact_fields",
        lambda mine, theirs: {},
        lambda mine, data: only(data) == {"sampled": 1, "fields": []},
    ),
    Story(
        "move_campaign",
        lambda mine, theirs: {"campaign_id": campaign(theirs), "move": "resume"},
        NOT_FOUND,
    ),
    Story(
        "ingest_events",
        lambda mine, theirs: {
            "events": [
                event(campaign(theirs), None),
                event(campaign(mine), str(theirs.rows["contacts"]["id"])),
            ]
        },
        lambda mine, data: only(data)["rejected"] == [0, 1] and only(data)["inserted"] == 0,
    ),
    Story(
        "record_engagement",
        lambda mine, theirs: {"campaign_id": campaign(theirs), "clicks": 666},
        NOT_FOUND,
    ),
    Story("summarize_campaign", lambda mine, theirs: {"campaign_id": campaign(theirs)}, NOT_FOUND),
    Story("reconcile_campaign", lambda mine, theirs: {"campaign_id": campaign(theirs)}, NOT_FOUND),
    Story(
        "report_engagement",
        lambda mine, theirs: {"campaign_ids": [campaign(mine), campaign(theirs)]},
        NOT_FOUND,
    ),
    Story(
        "report_engagement",
        lambda mine, theirs: {"segment": theirs.rows["audience_segments"]["id"]},
        NOT_FOUND,
    ),
    Story(
        "report_engagement",
        lambda mine, theirs: {"by_campaign": True},
        lambda mine, data: only(data)["campaigns"] == [campaign(mine)],
    ),
]


def test_every_function_has_its_story(db: psycopg.Connection) -> None:
    assert catalog.functions(db, "public") == {story.function for story in STORIES}


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.function))
def test_a_call_reaches_nothing_of_anothers(
    story: Story, vandal: World, victim: World, refused: Refused
) -> None:
    call = vandal.client.rpc(story.function, story.arguments(vandal, victim))
    if isinstance(story.outcome, str):
        assert refused(call.execute) == story.outcome
    else:
        assert story.outcome(vandal, call.execute().data)


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.function))
def test_nobody_signed_in_may_call(
    story: Story, nobody: Client, victim: World, refused: Refused
) -> None:
    call = nobody.rpc(story.function, story.arguments(victim, victim))
    assert refused(call.execute) == "42501"


def test_the_private_schema_is_not_served(
    vandal: World, service: Client, refused: Refused
) -> None:
    for client in (vandal.client, service):
        private = client.schema("private")
        assert refused(private.from_("campaign_moves").select("*").execute) == "PGRST106"
        assert refused(private.rpc("is_timezone", {"name": "UTC"}).execute) == "PGRST106"
        assert refused(client.rpc("is_timezone", {"name": "UTC"}).execute) == "PGRST202"
        assert refused(client.from_("campaign_moves").select("*").execute) == "PGRST205"
