"""What others build upon changes only when somebody means it."""

from __future__ import annotations

from pathlib import Path

from .public_api import public_api

SNAPSHOT = Path(__file__).with_name("public_api.txt")


def test_the_public_api_is_the_one_written_down() -> None:
    assert public_api() == SNAPSHOT.read_text(encoding="utf-8"), (
        "if that is meant: python tests/core/public_api.py > tests/core/public_api.txt"
    )
