"""The suite runs against another Supabase that the environment names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from campaign_sdk.local import LocalSupabase
from elsewhere import NAMES, Elsewhere, elsewhere

TESTS = Path(__file__).parents[1]


def test_it_is_named_whole_or_not_at_all() -> None:
    assert elsewhere({}) is None
    named = {name: f"the {name}" for name in NAMES.values()}
    found = elsewhere(named)
    assert found == Elsewhere(*named.values())
    assert "the CAMPAIGN_TEST_SERVICE_KEY" not in repr(found)
    with pytest.raises(ValueError, match="CAMPAIGN_TEST_DB_URL"):
        elsewhere({**named, "CAMPAIGN_TEST_DB_URL": ""})


def test_tests_use_it_and_those_of_the_local_stack_are_left_out(stack: LocalSupabase) -> None:
    """Here it is the local stack of this run: a second one would be another."""
    named = {NAMES[name]: str(getattr(stack, name)) for name in NAMES}
    chosen = ["database/test_estimates.py", "local/test_schema.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen],
        cwd=TESTS,
        env={**os.environ, **named},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "describes the local stack" in done.stdout
    assert " passed" in done.stdout
