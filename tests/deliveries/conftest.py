"""A desk for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from campaign_sdk.local import LocalSupabase

from .desk import Desk, desk_of


@pytest.fixture
def desk(still: LocalSupabase) -> Iterator[Desk]:
    with desk_of(still) as desk:
        yield desk
