"""A stack with tables of its own, and Google played by a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign_sdk.local import LocalSupabase

from .google import stand_in

HERE = Path(__file__).parent
MIGRATIONS = HERE / "migrations"


def pytest_itemcollected(item: pytest.Item) -> None:
    """All that is tested here describes the local stack itself."""
    if HERE in item.path.parents:
        item.add_marker("local_stack")


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalSupabase]:
    """Instead of the SDK's: `alice`, `bob`, `anon` and `db` are this one's here."""
    with stand_in() as google, LocalSupabase(migrations=MIGRATIONS, google_url=google) as running:
        yield running
