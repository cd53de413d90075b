"""Batches side by side: every row once and the account exact, however an import ends."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from campaign_sdk import AsyncCampaignClient, CampaignClient, PermissionDenied
from campaign_sdk.contacts import ImportReport
from campaign_sdk.local import LocalSupabase
from clients import PASSWORD, client_of, sign_up

IMPORTER = Path(__file__).parent / "importer.py"
ROWS, BATCH = 6_000, 50


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("email,n\n" + "".join(f"p{n}@example.com,{n}\n" for n in range(ROWS)))
    return path


@pytest.fixture
def eve(stack: LocalSupabase) -> Iterator[CampaignClient]:
    with client_of(stack) as client:
        yield sign_up(client, "eve")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_process_that_ends_in_the_middle(
    stack: LocalSupabase, eve: CampaignClient, people: Path, end: signal.Signals
) -> None:
    assert eve.auth.user is not None
    command = [sys.executable, str(IMPORTER), stack.url, stack.anon_key, str(people)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([eve.auth.user.email, PASSWORD]) + "\n")
        process.stdin.flush()
        for _ in range(20):
            told = json.loads(process.stdout.readline())["created"]
        process.send_signal(end)
        rest, errors = process.communicate(timeout=60)
    before = eve.contacts.count()
    assert process.returncode != 0, errors
    if rest:
        told = json.loads(rest.splitlines()[-1])["created"]
    # What was told is stored; beside it no more than what was on its way.
    assert told <= before <= told + 4 * BATCH
    assert before < ROWS
    time.sleep(0.2)
    if end is signal.SIGINT:
        # It has waited for that, so nothing lands behind its back.
        assert eve.contacts.count() == before
    before = eve.contacts.count()
    report = eve.contacts.import_csv(people)
    assert (report.read, report.created, report.unchanged) == (ROWS, ROWS - before, before)
    emails = [contact.email for contact in eve.contacts.iterate()]
    assert len(emails) == len(set(emails)) == ROWS


class Refusing(httpx.BaseTransport):
    """Refuses the batch that holds a word, once so many others have been stored."""

    def __init__(self, word: bytes, after: int) -> None:
        self.inner = httpx.HTTPTransport()
        self.word, self.after = word, after
        self.stored = 0
        self.changed = threading.Condition()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("upsert_contacts"):
            return self.inner.handle_request(request)
        if self.word in request.read():
            with self.changed:
                assert self.changed.wait_for(lambda: self.stored >= self.after, 30)
            return httpx.Response(403, json={"code": "42501", "message": "no", "details": None})
        response = self.inner.handle_request(request)
        response.read()
        with self.changed:
            self.stored += 1
            self.changed.notify_all()
        return response

    def close(self) -> None:
        self.inner.close()


def test_a_batch_that_is_refused_hides_none_beside_it(
    stack: LocalSupabase, eve: CampaignClient, people: Path
) -> None:
    assert eve.auth.user is not None
    # The fifth batch is refused once the three behind it are stored.
    wire = Refusing(b'"p225@example.com"', after=4 + 3)
    reports: list[ImportReport] = []
    with CampaignClient(stack.url, stack.anon_key, transport=wire) as other:
        other.auth.sign_in_with_password(eve.auth.user.email or "", PASSWORD)
        with pytest.raises(PermissionDenied) as caught:
            other.contacts.import_csv(
                people, batch_size=BATCH, progress=lambda _d, _t, report: reports.append(report)
            )
    stored = eve.contacts.count()
    assert stored == 7 * BATCH == reports[-1].created
    assert f"{stored} contacts were stored before this" in "".join(caught.value.__notes__)
    report = eve.contacts.import_csv(people)
    assert (report.created, report.unchanged) == (ROWS - stored, stored)


def test_a_no_in_a_later_row_overtakes_nobody(
    ann: CampaignClient, tmp_path: Path, db: psycopg.Connection[Any]
) -> None:
    """Rows of one person, in batches side by side, of which a later one says no."""
    slow = re.sub(r"\W", "", tmp_path.name)
    # The first batch takes long: what opts out of it would come before it.
    db.execute(
        f"create function public.{slow}() returns trigger language plpgsql as "
        f"$$ begin if new.attributes ? '{slow}' then perform pg_sleep(0.3); end if; "
        "return new; end $$"
    )
    db.execute(
        f"create trigger {slow} before insert on public.contacts for each row "
        f"execute function public.{slow}()"
    )
    path = tmp_path / "people.csv"
    rows = ["email,unsubscribed_at," + slow, "first@example.com,,1", "q1@example.com,,"]
    rows += ["first@example.com,yes,", "q2@example.com,,", "q3@example.com,,"]
    rows += ["ä1@example.com,,", "q4@example.com,,", "Ä1@example.com,yes,", "q5@example.com,,"]
    path.write_text("\n".join(rows), encoding="utf-8")
    try:
        report = ann.contacts.import_csv(path, batch_size=2)
    finally:
        db.execute(f"drop function public.{slow}() cascade")
    assert (report.read, report.created, report.duplicate, report.opted_out) == (9, 7, 2, 2)
    gone = {each.email for each in ann.contacts.iterate() if each.unsubscribed_at}
    assert gone == {"first@example.com", "ä1@example.com"}


async def test_tasks_that_are_cancelled_leave_every_row_once(
    stack: LocalSupabase, eve: CampaignClient, people: Path
) -> None:
    assert eve.auth.user is not None
    async with AsyncCampaignClient(stack.url, stack.anon_key) as client:
        await client.auth.sign_in_with_password(eve.auth.user.email or "", PASSWORD)
        begun = asyncio.Event()
        importing = asyncio.create_task(
            client.contacts.import_csv(people, batch_size=BATCH, progress=lambda *_: begun.set())
        )
        await begun.wait()
        importing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await importing
        report = await client.contacts.import_csv(people)
    assert report.created + report.unchanged == ROWS == eve.contacts.count()
