"""Whatever is killed and whatever fails: nobody gets two, and every doubt has a name.

On a small scale; `make chaos` runs it on that of a whole list.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from campaign_sdk import CampaignClient, LocalSupabase
from clients import client_of, sign_up

from .chaos import STATES, Scale, launched, orders, outcomes, receive_often, unleash

MANNERS = {"delay": 0.01, "error": 0.05, "cut": 0.03, "slow": 0.02, "pause": 1.4}
MODES = ("sync", "async", "sync", "async")


@pytest.fixture
def client(stack: LocalSupabase) -> Iterator[CampaignClient]:
    with client_of(stack) as client:
        yield sign_up(client, "chaos")


def test_nobody_gets_two_and_every_doubt_has_a_name(
    stack: LocalSupabase, client: CampaignClient
) -> None:
    scale = Scale(
        recipients=1_500,
        modes=MODES,
        kills=8,
        between=(0.05, 0.4),
        lease=1.0,
        size=10,
        manners=MANNERS,
    )
    campaign = launched(client, scale.recipients)
    seen = unleash(stack, client, campaign.id, scale)
    assert seen.killed == scale.kills
    assert seen.statuses > 20
    assert seen.broken == []
    assert [key for key, times in seen.accepted.items() if times > 1] == []
    assert seen.accepted.keys() - seen.with_outcome("sent", "unknown") == set()
    assert seen.with_outcome("sent") - seen.accepted.keys() == set()
    assert len(seen.outcomes) == campaign.audience_size == scale.recipients
    status = client.deliveries.status(campaign.id)
    assert (status.pending, status.in_flight) == (0, 0)
    assert status.unknown > 0

    given = orders(client, campaign.id, "")
    taken = sorted(seen.accepted)
    receive_often(given, taken)
    settled = outcomes(client, campaign.id)
    assert {key for key, outcome in settled.items() if outcome == "sent"} == set(taken)
    status = client.deliveries.status(campaign.id)
    assert sum(getattr(status, name) for name in STATES) == scale.recipients
    again = client.deliveries.receive([{"key": key, "type": "delivered"} for key in taken])
    assert (again.changed, again.repeated) == (0, len(taken))
    assert outcomes(client, campaign.id) == settled


def test_with_a_vendor_that_honours_keys_everybody_gets_one(
    stack: LocalSupabase, client: CampaignClient
) -> None:
    scale = Scale(
        recipients=400,
        modes=MODES,
        kills=3,
        between=(0.1, 0.5),
        lease=1.0,
        size=10,
        manners={**MANNERS, "honours_keys": True},
        unknown="retry",
        seed=1,
    )
    campaign = launched(client, scale.recipients)
    seen = unleash(stack, client, campaign.id, scale)
    assert seen.broken == []
    assert set(seen.accepted.values()) == {1}
    assert len(seen.accepted) == scale.recipients
    assert seen.with_outcome("sent") == seen.accepted.keys()
