"""The protocol under every order of events: a model says what may happen, and no more does."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_sdk.local import LocalSupabase

from .desk import Desk, Row, desk_of

MEMBERS = 7
STEPS = (
    *("claim", "begin", "begin", "sent", "failed", "unknown", "late", "expire", "retry"),
    *("give up", "unsubscribe", "delete", "pause", "receipt", "release", "again", "forge"),
)


@dataclass
class Work:
    """What one sender believes to have."""

    claim: Row
    place: int
    open: set[str] = field(default_factory=set)


@dataclass
class World:
    """The database, and beside it a model of what has been promised."""

    desk: Desk
    members: list[str]
    campaign: str
    work: list[Work] = field(default_factory=list)
    # Who may be handed over: nobody twice, unless it was decided that they wait again.
    waiting: set[str] = field(default_factory=set)
    handed: list[tuple[int, str]] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    paused: bool = False

    def check(self) -> None:
        outcomes = self.desk.outcomes(self.campaign)
        status = self.desk.status(self.campaign)
        assert status["audience_size"] == len(self.members)
        for name in ("sent", "failed", "skipped", "unknown"):
            assert status[name] == list(outcomes.values()).count(name)
        assert {who for who, outcome in outcomes.items() if outcome == "sent"} == self.sent
        # Whoever was handed over and has no outcome is in flight, not waiting.
        silent = {who for _, who in self.handed} - outcomes.keys() - self.waiting
        assert status["in_flight"] == len(silent)

    def begun(self, work: Work, answer: Row) -> None:
        if answer["state"] == "begun":
            assert not self.paused
            for who in answer["contact_ids"]:
                assert who not in self.gone
                assert who not in self.sent
                # The one promise.
                assert who in self.waiting
                self.waiting.discard(who)
                self.handed.append((work.claim["batch"], who))
                work.open.add(who)


Step = Callable[[World, int], None]


def claim(world: World, _: int) -> None:
    answer = world.desk.claim(world.campaign)
    if world.paused:
        assert answer["state"] == "paused"
    elif answer["state"] == "claimed":
        ids = set((answer["contacts"] or {"id": ()})["id"])
        assert ids <= world.waiting - world.gone
        world.work.append(Work(answer, answer["begun"]))


def begin(world: World, pick: int) -> None:
    if world.work:
        work = world.work[pick % len(world.work)]
        through = min(work.place + 1 + pick % 2, work.claim["size"])
        answer = world.desk.begin(world.campaign, work.claim, work.place, through)
        world.begun(work, answer)
        if answer["state"] == "begun":
            work.place = through


def again(world: World, pick: int) -> None:
    """The same request once more, when its answer was lost: nobody is begun with twice."""
    if world.work:
        work = world.work[pick % len(world.work)]
        before = max(work.place - 1, 0)
        answer = world.desk.begin(world.campaign, work.claim, before, work.place)
        if answer["state"] == "begun":
            assert set(answer["contact_ids"]) <= work.open


def settle(outcome: str) -> Step:
    def step(world: World, pick: int) -> None:
        busy = [work for work in world.work if work.open]
        if busy:
            work = busy[pick % len(busy)]
            who = sorted(work.open)[pick % len(work.open)]
            work.open.discard(who)
            note(world, work.claim["batch"], outcome, who)

    return step


def note(world: World, batch: int, outcome: str, who: str) -> None:
    before = world.desk.outcomes(world.campaign).get(who)
    world.desk.settle(world.campaign, batch, outcome, [who])
    if outcome == "sent":
        world.sent.add(who)
    if before is None or before == "unknown" or outcome == "sent":
        world.waiting.discard(who)
    after = world.desk.outcomes(world.campaign)[who]
    kept = before not in (None, "unknown") and outcome != "sent"
    assert after == (before if kept or before == "sent" else outcome)


def late(world: World, pick: int) -> None:
    """An answer that comes when everybody has given it up."""
    if world.handed:
        batch, who = world.handed[pick % len(world.handed)]
        note(world, batch, ("sent", "failed", "unknown")[pick % 3], who)


def expire(world: World, pick: int) -> None:
    batches = world.desk.rows(
        "update public.campaign_batches set leased_until = now() - interval '1 second'"
        " where campaign_id = %s and lease is not null and batch %% 2 = %s returning batch",
        world.campaign,
        pick % 2,
    )
    world.work = [
        work for work in world.work if work.claim["batch"] not in {row["batch"] for row in batches}
    ]


def resolve(decision: str) -> Step:
    def step(world: World, _: int) -> None:
        before = {who for who, it in world.desk.outcomes(world.campaign).items() if it == "unknown"}
        world.desk.row("select * from public.resolve_unknown(%s, %s)", world.campaign, decision)
        after = world.desk.outcomes(world.campaign)
        if decision == "retry":
            silent = {who for _, who in world.handed} - after.keys()
            flying = {who for work in world.work for who in work.open}
            world.waiting |= {who for who in before | silent if who not in after} - flying
        else:
            assert "unknown" not in after.values()

    return step


def unsubscribe(world: World, pick: int) -> None:
    who = world.members[pick % MEMBERS]
    world.desk.rows("select from public.unsubscribe_contact(%s)", who)
    world.gone.add(who)


def delete(world: World, pick: int) -> None:
    who = world.members[pick % MEMBERS]
    world.desk.db.execute("delete from public.contacts where id = %s", [who])
    world.gone.add(who)


def pause(world: World, _: int) -> None:
    name = "resume" if world.paused else "pause"
    world.desk.rows("select from public.move_campaign(%s, %s)", world.campaign, name)
    world.paused = not world.paused


def receipt(world: World, pick: int) -> None:
    if world.handed:
        _, who = world.handed[pick % len(world.handed)]
        given = {"campaign_id": world.campaign, "contact_id": who, "type": "delivered"}
        for _ in range(2):
            world.desk.row("select public.receive_receipts(%s)", json.dumps([given]))
        world.sent.add(who)
        world.waiting.discard(who)


def release(world: World, pick: int) -> None:
    """A sender that stops, and knows of half of what it has begun that it didn't leave."""
    if world.work:
        work = world.work.pop(pick % len(world.work))
        unsent = sorted(work.open)[::2]
        done = world.desk.row(
            "select public.release_batch(%s, %s, %s, %s::uuid[]) as ok",
            *(world.campaign, work.claim["batch"], work.claim["lease"], unsent),
        )
        if done["ok"]:
            world.waiting |= set(unsent) - world.desk.outcomes(world.campaign).keys()


def forge(world: World, pick: int) -> None:
    """What the owner writes by hand is refused, or leaves everything in order."""
    statements = (
        "update public.campaign_batches set begun = 0 where campaign_id = %s and begun > 0",
        "update public.campaign_batches set unknown = unknown + 1 where campaign_id = %s",
        "update public.campaign_batches set ahead = 1 where campaign_id = %s and ahead = 0",
        "update public.campaign_deliveries set outcome = 'failed', reason = 'x'"
        " where campaign_id = %s and outcome = 'sent'",
        "delete from public.campaign_deliveries where campaign_id = %s and outcome <> 'unknown'",
    )
    with suppress(psycopg.DatabaseError):
        done = world.desk.db.execute(statements[pick % len(statements)].encode(), [world.campaign])
        assert done.rowcount == 0


DO: dict[str, Step] = {
    "claim": claim,
    "begin": begin,
    "again": again,
    "sent": settle("sent"),
    "failed": settle("failed"),
    "unknown": settle("unknown"),
    "late": late,
    "expire": expire,
    "retry": resolve("retry"),
    "give up": resolve("failed"),
    "unsubscribe": unsubscribe,
    "delete": delete,
    "pause": pause,
    "receipt": receipt,
    "release": release,
    "forge": forge,
}


@given(
    chunk=st.integers(1, MEMBERS),
    plan=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 1000)), max_size=40),
)
@settings(max_examples=30)
def test_whatever_happens_in_whatever_order(
    still: LocalSupabase, chunk: int, plan: list[tuple[str, int]]
) -> None:
    with desk_of(still) as desk:
        members = desk.contacts(MEMBERS)
        world = World(desk, members, desk.launched(chunk=chunk), waiting=set(members))
        for name, pick in plan:
            DO[name](world, pick)
            world.check()
        finish(world)


def finish(world: World) -> None:
    """However it went: in the end nobody waits, and nobody is in flight."""
    if world.paused:
        pause(world, 0)
    for each in (0, 1):
        expire(world, each)
    for _ in range(4 * MEMBERS):
        answer = world.desk.claim(world.campaign)
        if answer["state"] != "claimed":
            assert answer["state"] == "done"
            break
        work = Work(answer, answer["begun"])
        begun = world.desk.begin(world.campaign, answer, work.place, answer["size"])
        world.begun(work, begun)
        world.desk.settle(world.campaign, answer["batch"], "sent", sorted(work.open))
        world.sent |= work.open
    status = world.desk.status(world.campaign)
    assert (status["pending"], status["in_flight"]) == (0, 0)
    world.check()


def refused(desk: Desk, code: str, query: str, *arguments: Any) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the code says which
        desk.rows(query, *arguments)
    assert getattr(caught.value, "sqlstate", None) == code, caught.value


def test_a_lease_that_is_over_begins_with_nothing(desk: Desk) -> None:
    desk.contacts(3)
    campaign = desk.launched()
    claim = desk.claim(campaign)
    desk.rows(
        "update public.campaign_batches set leased_until = now() where campaign_id = %s", campaign
    )
    assert desk.begin(campaign, claim, 0, 3)["state"] == "lost"
    other = desk.claim(campaign)
    assert desk.begin(campaign, claim, 0, 3)["state"] == "lost"
    assert len(desk.begin(campaign, other, 0, 3)["contact_ids"]) == 3


def test_a_lease_is_one_senders(desk: Desk) -> None:
    members = desk.contacts(3)
    campaign = desk.launched()
    claim = desk.claim(campaign)
    waiting = desk.claim(campaign)
    assert (waiting["state"], waiting["retry_in"]) == ("wait", 1)
    desk.begin(campaign, claim, 0, 3)
    assert desk.claim(campaign)["state"] == "wait"
    desk.settle(campaign, claim["batch"], "sent", members)
    assert desk.claim(campaign)["state"] == "done"


def test_who_is_no_member_has_no_outcome(desk: Desk) -> None:
    desk.contacts(3)
    campaign = desk.launched()
    [stranger] = desk.contacts(1)
    query = "select public.settle_send(%s, 1, %s)"
    outcome = json.dumps([{"contact_id": stranger, "outcome": "sent"}])
    refused(desk, "22023", query, campaign, outcome)
    row = "insert into public.campaign_deliveries (campaign_id, contact_id, batch, outcome)"
    refused(desk, "22023", f"{row} values (%s, %s, 1, 'sent')", campaign, stranger)
    refused(desk, "PT404", f"{row} values (%s, %s, 2, 'sent')", campaign, stranger)
    assert desk.status(campaign)["sent"] == 0


def test_an_outcome_by_hand_is_counted(desk: Desk) -> None:
    members = desk.contacts(3)
    campaign = desk.launched()
    row = "insert into public.campaign_deliveries (campaign_id, contact_id, batch, outcome)"
    desk.db.execute(f"{row} values (%s, %s, 1, 'sent')".encode(), [campaign, members[1]])
    assert desk.status(campaign)["sent"] == 1
    refused(desk, "23505", f"{row} values (%s, %s, 1, 'sent') returning 1", campaign, members[1])
    # Whoever goes through the batch passes over that member.
    claim = desk.claim(campaign)
    assert desk.begin(campaign, claim, 0, 3)["contact_ids"] == [members[0], members[2]]
    desk.status(campaign)


@pytest.mark.parametrize("seconds", [0, -1, 3601, None, float("nan"), float("inf")])
def test_what_is_no_lease_is_refused(desk: Desk, seconds: float | None) -> None:
    desk.contacts(1)
    refused(desk, "22023", "select public.claim_batch(%s, %s)", desk.launched(), seconds)


def test_only_an_active_campaign_is_claimed(desk: Desk) -> None:
    desk.contacts(1)
    draft = desk.row("insert into public.campaigns (name) values ('c') returning id")["id"]
    refused(desk, "CMP06", "select public.claim_batch(%s)", draft)
    campaign = desk.launched()
    claim = desk.claim(campaign)
    for move, state in (("pause", "paused"), ("complete", "completed"), ("archive", "archived")):
        desk.rows("select from public.move_campaign(%s, %s)", campaign, move)
        assert desk.claim(campaign)["state"] == state
        assert desk.begin(campaign, claim, 0, 1)["state"] == state
    refused(desk, "CMP06", "select public.resolve_unknown(%s, 'retry')", campaign)
    refused(desk, "22023", "select public.resolve_unknown(%s, 'hold')", campaign)


@pytest.mark.parametrize(
    "change",
    ["begun = 0", "sent = 1", "ahead = 1", "unknown = 1", "failed = 1", "skipped = 1"],
)
def test_neither_counts_nor_what_was_begun_are_written_by_hand(desk: Desk, change: str) -> None:
    desk.contacts(3)
    campaign = desk.launched()
    desk.begin(campaign, desk.claim(campaign), 0, 2)
    query = f"update public.campaign_batches set {change} where campaign_id = %s"
    refused(desk, "CMP07", query, campaign)
    refused(desk, "42501", "update public.campaign_batches set contact_ids = '{}'")


def test_what_was_sent_stays_sent(desk: Desk) -> None:
    members = desk.contacts(2)
    campaign = desk.launched()
    desk.begin(campaign, desk.claim(campaign), 0, 2)
    desk.settle(campaign, 1, "sent", members)
    change = "update public.campaign_deliveries set outcome = %s, reason = 'x'"
    for outcome in ("failed", "skipped", "unknown"):
        refused(desk, "CMP07", change, outcome)
    refused(desk, "CMP07", "delete from public.campaign_deliveries")
    assert desk.outcomes(campaign) == dict.fromkeys(members, "sent")


def test_doubts_are_not_taken_back_from_under_a_sender(desk: Desk) -> None:
    members = desk.contacts(3)
    campaign = desk.launched()
    desk.begin(campaign, desk.claim(campaign), 0, 2)
    desk.settle(campaign, 1, "unknown", members[:1])
    refused(desk, "CMP07", "delete from public.campaign_deliveries")
    resolved = desk.row("select * from public.resolve_unknown(%s, 'retry')", campaign)
    assert (resolved["resolved"], resolved["busy"]) == (0, 1)
