"""What is said to take long is there."""

from __future__ import annotations

from order import LONGEST, TESTS


def test_each_file_is_there_and_named_once() -> None:
    assert [name for name in LONGEST if not (TESTS / name).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)
