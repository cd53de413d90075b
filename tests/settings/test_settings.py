"""Caps and quiet hours as they are set."""

from __future__ import annotations

from typing import Any

import pytest

from campaign_sdk import CampaignClient, Cap, InvalidInput, Quiet, SendingSettings


def test_there_are_none_at_first(ann: CampaignClient) -> None:
    assert ann.settings.get() == ann.settings.update() == SendingSettings()


def test_each_is_set_and_taken_away_by_itself(ann: CampaignClient, ben: CampaignClient) -> None:
    cap, quiet = Cap(3, days=7), Quiet("21:00", "08:00")
    assert ann.settings.update(cap=cap).cap == cap
    both = ann.settings.update(quiet=quiet)
    assert (both.cap, both.quiet) == (cap, quiet)
    assert ann.settings.get() == both
    assert ben.settings.get() == SendingSettings()
    assert ann.settings.update(cap=None).quiet == quiet
    assert ann.settings.update(quiet=None).quiet is None


@pytest.mark.parametrize(
    ("make", "path"),
    [
        *((lambda n=n: Cap(n), "cap.messages") for n in (0, -1, 1_001, "3", 2.5, True)),
        *((lambda n=n: Cap(1, days=n), "cap.days") for n in (0, 367, None)),
        *((lambda t=t: Quiet(t, "08:00"), "quiet.start") for t in ("24:00", "8:00", "x", "", 8)),
        *((lambda t=t: Quiet("21:00", t), "quiet.end") for t in ("08:60", "08:00:30", None)),
        (lambda: Quiet("08:00", "08:00"), "quiet.end"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make()
    assert caught.value.path == path


@pytest.mark.parametrize("given", [{"cap": 3}, {"quiet": ("21:00", "08:00")}, {"cap": "3/7"}])
def test_only_cap_and_quiet_are_taken(ann: CampaignClient, given: Any) -> None:
    [path] = given
    with pytest.raises(InvalidInput) as caught:
        ann.settings.update(**given)
    assert caught.value.path == path
