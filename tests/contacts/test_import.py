"""An import that the server doesn't survive, and listings longer than any answer."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from campaign_sdk import AsyncCampaignClient, ProtocolError, Unavailable, everyone, field
from campaign_sdk.contacts._import import ImportReport, Problem, Tally
from campaign_sdk.contacts._models import Stored
from campaign_sdk.contacts.files._plan import Row
from campaign_sdk.local import LocalSupabase
from clients import PASSWORD, Mode, client_of, sign_up
from wire import Both, answers, session


def row(line: int, email: str) -> Row:
    return Row(line, (), item={"email": email})


def test_a_report_adds_up() -> None:
    with pytest.raises(ValueError, match="add up"):
        ImportReport(read=2, created=1, updated=0, unchanged=0, duplicate=0, rejected=0)


def test_what_the_database_folds_is_a_duplicate() -> None:
    tally = Tally()
    [batch] = tally.batches([row(2, "a@b.cd"), row(3, "b@b.cd"), row(4, "a@b.cd")], 10)
    tally.stored(batch, Stored(created=1, updated=0, unchanged=0, rejected=(), reasons=()))
    report = tally.report()
    assert (report.read, report.created, report.duplicate) == (3, 1, 2)
    assert report.problems == (
        Problem(line=4, column="email", reason="the address stands in line 2 already"),
    )


def test_problems_dont_fill_the_memory() -> None:
    tally = Tally()
    rows = [row(n, "a@b.cd") for n in range(3_000)]
    [batch] = tally.batches(rows, 10)
    tally.stored(batch, Stored(created=1, updated=0, unchanged=0, rejected=(), reasons=()))
    assert tally.report().duplicate == 2_999
    assert len(tally.report().problems) == 1_000


def test_a_stack_that_is_killed_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("email,n\n" + "".join(f"c{n}@example.com,{n}\n" for n in range(500)))
    reports: list[ImportReport] = []

    def kill(_done: int, _total: int, report: ImportReport) -> None:
        reports.append(report)
        if len(reports) == 3:
            assert stack._server is not None
            assert stack._server._process is not None
            os.kill(stack._server._process.pid, signal.SIGKILL)

    data = tmp_path / "data"
    with LocalSupabase(data) as stack, client_of(stack) as client:
        sign_up(client, "ann")
        assert client.auth.user is not None
        email = client.auth.user.email
        with pytest.raises(Unavailable):
            client.contacts.import_csv(path, batch_size=50, progress=kill)
    with LocalSupabase(data) as stack, client_of(stack) as client:
        client.auth.sign_in_with_password(str(email), PASSWORD)
        before = client.contacts.count()
        assert 150 <= before < 500
        report = client.contacts.import_csv(path)
        assert report.read == 500
        assert (report.created, report.unchanged) == (500 - before, before)
        assert client.contacts.count() == 500


@pytest.mark.parametrize(("mode", "max_rows"), [("sync", 1_000), ("async", 100)])
def test_no_limit_of_the_server_cuts_a_listing(mode: Mode, max_rows: int) -> None:
    with LocalSupabase(max_rows=max_rows) as stack, client_of(stack, mode) as client:
        sign_up(client, "ann")
        client.contacts.upsert(
            {"email": f"c{n}@example.com", "attributes": {"n": n}} for n in range(2_501)
        )
        key = {"apikey": stack.service_key, "Authorization": f"Bearer {stack.service_key}"}
        cut = httpx.get(f"{stack.url}/rest/v1/contacts?select=id", headers=key).json()
        assert len(cut) == max_rows
        assert client.contacts.count() == 2_501
        for listing in (
            client.contacts.iterate(page_size=10_000),
            client.contacts.iterate(everyone()),
            client.segments.members((field("n") >= 0) & (field("n") < 9_999)),
        ):
            emails = [each.email for each in listing]
            assert len(emails) == len(set(emails)) == 2_501


def test_many_small_things_are_listed_whole(stack: LocalSupabase, db: psycopg.Connection) -> None:
    with client_of(stack) as client:
        user = sign_up(client, "ann").auth.user
        assert user is not None
        for table in ("audience_segments", "campaigns"):
            db.execute(
                f"insert into public.{table} (user_id, name) "
                "select %s, lpad(n::text, 4, '0') from generate_series(1, 1201) as n",
                [user.id],
            )
        names = [segment.name for segment in client.segments.list()]
        assert names == [f"{n:04}" for n in range(1, 1_202)]
        assert len(client.campaigns.list()) == 1_201
        assert len({campaign.id for campaign in client.campaigns.iterate(page_size=100)}) == 1_201


def test_a_cache_that_repeats_itself_is_no_endless_listing(mode: Mode) -> None:
    now = "2026-01-01T00:00:00Z"
    row = {"id": str(uuid.uuid4()), "name": "x", "email": "a@b.cd"}
    answer = httpx.Response(200, json=[{**row, "created_at": now, "updated_at": now}])
    handler, seen = answers(answer)
    both = Both(mode, handler, signed_in=session())
    with pytest.raises(ProtocolError, match="incomplete"):
        both.result(both.client.segments.list())
    assert len(seen) == 2
    if mode == "sync":
        with pytest.raises(ProtocolError, match="incomplete"):
            list(both.client.contacts.iterate(everyone()))
        assert len(seen) == 4


class Slow(io.RawIOBase):
    """A file that comes from afar."""

    def __init__(self, content: bytes) -> None:
        self._pieces = [content[:10], content[10:]]

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        time.sleep(0.2)
        return self._pieces.pop(0) if self._pieces and size else b""

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


async def test_a_slow_file_doesnt_stop_the_loop(stack: LocalSupabase) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async with AsyncCampaignClient(stack.url, stack.anon_key) as client:
        await client.auth.sign_up(f"slow-{uuid.uuid4().hex}@example.com", PASSWORD)
        ticking = asyncio.create_task(tick())
        report = await client.contacts.import_csv(Slow(b"email,x\na@example.com,1\n"))
        ticking.cancel()
    assert report.created == 1
    assert ticks > 20


def test_what_was_seen_is_known_by_its_hash() -> None:
    tally = Tally()
    rows = [row(n, f"c{n % 9_000}@b.cd") for n in range(12_000)]
    bodies = [json.loads(batch.body) for batch in tally.batches(rows, 500)]
    assert {len(body["contacts"]) for body in bodies} == {500}
    sent = [contact["email"] for body in bodies for contact in body["contacts"]]
    assert sent == [f"c{n}@b.cd" for n in range(9_000)]
    assert tally.duplicate == 3_000
    problem = tally.report().problems[0]
    assert (problem.line, problem.reason) == (9_000, "the address stands in line 0 already")
