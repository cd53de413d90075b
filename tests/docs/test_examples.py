"""Each example runs as it is, on the stack of all tests, and tells its story."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient, LocalSupabase
from campaign_sdk.stores import FileStore
from clients import sign_up

EXAMPLES = Path(__file__).parents[2] / "examples"

STORIES = {
    "import_and_segment": ["7,856 rows: 7,856 created, 0 rejected", "spent $", "Stored as"],
    "draft_and_launch": [
        "No draft",
        "launched for 1,312 contacts",
        "a second launch is refused",
        "draft -> active",
    ],
    "ingest_webhook": [
        "26 counted, 0 known, 0 refused",
        "0 counted, 26 known, 0 refused",
        "20 impressions, 5 clicks, 1 conversions",
    ],
    "live_dashboard": ["impressions", "CTR"],
    "send_smtp": ["2 sent, 0 failed, 1 skipped", ": unsubscribed"],
    "typed_attributes": [
        "held to Customer: last_order_at, orders, spend",
        "97 have ordered ten times",
        "Refused: attributes.orders must be a whole number; 1 stored",
        "did you mean 'orders'?",
        "Ravi spends 3.33 an order",
    ],
    "analysis": ["7856 customers", "With 15 % off", "Total", "ctr: a ", "In the group spend"],
}


def run(name: str, folder: Path, **changes: str) -> str:
    known = {name: value for name, value in os.environ.items() if "OPENAI" not in name}
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / f"{name}.py"],
        cwd=folder,
        env={**known, "PYTHONIOENCODING": "utf-8", "COLUMNS": "120", **changes},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_none_is_left_out() -> None:
    assert {path.stem for path in EXAMPLES.glob("[a-z]*.py")} == STORIES.keys()


@pytest.mark.parametrize("name", STORIES)
def test_it_tells_its_story(name: str, stack: LocalSupabase, tmp_path: Path) -> None:
    store = FileStore(stack.url, tmp_path / "campaign_sdk" / "sessions")
    with CampaignClient(stack.url, stack.anon_key, store=store) as client:
        sign_up(client, name.replace("_", "-"))
    told = run(
        name,
        tmp_path,
        SUPABASE_URL=stack.url,
        SUPABASE_ANON_KEY=stack.anon_key,
        XDG_STATE_HOME=str(tmp_path),
    )
    assert all(words in told for words in STORIES[name]), told


def test_without_a_project_it_starts_a_stack_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUPABASE_URL", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert "2 sent, 0 failed" in run("send_smtp", tmp_path)
    assert not list(tmp_path.iterdir())
