"""What an agent is told: masked whole, cut to size, and in pages without a gap."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_sdk import InvalidInput
from campaign_sdk.agents._answers import LIMIT, Paged, answer, fitted, masked, size

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "address",
    [
        "ann@corp.example",
        "ANN+tag@corp.example",
        '"ann"@corp.example',
        "ann@bücher.example",
        "ann\uff20corp.example",
        "ann%40corp.example",
        "ann&#64;corp.example",
        "ann@corp@corp.example",
    ],
)
def test_addresses_are_masked_wherever_they_stand(address: str) -> None:
    hidden = masked({"a": [f"To <{address}>, and mailto:{address}"], address: 1})
    assert "corp" not in json.dumps(hidden)
    assert "[address]" in json.dumps(hidden)


def test_what_is_no_address_stays() -> None:
    value = {"a": ["50 % off @ noon", 1.5, None, True, "2026-01-31T10:00:00Z"]}
    assert masked(value) == value
    assert masked("2026-01-31T10:00:00Z", phones=True) == "2026-01-31T10:00:00Z"
    assert masked("call +49 (30) 123-4567", phones=True) == "call [phone]"


@given(JSON)
def test_every_answer_keeps_to_the_limit(value: Any) -> None:
    assert size(fitted(value)) <= LIMIT
    assert len(answer(value, show_contacts=False).encode("utf-8", "surrogatepass")) <= LIMIT


def test_long_texts_are_cut_and_say_so() -> None:
    short = fitted({"message": "é" * 100_000})
    assert size(short) <= LIMIT
    assert short["message"].endswith("… (of 100,000)")


def test_what_cant_be_cut_is_named() -> None:
    assert fitted(dict.fromkeys(map(str, range(10_000)), 1))["too_large"] is True


@given(st.lists(st.text(max_size=5_000), max_size=60))
def test_pages_leave_nothing_out(items: list[str]) -> None:
    cursor, seen = None, 0
    while True:
        page = Paged([{"at": number, "text": text} for number, text in enumerate(items)], cursor)
        shown = json.loads(answer(page, show_contacts=True))
        assert [item["at"] for item in shown["items"]] == list(
            range(seen, seen + len(shown["items"]))
        )
        assert shown["total"] == len(items)
        seen += len(shown["items"])
        cursor = shown.get("next_cursor")
        if cursor is None:
            break
    assert seen == len(items)


@pytest.mark.parametrize("cursor", ["next", "-1", "4", "1e1", "٣", "9" * 400])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="next_cursor"):
        Paged([1, 2, 3], cursor).page()
