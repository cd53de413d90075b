"""The token bucket: shared by all senders of a campaign, and kept across restarts."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from campaign_sdk.local import LocalSupabase

from .desk import Desk, Row, desk_of

RATE = 200.0
PART = 20


def test_a_part_waits_until_the_one_before_it_is_paid_for(desk: Desk) -> None:
    desk.contacts(10)
    campaign = desk.launched()
    claim = desk.claim(campaign)
    assert desk.begin(campaign, claim, 0, 5, rate=0.01)["state"] == "begun"
    waiting = desk.begin(campaign, claim, 5, 6, rate=0.01)
    assert waiting["state"] == "wait"
    assert 400 < waiting["retry_in"] <= 500
    assert desk.status(campaign)["pending"] == 5
    # Without a rate nothing is waited for, and nothing is taken.
    assert desk.begin(campaign, claim, 5, 6)["state"] == "begun"


def test_an_idle_hour_is_no_credit(desk: Desk) -> None:
    """Or whoever comes back after a pause would send all of it at once."""
    desk.contacts(10)
    campaign = desk.launched()
    claim = desk.claim(campaign)
    desk.begin(campaign, claim, 0, 1, rate=0.01)
    desk.rows("update public.campaign_rates set next_at = now() - interval '1 hour'")
    assert desk.begin(campaign, claim, 1, 6, rate=0.01)["state"] == "begun"
    waiting = desk.begin(campaign, claim, 6, 7, rate=0.01)
    assert waiting["state"] == "wait"
    # Less a tenth of a second's slack, and what the machine takes between the two.
    assert 400 < waiting["retry_in"] <= 500


@pytest.mark.parametrize("senders", [3])
def test_no_window_bursts_whoever_sends(still: LocalSupabase, desk: Desk, senders: int) -> None:
    """Over connections of their own, of which one after the other ends and begins anew."""
    desk.contacts(400)
    campaign = desk.launched(chunk=100)
    # When each was asked for, and when that was answered: what lies between is the machine's.
    moments: list[tuple[float, float]] = []

    def send(_: int) -> None:
        for _turn in range(2):
            with desk_of(still, desk.user_id) as other:
                claim = other.claim(campaign)
                work(other, claim)

    def work(other: Desk, claim: Row) -> None:
        place = claim["begun"] or 0
        while claim["state"] == "claimed" and place < claim["size"]:
            through = min(place + PART, claim["size"])
            asked = time.monotonic()
            begun = other.begin(campaign, claim, place, through, rate=RATE)
            if begun["state"] == "wait":
                time.sleep(begun["retry_in"])
                continue
            moments.extend([(asked, time.monotonic())] * len(begun["contact_ids"]))
            place = through

    with ThreadPoolExecutor(senders) as pool:
        list(pool.map(send, range(senders)))
    moments.sort()
    assert len(moments) == 400
    window = 1.0
    for start, _ in moments:
        inside = sum(start <= asked and answered < start + window for asked, answered in moments)
        # A part more than the rate, and a tenth of a second's slack.
        assert inside <= RATE * (window + 0.1) + 2 * PART
