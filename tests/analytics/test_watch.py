"""Watching a campaign: nothing is missed, and nothing of anybody else's is seen."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, closing
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from realtime import AsyncRealtimeClient, RealtimeSubscribeStates
from realtime.types import PostgresChangesPayload, RealtimePostgresChangesListenEvent
from yarl import URL

from analytics.realtime_server import Realtime, realtime
from campaign_sdk import (
    AsyncCampaignClient,
    CampaignClient,
    Engagement,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    Unavailable,
)
from campaign_sdk._core import exchange
from campaign_sdk.analytics import _realtime
from campaign_sdk.local import LocalSupabase
from clients import PASSWORD, client_of, sign_up

MIGRATIONS = Path(__file__).parents[2] / "supabase" / "migrations"
REALTIME_SCHEMA = """
    create schema realtime;
    grant usage on schema realtime to authenticated;
    create table realtime.messages (topic text);
    alter table realtime.messages enable row level security;
    grant select on realtime.messages to authenticated;
    create function realtime.topic() returns text language sql stable
      as $$ select nullif(current_setting('realtime.topic', true), '') $$;
    grant execute on function realtime.topic() to authenticated;
    insert into realtime.messages (topic) values ('any');
"""
REALTIME = next(MIGRATIONS.glob("*_realtime.sql"))
QUICK = 0.05
# So long that whatever comes earlier was rung for.
NEVER = 3_000.0
PATIENCE = 10.0


class Switch(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A wire that a test cuts."""

    def __init__(self) -> None:
        self.inner = httpx.HTTPTransport()
        self.async_inner = httpx.AsyncHTTPTransport()
        self.is_cut = False
        self.refused = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._check(request)
        return self.inner.handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._check(request)
        return await self.async_inner.handle_async_request(request)

    def _check(self, request: httpx.Request) -> None:
        if self.is_cut:
            self.refused += 1
            raise httpx.ConnectError("cut", request=request)

    def close(self) -> None:
        self.inner.close()

    async def aclose(self) -> None:
        await self.async_inner.aclose()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_realtime, "HEARTBEAT", 0.2)
    monkeypatch.setattr(_realtime, "_SHORTEST_WAIT", 0.02)
    # Of the wire below, whose own tests these aren't.
    monkeypatch.setattr(exchange, "_RETRIES", 0)


@pytest.fixture
def writer(stack: LocalSupabase) -> Iterator[CampaignClient]:
    """Another client of the same person."""
    with client_of(stack) as client:
        yield sign_up(client, "wilma")


@pytest.fixture
async def server(stack: LocalSupabase) -> AsyncIterator[Realtime]:
    async with realtime(stack.anon_key) as running:
        yield running


@asynccontextmanager
async def same_person(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime | None = None, **options: Any
) -> AsyncIterator[AsyncCampaignClient]:
    async with AsyncCampaignClient(stack.url, stack.anon_key, **options) as client:
        user = writer.auth.user
        assert user is not None
        await client.auth.sign_in_with_password(user.email or "", PASSWORD)
        if server is not None:
            client.supabase.realtime_url = URL(server.url)
        yield client


def user_of(client: CampaignClient) -> str:
    user = client.auth.user
    assert user is not None
    return str(user.id)


class Watcher:
    """Somebody who watches beside the test."""

    def __init__(self, watching: AsyncIterator[Engagement]) -> None:
        self.seen: list[Engagement] = []
        self._news = asyncio.Condition()
        self.task = asyncio.create_task(self._follow(watching))

    async def _follow(self, watching: AsyncIterator[Engagement]) -> None:
        async for counts in watching:
            self.seen.append(counts)
            async with self._news:
                self._news.notify_all()

    async def sees(self, *, clicks: int) -> None:
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: self.seen and self.seen[-1].clicks == clicks)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@asynccontextmanager
async def watching(client: AsyncCampaignClient, campaign: UUID) -> AsyncIterator[Watcher]:
    """Watch, from the snapshot on."""
    watcher = Watcher(client.analytics.watch(campaign, interval=QUICK))
    try:
        await watcher.sees(clicks=0)
        yield watcher
    finally:
        await watcher.stop()


# Asking


def test_it_begins_with_a_snapshot_and_goes_on_with_each_change(ann: CampaignClient) -> None:
    campaign = ann.campaigns.create("Seen").id
    ann.analytics.record(campaign, impressions=10)
    watching = ann.analytics.watch(campaign, interval=QUICK)
    assert next(watching).impressions == 10
    for clicks in (1, 2, 3):
        ann.analytics.record(campaign, clicks=1)
        assert next(watching).clicks == clicks


def test_what_another_client_does_is_seen(stack: LocalSupabase, writer: CampaignClient) -> None:
    campaign = writer.campaigns.create("Shared").id
    with CampaignClient(stack.url, stack.anon_key) as watcher:
        assert writer.auth.user is not None
        watcher.auth.sign_in_with_password(writer.auth.user.email or "", PASSWORD)
        with closing(watcher.analytics.watch(campaign, interval=QUICK)) as watching:
            assert next(watching).clicks == 0
            writer.analytics.ingest([click(campaign)])
            assert next(watching).clicks == 1


def test_the_end_of_the_campaign_is_the_end_of_watching(ann: CampaignClient) -> None:
    campaign = ann.campaigns.create("Short").id
    watching = ann.analytics.watch(campaign, interval=QUICK)
    next(watching)
    ann.campaigns.delete(campaign)
    with pytest.raises(NotFound):
        next(watching)


def test_nobody_watches_what_is_somebody_elses(ann: CampaignClient, ben: CampaignClient) -> None:
    theirs = ben.campaigns.create("Theirs").id
    for campaign in (theirs, uuid4()):
        with pytest.raises(NotFound):
            next(ann.analytics.watch(campaign))


@pytest.mark.parametrize("interval", [0, -1, 0.01, 1e9, float("nan"), True, "often"])
def test_an_interval_that_makes_no_sense_is_refused(ann: CampaignClient, interval: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        next(ann.analytics.watch(uuid4(), interval=interval))
    assert caught.value.path == "interval"


def test_while_the_server_is_away_it_waits_longer_each_time(
    stack: LocalSupabase, writer: CampaignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = writer.campaigns.create("Away").id
    switch, slept = Switch(), list[float]()
    with CampaignClient(stack.url, stack.anon_key, transport=switch) as watcher:
        assert writer.auth.user is not None
        watcher.auth.sign_in_with_password(writer.auth.user.email or "", PASSWORD)
        watching = watcher.analytics.watch(campaign, interval=QUICK)
        next(watching)

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 9:
                switch.is_cut = False

        writer.analytics.record(campaign, clicks=1)
        switch.is_cut = True
        monkeypatch.setattr("campaign_sdk.analytics._watch.time.sleep", sleep)
        assert next(watching).clicks == 1
    backoff = [seconds for seconds in slept if seconds >= 0.5]
    assert backoff[:7] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]


def test_without_an_answer_to_begin_with_it_says_so(
    stack: LocalSupabase, writer: CampaignClient
) -> None:
    switch = Switch()
    with CampaignClient(stack.url, stack.anon_key, transport=switch) as watcher:
        assert writer.auth.user is not None
        watcher.auth.sign_in_with_password(writer.auth.user.email or "", PASSWORD)
        switch.is_cut = True
        with pytest.raises(Unavailable):
            next(watcher.analytics.watch(uuid4()))


# Being told


@pytest.fixture
def only_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks without being rung for."""
    monkeypatch.setattr(_realtime, "RECHECK", NEVER)


@pytest.mark.usefixtures("only_told")
async def test_a_change_is_told_by_realtime(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    campaign = writer.campaigns.create("Told").id
    async with same_person(stack, writer, server) as client, watching(client, campaign) as watcher:
        await server.until(lambda: len(server.sockets) == 1)
        # The subscription itself rings once: the second change stands on being told.
        for clicks in (1, 2):
            writer.analytics.record(campaign, clicks=1)
            assert await server.changed(row_of(campaign), readers={user_of(writer)}) == 1
            await watcher.sees(clicks=clicks)


@pytest.mark.usefixtures("only_told")
async def test_what_happens_before_the_subscription_stands_is_found(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    campaign = writer.campaigns.create("Early").id
    server.hold_subscriptions()
    async with same_person(stack, writer, server) as client, watching(client, campaign) as watcher:
        await server.until(lambda: server.joins == 1)
        writer.analytics.record(campaign, clicks=1)
        server.release_subscriptions()
        await watcher.sees(clicks=1)


@pytest.mark.usefixtures("only_told")
async def test_whoever_reads_while_the_subscription_comes_about_reads_again(
    stack: LocalSupabase, server: Realtime
) -> None:
    bell = _realtime.RealtimeBell(server.url, stack.anon_key, lambda: None, str(uuid4()), QUICK)
    async with bell, asyncio.timeout(PATIENCE):
        while not bell._is_listening:
            await asyncio.sleep(0.01)
        await bell.wait()


@pytest.mark.usefixtures("only_told")
async def test_three_dropped_sockets_and_a_new_token_lose_nothing(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    campaign = writer.campaigns.create("Dropped").id
    async with same_person(stack, writer, server) as client, watching(client, campaign) as watcher:
        for drops in range(3):
            await server.until(lambda: server.sockets)
            server.cut()
            # While nobody is connected, so that nobody is told.
            writer.analytics.record(campaign, clicks=1)
            await watcher.sees(clicks=drops + 1)
        await server.until(lambda: server.joins == 4 and server.sockets)
        await refresh(client)
        await server.until(lambda: server.sockets[0].tokens[-1:] == [token_of(client)])
        for clicks in (4, 5):
            writer.analytics.record(campaign, clicks=1)
            assert await server.changed(row_of(campaign), readers={user_of(writer)}) == 1
            await watcher.sees(clicks=clicks)
        assert server.joins == 4


async def test_the_token_is_the_users_so_that_policies_apply(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    campaign = writer.campaigns.create("Private").id
    async with same_person(stack, writer, server) as client, watching(client, campaign):
        await server.until(lambda: server.sockets)
        assert server.sockets[0].user == user_of(writer)
        assert await server.changed(row_of(campaign), readers={"somebody else"}) == 0
        assert await server.changed(row_of(uuid4()), readers={user_of(writer)}) == 0


async def test_a_refused_join_is_tried_again(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    campaign = writer.campaigns.create("Refused").id
    server.rejects = 2
    async with same_person(stack, writer, server) as client, watching(client, campaign):
        await server.until(lambda: server.joins == 3 and server.sockets)


@pytest.mark.parametrize("kinds", [{True}, {False}, {True, False}])
async def test_a_channel_is_private_where_that_is_possible(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime, kinds: set[bool]
) -> None:
    """Without our policy a project refuses private channels; one may refuse public ones."""
    campaign = writer.campaigns.create("Private").id
    server.kinds = kinds
    async with same_person(stack, writer, server) as client, watching(client, campaign):
        await server.until(lambda: server.sockets)
        assert server.sockets[0].is_private == (True in kinds)
        assert server.joins == (1 if True in kinds else 2)
        assert server.sockets[0].topic == f"realtime:campaign_analytics:{campaign}"


async def test_a_connection_without_signs_of_life_is_left(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    campaign = writer.campaigns.create("Dead").id
    server.is_deaf = True
    async with same_person(stack, writer, server) as client, watching(client, campaign):
        await server.until(lambda: server.joins >= 2)
        assert server.heartbeats


async def test_signs_of_life_go_on_while_much_is_heard(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    campaign = writer.campaigns.create("Busy").id
    async with same_person(stack, writer, server) as client, watching(client, campaign):
        await server.until(lambda: server.sockets)
        async with asyncio.timeout(PATIENCE):
            while server.heartbeats < 3:
                await server.changed(row_of(campaign), readers={user_of(writer)})
                await asyncio.sleep(0.01)
        assert server.joins == 1


async def test_signs_of_life_keep_a_quiet_connection(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    campaign = writer.campaigns.create("Quiet").id
    async with same_person(stack, writer, server) as client, watching(client, campaign):
        await server.until(lambda: server.heartbeats >= 4)
        assert server.joins == 1


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("phx_close", {}),
        ("phx_error", {}),
        (
            "system",
            {"extension": "postgres_changes", "status": "error", "message": "x", "channel": "c"},
        ),
        ("nonsense", "not an object"),
    ],
)
@pytest.mark.usefixtures("only_told")
async def test_whatever_the_server_says_the_watch_goes_on(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime, event: str, payload: Any
) -> None:
    campaign = writer.campaigns.create("Noise").id
    async with same_person(stack, writer, server) as client, watching(client, campaign) as watcher:
        await server.until(lambda: server.sockets)
        await server.sockets[0].send(event, payload)
        await server.until(lambda: server.joins == 2 and server.sockets)
        for clicks in (1, 2):
            writer.analytics.record(campaign, clicks=1)
            await server.changed(row_of(campaign), readers={user_of(writer)})
            await watcher.sees(clicks=clicks)


@pytest.mark.usefixtures("only_told")
async def test_what_others_broadcast_changes_nothing(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    """Whatever they write into it: a broadcast isn't the server's word."""
    campaign = writer.campaigns.create("Loud").id
    async with same_person(stack, writer, server) as client, watching(client, campaign) as watcher:
        await server.until(lambda: server.sockets)
        socket = server.sockets[0]
        await socket.send("broadcast", {"status": "error", "event": "x", "payload": {}})
        await socket.send("presence_state", {"status": "error"})
        other = {"status": "error", "response": {}}
        await socket.connection.send(
            json.dumps({"event": "phx_reply", "topic": "another", "payload": other, "ref": "9"})
        )
        writer.analytics.record(campaign, clicks=1)
        assert await server.changed(row_of(campaign), readers={user_of(writer)}) == 1
        await watcher.sees(clicks=1)
        assert server.joins == 1


async def test_a_given_token_joins(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    """With the public key in its place the policies let nothing through, for ever."""
    campaign = writer.campaigns.create("By token").id
    token = token_of(writer)
    async with AsyncCampaignClient(stack.url, stack.anon_key, access_token=token) as client:
        client.supabase.realtime_url = URL(server.url)
        async with watching(client, campaign):
            await server.until(lambda: server.sockets)
            assert server.sockets[0].token == token
            assert server.sockets[0].user == user_of(writer)


async def test_where_realtime_is_not_there_it_asks(
    stack: LocalSupabase, writer: CampaignClient
) -> None:
    campaign = writer.campaigns.create("Local").id
    async with same_person(stack, writer) as client, watching(client, campaign) as watcher:
        for clicks in (1, 2):
            writer.analytics.record(campaign, clicks=1)
            await watcher.sees(clicks=clicks)


async def test_the_end_of_the_session_is_the_end_of_watching(
    stack: LocalSupabase, writer: CampaignClient
) -> None:
    campaign = writer.campaigns.create("Over").id
    async with same_person(stack, writer) as client, watching(client, campaign) as watcher:
        await client.auth.sign_out()
        with pytest.raises(NotAuthenticated):
            async with asyncio.timeout(PATIENCE):
                await watcher.task


async def test_stopping_says_goodbye_and_leaves_nothing_behind(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    campaign = writer.campaigns.create("Stopped").id
    async with same_person(stack, writer, server) as client:
        before = asyncio.all_tasks()
        async with aclosing(client.analytics.watch(campaign, interval=QUICK)) as counts:
            await anext(counts)
            writer.analytics.record(campaign, clicks=1)
            await anext(counts)
            await server.until(lambda: server.sockets)
        await server.until(lambda: server.goodbyes == 1 and not server.sockets)
        assert not [task for task in asyncio.all_tasks() - before if "RealtimeBell" in repr(task)]


def test_realtime_is_enabled_where_it_exists(db: psycopg.Connection) -> None:
    published = "select tablename from pg_publication_tables where pubname = 'supabase_realtime'"
    with db.transaction(force_rollback=True):
        db.execute("create publication supabase_realtime")
        for _ in range(2):
            db.execute(REALTIME.read_bytes())
            assert db.execute(published).fetchall() == [("campaign_analytics",)]


def test_only_its_owner_joins_a_campaigns_channel(
    db: psycopg.Connection, ann: CampaignClient, ben: CampaignClient
) -> None:
    """The schema as Realtime makes it: the topic is a setting of the connection that asks."""
    own = f"campaign_analytics:{ann.campaigns.create('Heard').id}"
    with db.transaction(force_rollback=True):
        db.execute(REALTIME_SCHEMA)
        for _ in range(2):
            db.execute(REALTIME.read_bytes())
        db.execute("set local role authenticated")
        for person, topic in product((ann, ben), (own, f"{own}0", own.upper(), "any", "")):
            claims = json.dumps({"sub": user_of(person), "role": "authenticated"})
            db.execute("select set_config('request.jwt.claims', %s, true)", [claims])
            db.execute("select set_config('realtime.topic', %s, true)", [topic])
            may_listen = db.execute("select from realtime.messages").fetchall() != []
            assert may_listen == (person is ann and topic == own)


# The server of these tests


async def test_supabases_own_client_understands_it(
    stack: LocalSupabase, writer: CampaignClient, server: Realtime
) -> None:
    campaign = uuid4()
    subscribed, heard = asyncio.Event(), asyncio.Queue[PostgresChangesPayload]()
    theirs = AsyncRealtimeClient(f"{server.url}", token=stack.anon_key)
    await theirs.set_auth(token_of(writer))
    channel = theirs.channel("any")
    channel.on_postgres_changes(
        RealtimePostgresChangesListenEvent.All,
        heard.put_nowait,
        table="campaign_analytics",
        filter=f"campaign_id=eq.{campaign}",
    )

    def note(state: RealtimeSubscribeStates, _error: Exception | None) -> None:
        if state == RealtimeSubscribeStates.SUBSCRIBED:
            subscribed.set()

    await channel.subscribe(note)
    async with asyncio.timeout(PATIENCE):
        await subscribed.wait()
        await server.changed(row_of(campaign), readers={user_of(writer)})
        payload = await heard.get()
    assert payload["data"]["record"] == row_of(campaign)
    await theirs.remove_all_channels()
    await theirs.close()


def click(campaign: UUID) -> dict[str, Any]:
    return {
        "campaign_id": campaign,
        "event_id": str(uuid4()),
        "type": "click",
        "occurred_at": datetime.now(UTC),
    }


def row_of(campaign: UUID) -> dict[str, Any]:
    return {"campaign_id": str(campaign), "clicks": 1}


def token_of(client: Any) -> str:
    token = client._connection.keeper.token
    assert isinstance(token, str)
    return token


async def refresh(client: AsyncCampaignClient) -> None:
    """Get a new token; within one second the server makes the same one again."""
    before = token_of(client)
    async with asyncio.timeout(PATIENCE):
        while token_of(client) == before:
            await client.auth.refresh()


def test_a_name_that_is_never_found_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event loop that ends waits for its own look-ups, and those have no end."""
    over, ended = threading.Event(), []

    def find(*_: object, **__: object) -> list[Any]:
        over.wait(20)
        ended.append("found")
        return []

    async def main() -> None:
        url = "wss://slow.example.com/realtime/v1"
        async with _realtime.RealtimeBell(url, "key", lambda: None, str(uuid4()), QUICK) as bell:
            await bell.wait()

    monkeypatch.setattr(socket, "getaddrinfo", find)
    asyncio.run(main())
    assert ended == []
    over.set()
