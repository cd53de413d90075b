"""The life of a campaign: who may move it where, and what a launch freezes."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from campaign_sdk import (
    AsyncCampaignClient,
    Campaign,
    CampaignClient,
    CampaignError,
    Conflict,
    IllegalTransition,
    InvalidInput,
    NotFound,
    NotReady,
    StaleState,
    Status,
    everyone,
    field,
)
from campaign_sdk.local import LocalSupabase
from clients import PASSWORD, client_of, sign_up

NOBODY = str(uuid.UUID(int=0))
LATER = datetime.now(UTC) + timedelta(days=1)
MOVES: dict[tuple[str, str], str] = {
    ("draft", "schedule"): "scheduled",
    ("scheduled", "schedule"): "scheduled",
    ("scheduled", "unschedule"): "draft",
    ("draft", "launch"): "active",
    ("scheduled", "launch"): "active",
    ("active", "pause"): "paused",
    ("paused", "resume"): "active",
    ("active", "complete"): "completed",
    ("paused", "complete"): "completed",
    ("draft", "archive"): "archived",
    ("completed", "archive"): "archived",
}
NAMES = sorted({move for _, move in MOVES})
# How a draft gets to each status.
WAYS: dict[str, list[str]] = {
    "draft": [],
    "scheduled": ["schedule"],
    "active": ["launch"],
    "paused": ["launch", "pause"],
    "completed": ["launch", "complete"],
    "archived": ["archive"],
}


def move(client: CampaignClient, name: str, id: Any, **options: Any) -> Campaign:
    arguments = [id, LATER] if name == "schedule" else [id]
    moved: Campaign = getattr(client.campaigns, name)(*arguments, **options)
    return moved


def brought_to(client: CampaignClient, status: str) -> Campaign:
    campaign = client.campaigns.create(status, message="Hi", rules=everyone())
    for name in WAYS[status]:
        campaign = move(client, name, campaign.id)
    return campaign


def test_every_move_that_exists_and_no_other(ann: CampaignClient) -> None:
    assert set(WAYS) == set(get_args(Status))
    for status, name in itertools.product(WAYS, NAMES):
        campaign = brought_to(ann, status)
        assert campaign.status == status
        if (status, name) in MOVES:
            assert move(ann, name, campaign.id).status == MOVES[status, name]
            continue
        with pytest.raises(IllegalTransition, match=f"can't {name} a campaign that is {status}"):
            move(ann, name, campaign.id)
        assert ann.campaigns.get(campaign.id).status == status


def test_a_scheduled_campaign_gets_another_moment(ann: CampaignClient) -> None:
    campaign = brought_to(ann, "scheduled")
    later = LATER + timedelta(days=1)
    moved = ann.campaigns.schedule(campaign.id, later)
    assert (moved.status, moved.scheduled_at) == ("scheduled", later)
    assert len(ann.campaigns.history(campaign.id)) == 1
    with pytest.raises(StaleState):
        ann.campaigns.schedule(campaign.id, LATER, expected="draft")
    assert ann.campaigns.get(campaign.id).scheduled_at == later


def test_history(ann: CampaignClient) -> None:
    campaign = brought_to(ann, "completed")
    ann.campaigns.archive(campaign.id)
    history = ann.campaigns.history(campaign.id)
    assert [(each.from_status, each.to_status) for each in history] == [
        ("draft", "active"),
        ("active", "completed"),
        ("completed", "archived"),
    ]
    assert ann.auth.user is not None
    assert {each.changed_by for each in history} == {ann.auth.user.id}
    assert [each.changed_at for each in history] == sorted(each.changed_at for each in history)


def test_stale_isnt_illegal(ann: CampaignClient) -> None:
    campaign = brought_to(ann, "scheduled")
    with pytest.raises(StaleState):
        ann.campaigns.launch(campaign.id, expected="draft")
    with pytest.raises(IllegalTransition):
        ann.campaigns.pause(campaign.id, expected="scheduled")
    with pytest.raises(InvalidInput, match=r"^expected: "):
        ann.campaigns.launch(campaign.id, expected="ready")  # type: ignore[arg-type]
    assert ann.campaigns.launch(campaign.id, expected="scheduled").status == "active"


def test_schedule(ann: CampaignClient) -> None:
    campaign = brought_to(ann, "draft")
    refused: list[Any] = [datetime.now(UTC) - timedelta(seconds=1), "tomorrow", None]
    refused.append(datetime(2099, 1, 1))
    for at in refused:
        with pytest.raises(InvalidInput, match=r"^at: "):
            ann.campaigns.schedule(campaign.id, at)
    assert ann.campaigns.schedule(campaign.id, LATER).scheduled_at == LATER
    assert ann.campaigns.unschedule(campaign.id).scheduled_at is None


def test_a_launch_needs_a_message_and_an_audience(ann: CampaignClient) -> None:
    for lacking in (
        {"message": "Hi"},
        {"rules": everyone()},
        {"message": " ", "rules": everyone()},
    ):
        campaign = ann.campaigns.create("x", **lacking)
        with pytest.raises(NotReady, match="can't be launched"):
            ann.campaigns.launch(campaign.id)
        assert ann.campaigns.get(campaign.id).status == "draft"
        assert ann.campaigns.history(campaign.id) == []


def test_a_launch_freezes(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"city": "Pune"}}])
    segment = ann.segments.create("x", field("city") == "Pune")
    campaign = ann.campaigns.create("x", message="Hi", segment_id=segment.id)
    launched = ann.campaigns.launch(campaign.id)
    assert launched.audience_size == 1
    assert launched.rules == segment.rules
    assert launched.launched_at is not None
    ann.segments.update(segment.id, rules=everyone())
    ann.contacts.upsert([{"email": "b@example.com"}])
    assert ann.campaigns.get(campaign.id) == launched
    assert len(list(ann.campaigns.audience(campaign.id))) == 1
    changes: list[dict[str, Any]] = [
        {"rules": everyone()},
        {"segment_id": None},
        {"timezone": "Asia/Kolkata"},
        {"message": "Ho"},
    ]
    for change in changes:
        with pytest.raises(Conflict):
            ann.campaigns.update(campaign.id, **change)
    assert ann.campaigns.update(campaign.id, name="y").name == "y"
    ann.campaigns.pause(campaign.id)
    assert ann.campaigns.update(campaign.id, message="Ho").message == "Ho"
    assert ann.campaigns.resume(campaign.id).launched_at == launched.launched_at


def test_somebody_elses_campaign_isnt_there(ann: CampaignClient, ben: CampaignClient) -> None:
    hers = ann.campaigns.create("x", message="Hi", rules=everyone())
    for other in (hers.id, NOBODY):
        for name in NAMES:
            with pytest.raises(NotFound):
                move(ben, name, other)
        for name in ("get", "delete", "duplicate", "preflight", "history"):
            with pytest.raises(NotFound):
                getattr(ben.campaigns, name)(other)
        with pytest.raises(NotFound):
            ben.campaigns.update(other, name="y")
        with pytest.raises(NotFound):
            ben.campaigns.render(other, {"email": "a@example.com"})
        with pytest.raises(NotFound):
            next(ben.campaigns.audience(other))
        with pytest.raises(NotFound):
            next(ben.campaigns.render_audience(other))
    assert ben.campaigns.list() == []
    assert ann.campaigns.get(hers.id) == hers


def one_of(outcomes: list[object]) -> None:
    """One client launched it, and the others were told that they didn't."""
    won = [each for each in outcomes if isinstance(each, Campaign)]
    lost = [each for each in outcomes if isinstance(each, Conflict)]
    assert len(won) == 1
    assert len(lost) == len(outcomes) - 1


def test_eight_threads_launch_once(stack: LocalSupabase) -> None:
    with ExitStack() as contexts, ThreadPoolExecutor(8) as pool:
        clients = [contexts.enter_context(client_of(stack)) for _ in range(8)]
        user = sign_up(clients[0], "ann").auth.user
        assert user is not None
        for client in clients[1:]:
            client.auth.sign_in_with_password(str(user.email), PASSWORD)
        campaign = brought_to(clients[0], "draft")

        def launch(client: CampaignClient) -> object:
            try:
                return client.campaigns.launch(campaign.id)
            except CampaignError as error:
                return error

        one_of(list(pool.map(launch, clients)))
        assert len(clients[0].campaigns.history(campaign.id)) == 1


async def test_two_tasks_launch_once(stack: LocalSupabase) -> None:
    async with (
        AsyncCampaignClient(stack.url, stack.anon_key) as one,
        AsyncCampaignClient(stack.url, stack.anon_key) as two,
    ):
        user = await one.auth.sign_up(f"{uuid.uuid4().hex}@example.com", PASSWORD)
        await two.auth.sign_in_with_password(str(user.email), PASSWORD)
        campaign = await one.campaigns.create("x", message="Hi", rules=everyone())
        outcomes = await asyncio.gather(
            one.campaigns.launch(campaign.id),
            two.campaigns.launch(campaign.id),
            return_exceptions=True,
        )
        one_of(list(outcomes))
        assert len(await one.campaigns.history(campaign.id)) == 1
