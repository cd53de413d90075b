"""A promotion that is cut off in the middle: the rest gets the chosen arm, and nobody gets two."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from campaign_sdk import Campaign, CampaignClient, Variant, everyone
from clients import Mode
from deliveries import chaos

from .test_assignment import Post, people

NUMBER = 600
PROMOTE = """
import json, sys
from campaign_sdk import CampaignClient
given = json.loads(sys.argv[1])
with CampaignClient(given["url"], given["key"], access_token=given["token"]) as client:
    client.campaigns.promote(given["campaign"], "story")
"""
WAITING = """
    select pid from pg_stat_activity
    where wait_event_type = 'Lock' and query ilike '%campaigns%' and pid <> pg_backend_pid()
"""


def promoting(client: CampaignClient, campaign: UUID) -> subprocess.Popen[bytes]:
    given = json.dumps(chaos.orders(client, campaign, ""))
    return subprocess.Popen([sys.executable, "-c", PROMOTE, given])


def until(condition: Callable[[], Any], seconds: float = 120) -> Any:
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends
        time.sleep(0.02)
    return found


def waiting(db: psycopg.Connection) -> int | None:
    """The backend that waits for the campaign; a transaction would see what it saw at first."""
    db.execute("select pg_stat_clear_snapshot()")
    found = db.execute(WAITING).fetchone()
    return None if found is None else found[0]


def half_sent(client: CampaignClient, post: Post, mode: Mode) -> Campaign:
    """A campaign whose test is sent, and whose rest waits."""
    people(client, NUMBER)
    variants = [Variant("short", message="A"), Variant("story", message="B", weight=2)]
    made = client.campaigns.create(
        "T", subject="S", rules=everyone(), variants=variants, hold_out=0.1, test_share=0.4
    )
    launched = client.campaigns.launch(made.id)
    client.deliveries.send(made.id, post.sender(mode))
    return launched


def check_all_have_one(client: CampaignClient, campaign: UUID, test: Post, rest: Post) -> None:
    """Nobody of the test again, nobody lost, and the rest gets what was chosen."""
    keys = [message.key for message in (*test.taken, *rest.taken)]
    held = client.deliveries.status(campaign).held_out
    assert len(keys) == len(set(keys)) == NUMBER - held
    assert {(message.variant, message.text) for message in rest.taken} == {("story", "B")}


@pytest.mark.parametrize("mode", ["sync"])
@pytest.mark.parametrize("cut", ["client", "server"])
def test_cut_in_the_middle_of_the_statement(
    ann: CampaignClient, db: psycopg.Connection, mode: Mode, cut: str
) -> None:
    test, rest = Post(), Post()
    campaign = half_sent(ann, test, mode).id
    with db.transaction():
        db.execute("select from public.campaigns where id = %s for update", [campaign])
        process = promoting(ann, campaign)
        pid = until(lambda: waiting(db))
        if cut == "client":
            process.kill()
        else:
            db.execute("select pg_cancel_backend(%s)", [pid])
    process.wait(30)
    process.kill()
    assert ann.campaigns.get(campaign).promoted in (None, "story")
    assert ann.campaigns.promote(campaign, "story").promoted == "story"
    ann.deliveries.send(campaign, rest.sender(mode))
    check_all_have_one(ann, campaign, test, rest)


@pytest.mark.parametrize("mode", ["sync"])
def test_a_sender_of_the_rest_is_killed(ann: CampaignClient, mode: Mode) -> None:
    test, rest = Post(), Post()
    campaign = half_sent(ann, test, mode).id
    ann.campaigns.promote(campaign, "story")
    with chaos.vendor(delay=0.05) as address:
        worker = chaos.start(chaos.orders(ann, campaign, address, lease=1.0, size=20))
        until(lambda: sum(chaos.accepted(address)[0].values()) >= 60)
        worker.kill()
        worker.wait(30)
        first, _ = chaos.accepted(address)
    time.sleep(1.1)
    ann.deliveries.send(campaign, rest.sender(mode))
    status = ann.deliveries.status(campaign)
    keys = [*(message.key for message in (*test.taken, *rest.taken)), *first.elements()]
    assert len(keys) == len(set(keys))
    assert (status.pending, status.in_flight) == (0, 0)
    # Whoever is in doubt was in the one request that was under way, and isn't asked again.
    assert status.unknown <= 20
    assert status.sent + status.unknown + status.held_out == NUMBER
    assert len(keys) >= status.sent
    assert {message.variant for message in rest.taken} == {"story"}
