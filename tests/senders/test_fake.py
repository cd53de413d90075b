"""The vendor that sends nothing does as it was told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from campaign_sdk import InvalidInput, Unavailable
from campaign_sdk.senders import Fake, Message, async_sender

MESSAGES = [Message(f"c/{n}", f"{n}@example.com") for n in range(1_000)]


def refused(vendor: Fake) -> set[str]:
    return {each.key for each in vendor(MESSAGES) if each.outcome == "failed"}


def test_it_refuses_one_in_ten_and_always_the_same() -> None:
    vendor = Fake(seed=1)
    failed = refused(vendor)
    assert 70 < len(failed) < 130
    assert failed == refused(Fake(seed=1)) != refused(Fake(seed=2))
    assert set(vendor.accepted) == {message.key for message in MESSAGES} - failed
    assert (vendor.batch_size, vendor.honours_keys) == (100, False)


def test_it_remembers_who_got_two_unless_it_honours_keys() -> None:
    for honours, most in ((False, 2), (True, 1)):
        vendor = Fake(fail=0, honours_keys=honours)
        first, second = vendor(MESSAGES), vendor(MESSAGES)
        assert first == second
        assert max(vendor.accepted.values()) == most


def requests(vendor: Fake, count: int) -> int:
    """Return how many of so many requests got an answer."""
    answered = 0
    for start in range(count):
        try:
            vendor(MESSAGES[start : start + 1])
        except Unavailable:
            continue
        answered += 1
    return answered


def test_trouble_takes_nothing_and_a_cut_comes_after() -> None:
    troubled = Fake(fail=0, error=0.2)
    answered = requests(troubled, 500)
    assert answered == troubled.accepted.total()
    assert 340 < answered < 450
    cut = Fake(fail=0, cut=0.2)
    assert 340 < requests(cut, 500) < 450
    assert cut.accepted.total() == 500


def test_receipts_come_in_batches_and_once() -> None:
    vendor = Fake(fail=0)
    vendor(MESSAGES[:250])
    batches = list(vendor.receipts())
    assert [len(batch) for batch in batches] == [100, 100, 50]
    assert batches[0][0]["key"] == "c/0"
    assert batches[0][0]["provider_id"] == vendor(MESSAGES[:1])[0].provider_id
    assert list(vendor.receipts()) == []
    vendor(MESSAGES[250:260])
    assert [len(batch) for batch in vendor.receipts()] == [10]


async def test_it_serves_the_asynchronous_client() -> None:
    vendor = Fake(fail=0, delay=0.001)
    receipts: Sequence[object] = await async_sender(vendor)(MESSAGES[:3])
    assert len(receipts) == vendor.accepted.total() == 3
    assert repr(vendor) == "<Fake, 3 taken>"


@pytest.mark.parametrize("wrong", [{"fail": 1.1}, {"cut": -0.1}, {"error": 2}, {"delay": -1}])
def test_what_is_no_share_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        Fake(**wrong)  # type: ignore[arg-type]  # what is refused
