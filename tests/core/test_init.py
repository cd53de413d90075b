"""The table of contents: complete, in order, and free of charge."""

from __future__ import annotations

import subprocess
import sys

import pytest

import campaign_sdk

LAZY = """
import sys
import campaign_sdk
heavy = {"supabase", "postgrest", "openai", "httpx", "pydantic", "psycopg", "typer"}
print(sorted(heavy & set(sys.modules)), len(campaign_sdk.__all__))
campaign_sdk.field("a") == 1
print(sorted({"supabase", "openai", "psycopg"} & set(sys.modules)))
"""


def test_all_is_sorted_and_importable() -> None:
    assert campaign_sdk.__all__ == sorted(set(campaign_sdk.__all__))
    for name in campaign_sdk.__all__:
        assert getattr(campaign_sdk, name) is not None
    assert dir(campaign_sdk) == campaign_sdk.__all__
    assert {*campaign_sdk._HOME_OF, "__version__"} == set(campaign_sdk.__all__)


def test_what_isnt_there_is_named() -> None:
    with pytest.raises(AttributeError, match="'nothing'"):
        _ = campaign_sdk.nothing
    with pytest.raises(ImportError):
        exec("from campaign_sdk import nothing")


def test_importing_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"[] {len(campaign_sdk.__all__)}", "[]"]


def test_every_error_is_a_campaign_error() -> None:
    errors = [
        value
        for name in campaign_sdk.__all__
        if isinstance(value := getattr(campaign_sdk, name), type) and issubclass(value, Exception)
    ]
    assert len(errors) >= 20
    assert all(issubclass(error, campaign_sdk.CampaignError) for error in errors)
