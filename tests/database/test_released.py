"""What was released is never edited, nor preceded: projects have run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .released import MIGRATIONS, NOTED, before, changed, noted


def test_released_migrations_are_as_they_were() -> None:
    released = noted(NOTED.read_text(encoding="utf-8"))
    assert changed(released, MIGRATIONS) == [], "released: add a migration instead"
    assert before(released, MIGRATIONS) == [], "a new migration comes after the released ones"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("1_a.sql", "2_b.sql"):
        (tmp_path / name).write_text(f"-- {name}")
    return tmp_path


def test_an_edit_is_seen(folder: Path) -> None:
    told = subprocess.run(
        [sys.executable, NOTED.parents[1] / "tests" / "database" / "released.py"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert changed(noted(told), MIGRATIONS) == []
    assert len(noted(told)) == len(list(MIGRATIONS.glob("*.sql")))
    released = {"1_a.sql": "0" * 64, "3_c.sql": "0" * 64}
    assert changed(released, folder) == ["1_a.sql", "3_c.sql"]
    assert before(released, folder) == ["2_b.sql"]
    assert before({}, folder) == []
