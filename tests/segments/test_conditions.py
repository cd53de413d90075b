"""What is asked about conditions, on paper; what is said of them is in ../campaigns."""

from __future__ import annotations

from typing import Any

import pytest

from campaign_sdk import CampaignClient, Rules, TimedOut, field
from campaign_sdk.segments._conditions import odd_conditions
from campaign_sdk.segments._fields import odd_fields


@pytest.mark.parametrize(
    "rules",
    [field("orders") >= 3, field("lines").some(field("total") > 3)],
    ids=repr,
)
def test_what_takes_too_long_is_held_against_nobody(rules: Rules) -> None:
    """The database gives up on a statement after eight seconds; a warning isn't worth that."""
    with CampaignClient("http://127.0.0.1:9", "key") as client:
        asked: Any = odd_conditions(client.segments, rules, ())
        next(asked)
        with pytest.raises(StopIteration) as done:
            asked.throw(TimedOut("late"))
    assert done.value.value == ()


def test_a_field_that_takes_too_long_to_find_is_held_against_nobody() -> None:
    """Whoever has millions of contacts can store a rule on a rare field."""
    with CampaignClient("http://127.0.0.1:9", "key") as client:
        asked: Any = odd_fields(client.segments, ["citty"])
        next(asked)
        with pytest.raises(StopIteration) as done:
            asked.throw(TimedOut("late"))
    assert done.value.value == {}


def test_what_is_odd_already_is_not_asked_about() -> None:
    rules = (field("orders") >= 3) & field("lines").some(field("total") > 3)
    with CampaignClient("http://127.0.0.1:9", "key") as client:
        asked: Any = odd_conditions(client.segments, rules, {"orders", "lines"})
        with pytest.raises(StopIteration):
            next(asked)
