"""docs/scale.md: its statements run where the additions are."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from .conftest import Before

pytestmark = pytest.mark.local_stack
PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
STATEMENTS = [
    statement.partition("--")[0]
    for block in re.findall(r"```postgresql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for statement in block.splitlines()
]


def test_there_are_some() -> None:
    assert len(STATEMENTS) >= 8


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_of_the_page_runs(
    statement: str, before: Before, db: psycopg.Connection
) -> None:
    """As the administrator whom a cron or `psql` connects as, acting for an owner."""
    with db.transaction(force_rollback=True):
        claims = f'{{"sub": "{before.user}", "role": "authenticated"}}'
        filled = statement.replace("<segment>", str(before.segment))
        filled = filled.replace("<campaign>", str(before.campaign))
        filled = filled.replace("<owner>", str(before.user))
        db.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        db.execute(filled.encode())
