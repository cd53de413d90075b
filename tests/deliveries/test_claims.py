"""A claim that begins with a first part, gives back what is done, and can be repeated."""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import Any

import psycopg
import pytest

from campaign_sdk.local import LocalSupabase

from .desk import Desk, Row, desk_of


def claim(desk: Desk, campaign: str, **given: Any) -> Row:
    """Claim as `send` does."""
    if given.get("outcomes") is not None:
        given["outcomes"] = json.dumps(given["outcomes"])
    names = "".join(f", {name} => %s" for name in given)
    return desk.row(
        "select state, retry_in, batch, lease::text, begun, size, contacts, part, through, skipped,"
        f" left_out::text[] from public.claim_batch(%s{names})",
        *(campaign, *given.values()),
    )


def sent(ids: list[str]) -> list[Row]:
    return [{"contact_id": who, "outcome": "sent"} for who in ids]


def members(answer: Row) -> list[str]:
    return list(answer["contacts"]["id"])


def test_a_first_part_is_begun_with_the_claim(desk: Desk) -> None:
    people = desk.contacts(10)
    campaign = desk.launched()
    desk.rows(
        "update public.contacts set unsubscribed_at = now() where id = any (%s::uuid[])", people[:2]
    )
    answer = claim(desk, campaign, size=3)
    # Two stand before the three who can be written to.
    assert (answer["part"], answer["through"], answer["skipped"]) == ("begun", 5, 2)
    assert (members(answer), sorted(answer["left_out"])) == (people[2:], people[:2])
    status = desk.status(campaign)
    assert (status["in_flight"], status["skipped"], status["pending"]) == (3, 2, 5)
    begun = desk.begin(campaign, answer, 5, 8, outcomes=sent(people[2:5]))
    assert begun["contact_ids"] == people[5:8]


def test_the_last_part_goes_to_the_end_of_the_batch(desk: Desk) -> None:
    people = desk.contacts(5)
    campaign = desk.launched()
    desk.rows("update public.contacts set unsubscribed_at = now() where id = %s", people[4])
    answer = claim(desk, campaign, size=4)
    assert (answer["through"], answer["left_out"], answer["skipped"]) == (5, [people[4]], 1)
    assert desk.status(campaign)["pending"] == 0


def test_a_part_ends_where_another_begins(desk: Desk) -> None:
    desk.contacts(5)
    campaign = desk.launched()
    answer = claim(desk, campaign, size=4)
    assert (answer["through"], desk.status(campaign)["pending"]) == (4, 1)


def test_a_batch_of_nobody_has_no_columns(desk: Desk) -> None:
    people = desk.contacts(2)
    campaign = desk.launched()
    desk.rows(
        "update public.contacts set unsubscribed_at = now() where id = any (%s::uuid[])", people
    )
    claimed = desk.claim(campaign)
    assert (claimed["state"], claimed["contacts"], claimed["size"]) == ("claimed", None, 2)


def test_a_claim_whose_answer_was_lost_is_repeated(desk: Desk) -> None:
    people = desk.contacts(10)
    campaign, lease = desk.launched(), str(uuid.uuid4())
    first = claim(desk, campaign, size=4, lease=lease)
    desk.rows("update public.contacts set unsubscribed_at = now() where id = %s", people[1])
    again = claim(desk, campaign, size=4, lease=lease)
    assert (again["batch"], again["lease"], again["begun"]) == (first["batch"], lease, 0)
    assert members(first) == people
    assert members(again) == [who for who in people if who != people[1]]
    status = desk.status(campaign)
    # Nobody is in doubt for it, and the part is still one: of four who can be written to.
    assert (status["unknown"], status["in_flight"], status["skipped"]) == (0, 4, 1)
    assert again["through"] == 5
    # After some outcomes it goes on with whoever has none.
    desk.settle(campaign, first["batch"], "sent", [people[2]])
    left = [people[0], *people[3:]]
    assert members(claim(desk, campaign, size=4, lease=lease)) == left
    assert desk.status(campaign)["unknown"] == 0


def test_a_lease_that_was_lost_is_not_repeated(desk: Desk) -> None:
    desk.contacts(4)
    campaign, lease = desk.launched(), str(uuid.uuid4())
    claim(desk, campaign, size=2, lease=lease, seconds=0.1)
    time.sleep(0.15)
    again = claim(desk, campaign, size=2, lease=lease)
    assert (again["begun"], len(members(again))) == (2, 2)
    assert desk.status(campaign)["unknown"] == 2


def test_what_is_done_is_given_back_with_the_claim(desk: Desk) -> None:
    people = desk.contacts(4)
    campaign = desk.launched(chunk=2)
    first = claim(desk, campaign, size=2)
    done = {"done": first["batch"], "done_lease": first["lease"]}
    second = claim(desk, campaign, size=2, **done, outcomes=sent(people[:1]))
    assert second["batch"] != first["batch"]
    # Who was begun with and isn't told of is in doubt.
    assert desk.outcomes(campaign) == {people[0]: "sent", people[1]: "unknown"}
    assert claim(desk, campaign, **done, outcomes=sent(people[:2]))["state"] == "wait"
    assert desk.outcomes(campaign)[people[1]] == "sent"
    done = {"done": second["batch"], "done_lease": second["lease"]}
    assert claim(desk, campaign, **done, outcomes=sent(people[2:]))["state"] == "done"
    assert desk.status(campaign)["sent"] == 4


def test_what_is_done_is_noted_when_the_campaign_is_paused(desk: Desk) -> None:
    people = desk.contacts(2)
    campaign = desk.launched()
    first = claim(desk, campaign, size=2)
    desk.rows("select from public.move_campaign(%s, 'pause')", campaign)
    done = {"done": first["batch"], "done_lease": first["lease"], "outcomes": sent(people)}
    assert claim(desk, campaign, size=2, **done)["state"] == "paused"
    assert desk.status(campaign)["sent"] == 2


def test_a_rate_holds_for_a_first_part(desk: Desk) -> None:
    desk.contacts(4)
    campaign = desk.launched(chunk=2)
    assert claim(desk, campaign, size=2, rate=1.0)["part"] == "begun"
    waiting = claim(desk, campaign, size=2, rate=1.0)
    assert (waiting["state"], waiting["part"]) == ("claimed", "wait")
    assert 0 < waiting["retry_in"] <= 2
    assert desk.status(campaign)["pending"] == 2


@pytest.mark.parametrize("size", [0, -1, 1001])
def test_a_part_has_a_size(desk: Desk, size: int) -> None:
    desk.contacts(1)
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        claim(desk, desk.launched(), size=size)


def test_nobody_gives_anothers_batch_back(still: LocalSupabase, desk: Desk) -> None:
    [who] = desk.contacts(1)
    campaign = desk.launched()
    held = claim(desk, campaign, size=1)
    done = {"done": held["batch"], "done_lease": held["lease"], "outcomes": sent([who])}
    with desk_of(still) as stranger:
        own = stranger.launched() if stranger.contacts(1) else ""
        for given in (campaign, own):
            with pytest.raises(psycopg.Error):
                claim(stranger, given, **done)
        assert stranger.status(own)["pending"] == 1
    status = desk.status(campaign)
    assert (status["in_flight"], status["sent"]) == (1, 0)


def test_two_hundred_unsubscribe_while_it_is_sent(still: LocalSupabase, desk: Desk) -> None:
    people = desk.contacts(600)
    campaign = desk.launched(chunk=100)
    gone: dict[str, float] = {}

    def unsubscribe() -> None:
        with desk_of(still, desk.user_id) as other:
            for who in people[2::3]:
                other.rows("update public.contacts set unsubscribed_at = now() where id = %s", who)
                gone[who] = time.monotonic()

    leaving = threading.Thread(target=unsubscribe)
    handed: dict[str, float] = {}
    first = desk.claim(campaign)
    leaving.start()
    for number in range(6):
        held = desk.claim(campaign) if number else first
        for after in range(0, held["size"], 5):
            asked = time.monotonic()
            begun = desk.begin(campaign, held, after, after + 5)
            assert not handed.keys() & set(begun["contact_ids"])
            handed |= dict.fromkeys(begun["contact_ids"], asked)
            desk.settle(campaign, held["batch"], "sent", begun["contact_ids"])
    leaving.join()
    assert len(gone) == 200
    late = [who for who in handed.keys() & gone.keys() if handed[who] > gone[who]]
    assert late == []
    # Whoever left before their part was begun, also if that was after the claim, is skipped.
    status = desk.status(campaign)
    assert (status["sent"], status["sent"] + status["skipped"]) == (len(handed), 600)
    assert status["skipped"] > 0
