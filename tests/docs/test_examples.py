"""Each example runs as it is, on the stack of all tests, and tells its story."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient, LocalSupabase
from campaign_sdk.stores import FileStore
from clients import sign_up

EXAMPLES = Path(__file__).parents[2] / "examples"
CELLS = Path(__file__).with_name("cells.py")

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
    "analysis": ["7856 customers", "1,070 people for each", "15 % off:", "plain:", "held out:"],
    "demo_analysis": [
        "SendReport(",
        "text/html <table><caption>",
        "image/svg+xml <svg",
        "offer:",
        "In the group spend",
    ],
}
# Which page of the docs tells more, and sends back.
PAGES = {
    "import_and_segment": "rules",
    "draft_and_launch": "drafting",
    "ingest_webhook": "webhooks",
    "live_dashboard": "production",
    "send_smtp": "sending",
    "typed_attributes": "attributes",
    "analysis": "experiments",
    "demo_analysis": "insight",
}


def run(name: str, folder: Path, **changes: str) -> str:
    known = {name: value for name, value in os.environ.items() if "OPENAI" not in name}
    notebook = EXAMPLES / f"{name}.ipynb"
    script = [CELLS, notebook] if notebook.exists() else [EXAMPLES / f"{name}.py"]
    done = subprocess.run(
        [sys.executable, "-W", "error", *script],
        cwd=folder,
        env={**known, "PYTHONIOENCODING": "utf-8", "COLUMNS": "120", **changes},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def examples() -> dict[str, Path]:
    return {path.stem: path for path in EXAMPLES.glob("[a-z]*.[ip]*") if path.is_file()}


def test_none_is_left_out() -> None:
    assert examples().keys() == STORIES.keys() == PAGES.keys()


@pytest.mark.parametrize("name", STORIES)
def test_it_and_its_page_name_each_other(name: str) -> None:
    path = examples()[name]
    assert f"docs/{PAGES[name]}.md" in path.read_text(encoding="utf-8")
    page = EXAMPLES.parent / "docs" / f"{PAGES[name]}.md"
    assert f"](../examples/{path.name})" in page.read_text(encoding="utf-8")


def test_a_notebook_holds_no_run() -> None:
    for path in EXAMPLES.glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)


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
