"""`campaign demo`, as a newcomer runs it: in an empty folder, as a program of its own."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from campaign_sdk import CampaignClient, LocalSupabase, field
from campaign_sdk.demo import _audience, _campaign, _data, _insight
from campaign_sdk.demo._page import Page
from clients import sign_up
from drafting.model import drafts, serving

CAMPAIGN = Path(sys.executable).parent / "campaign"
ORDINARY = "/usr/bin:/bin"


def environment(**changes: str) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if "OPENAI" not in name}
    return {**known, **changes}


def run(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CAMPAIGN, "demo"], cwd=folder, env=environment(**changes), capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("empty")
    # An ordinary shell's path, in which no `campaign` is found.
    done = run(folder, COLUMNS="60", NO_COLOR="1", TMPDIR=str(folder), PATH=ORDINARY)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (left,) = folder.iterdir()
    assert left.name == _insight.FILE
    assert "We miss you" in left.read_text()
    return done.stdout


@pytest.mark.parametrize(
    "words",
    [
        "Imported 7,856 contacts",
        "The same file again: 7,856 unchanged, 0 created",
        "Audience: 1,502, of whom 1,501 may be written to",
        "isn't his to see: NotFound",
        "There is no OPENAI_API_KEY, so the message comes from a file.",
        "Pre-flight: error. line 1, column 4: `{{ first_name }}`",
        "Pre-flight: ready. It would reach 1,501 contacts",
        '"We miss you" is launched for 1,501 contacts',
        "Launching it once more is refused",
        "cut off",
        "nobody got two",
        "synthetic events",
        "Every third again, as networks do: 0 counted.",
        "offer",
        "counted impressions 12 clicks 6 bounced 1 complained 1 unsubscribed 1",
        "people impressions 12 clicks 5",
        "Of 12 people 3 will never be written to again",
        "In words",
        "The report is left in campaign-demo.html",
        "All else is stopped and thrown away",
    ],
)
def test_it_tells(words: str, output: str) -> None:
    assert words in " ".join(re.sub("[│╭╮╰╯─]", " ", output).split())


def test_it_is_short(output: str) -> None:
    """About sixty lines where there is room; at 60 columns sentences take twice as many."""
    assert len([line for line in output.splitlines() if line.strip()]) < 130


def test_it_fits_60_columns_without_colour(output: str) -> None:
    story, _, _ = output.partition("paste it as it is:")
    assert max(map(len, story.splitlines())) <= 60
    assert "\x1b" not in output
    assert "…" not in output


def test_it_ends_with_commands_that_can_be_pasted(output: str, tmp_path: Path) -> None:
    pasted = "\n".join(("set -e", *output.partition("paste it as it is:")[2].splitlines()))
    own = {name: str(tmp_path / name) for name in ("XDG_DATA_HOME", "XDG_STATE_HOME")}
    known = {name: text for name, text in environment(**own).items() if "SUPABASE" not in name}
    told: dict[str, Any] = {"cwd": tmp_path, "env": {**known, "PATH": ORDINARY}, "text": True}
    try:
        done = subprocess.run(["bash", "-c", pasted], capture_output=True, **told)
    finally:
        subprocess.run([CAMPAIGN, "local", "stop"], check=True, **told)
    assert done.returncode == 0, done.stderr
    assert "2,561" in done.stdout


def test_what_is_shown_as_code_is_what_is_run() -> None:
    names: dict[str, Any] = {"field": field, "date": date}
    exec(_audience.LAPSED_CODE, names)
    assert names["lapsed"] == _audience.LAPSED


def test_the_data_is_there() -> None:
    assert _data.customers().stat().st_size > 100_000
    assert "{{ first_name }}" in _data.message()


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    env = environment(TMPDIR=str(tmp_path), PYTHONUNBUFFERED="1")
    demo = subprocess.Popen(
        [CAMPAIGN, "demo"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert demo.stdout is not None
    while "signs up" not in demo.stdout.readline():
        assert demo.poll() is None
    demo.send_signal(signal.SIGINT)
    _, error = demo.communicate(timeout=30)
    assert demo.returncode == 130
    assert error == "error: interrupted\n"
    assert not list(tmp_path.iterdir())
    assert not running_below(tmp_path)


def running_below(folder: Path) -> list[str]:
    time.sleep(0.2)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if str(folder) in line]


def test_a_failure_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path, TMPDIR=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "file"))
    assert done.returncode != 0
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_a_draft_takes_the_place_of_the_file(
    stack: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "We have missed you: {{ orders }} orders."
    with serving() as model:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        model.says(drafts({"body": body, "call_to_action": "missed you"}))
        story = written(sign_up(CampaignClient(stack.url, stack.anon_key), "demo"))
    assert body in story
    assert story.endswith("Pre-flight: ready. It would reach 1 contacts.")


def written(client: CampaignClient) -> str:
    with client:
        attributes = {"orders": 3, "last_order_at": "1998-01-01"}
        client.contacts.upsert([{"email": "a@example.com", "attributes": attributes}])
        console = Console(file=io.StringIO(), width=100)
        with console.capture() as captured:
            _campaign.write(Page(console), client, client.segments.create("s", _audience.LAPSED))
        return captured.get().strip()
