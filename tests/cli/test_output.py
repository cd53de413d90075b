"""What a shell gets: exit codes, one line for an error, any width, any encoding, and fast."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient
from campaign_sdk._core import errors
from campaign_sdk.cli import _show
from campaign_sdk.cli._app import app
from campaign_sdk.cli._errors import EXIT_CODES, exit_code, one_line

from .conftest import Campaign
from .test_examples_in_help import COMMANDS

EXECUTABLE = Path(sys.executable).parent / "campaign"


def families(root: type[errors.CampaignError]) -> list[type[errors.CampaignError]]:
    return root.__subclasses__()


def test_every_family_of_errors_has_an_exit_code_of_its_own() -> None:
    assert set(EXIT_CODES) == set(families(errors.CampaignError))
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
    written = app.info.epilog or ""
    assert all(f"{code} " in written for code in EXIT_CODES.values())


def test_an_error_is_one_line_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    limited = errors.RateLimited("too many\nrequests", retry_after=3)
    assert one_line(limited) == "too many requests; try again in 3 s"
    assert exit_code(errors.TimedOut("late")) == exit_code(errors.Unavailable("away"))
    monkeypatch.setenv("SUPABASE_ANON_KEY", "key")
    for url, helps in (
        ("https://a.supabase.co", "supabase db push"),
        ("http://127.0.0.1:1", "check"),
    ):
        monkeypatch.setenv("SUPABASE_URL", url)
        assert helps in one_line(errors.SchemaMismatch("no table"))


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_stream_that_is_closed_is_one_that_nobody_reads(closed: str, tmp_path: Path) -> None:
    line = f'"$0" migrations export "$1" {closed}'
    command = ["sh", "-c", line, str(EXECUTABLE), str(tmp_path / "sql")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "bug" not in done.stderr
    assert list((tmp_path / "sql").iterdir())


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("campaign_sdk.cli.contacts.connect", fail)


def test_a_bug_says_so_and_debug_shows_where(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    raising(ZeroDivisionError("oops"), monkeypatch)
    said = campaign("contacts", "fields", code=1)
    assert said.stderr == (
        "error: ZeroDivisionError: oops; this is a bug: `campaign --debug ...` shows where\n"
    )
    shown = campaign("--debug", "contacts", "fields", code=1)
    assert isinstance(shown.exception, ZeroDivisionError)


def test_ctrl_c(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(KeyboardInterrupt(), monkeypatch)
    assert campaign("contacts", "fields", code=130).stderr == "error: interrupted\n"


@pytest.mark.usefixtures("world")
def test_a_file_that_cannot_be_written(campaign: Campaign) -> None:
    refused = campaign("contacts", "export", "--output", "no/such/folder.csv", code=8)
    assert refused.stderr == (
        "error: output: no/such/folder.csv can't be written (No such file or directory)\n"
    )


@pytest.mark.parametrize("width", ["40", "60", "120"])
@pytest.mark.usefixtures("world")
def test_nothing_is_cut_at_any_width(
    width: str, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setenv("NO_COLOR", "1")
    for command, needed in {
        "contacts list": ["asha@example.com", "cara@example.com", "Pune"],
        "segments preview Lapsed": ["all contacts", "ben@example.com"],
        "list": ["Spring", "Summer", "draft"],
        "show Spring": ["[draft]", "Hello {{ city }}!"],
        "analytics summary Spring": ["impressions", "conversions", "CTR"],
        "contacts fields": ["last_order_at", "100.0%"],
        "segments list": ["Lapsed", "orders"],
        "preflight Spring": ["Ready"],
        "report": ["impressions"],
    }.items():
        shown = campaign(*command.split()).stdout
        assert "\x1b" not in shown
        assert "…" not in shown
        assert max(map(len, shown.splitlines())) <= int(width) or command == "show Spring"
        folded = re.sub(r"\s+", "", shown)
        assert all(re.sub(r"\s+", "", word) in folded for word in needed), (command, shown)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_at_60_columns(name: str, campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    shown = campaign(*name.split(), "--help").stdout
    assert max(map(len, shown.splitlines())) <= 60
    assert "…" not in shown


@pytest.fixture
def shell(world: CampaignClient) -> dict[str, str]:
    """The environment for a process of its own, once there is something to see."""
    assert world.auth.user
    return dict(os.environ)


def execute(
    *arguments: str, env: dict[str, str], code: int = 0
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run([EXECUTABLE, *arguments], env=env, capture_output=True)
    assert done.returncode == code, done
    return done


def test_a_terminal_without_unicode(shell: dict[str, str]) -> None:
    ascii_only = {**shell, "PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    shown = execute("show", "Spring", env=ascii_only).stdout
    assert b"[draft] -> scheduled -> active <-> paused" in shown


def test_a_pipe_that_closes_early(shell: dict[str, str]) -> None:
    pipe = f"'{EXECUTABLE}' contacts list --json | head -c 1"
    done = subprocess.run(["bash", "-c", pipe], env=shell, capture_output=True, text=True)
    assert done.stdout == "["
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_watching(shell: dict[str, str]) -> None:
    watching = subprocess.Popen(
        [EXECUTABLE, "analytics", "watch", "Spring"], env=shell, stdout=subprocess.PIPE
    )
    assert watching.stdout is not None
    assert watching.stdout.readline().startswith(b"impressions=0")
    watching.send_signal(signal.SIGINT)
    assert watching.wait(60) == 0
    watching.stdout.close()


def test_wrong_usage_is_2(shell: dict[str, str]) -> None:
    assert b"No such command" in execute("contact", env=shell, code=2).stderr


def test_a_traceback_only_with_debug(shell: dict[str, str]) -> None:
    refused = {**shell, "CAMPAIGN_ACCESS_TOKEN": "no token"}
    said = execute("contacts", "fields", env=refused, code=3).stderr.decode()
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    shown = execute("--debug", "contacts", "fields", env=refused, code=1).stderr.decode()
    assert "Traceback" in shown


def test_the_client_for_a_half_named_project(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUPABASE_ANON_KEY")
    assert "SUPABASE_ANON_KEY" in campaign("contacts", "list", code=3).stderr


def test_help_imports_nothing_heavy() -> None:
    code = """
        import sys, campaign_sdk.cli._app
        heavy = {"supabase", "openai", "httpx", "pydantic", "psycopg"}
        assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def test_what_is_printed_of_other_peoples_values() -> None:
    assert _show.plain("a\x1b[31mb\u202e").plain == "a�[31mb�"
    assert _show.plain(1234567).plain == "1,234,567"
    assert _show.sparkline([0, 1, 2]).plain[0] != _show.sparkline([0, 1, 2]).plain[-1]
    assert _show.bar(1, 1_000).plain.count("█") in (0, 1)


STEERING = "\x1b[2J \x9b31m \u202e\u2066 \u200e \x07 \r \u2028"


def test_nothing_that_steers_a_terminal_reaches_it(capsys: pytest.CaptureFixture[str]) -> None:
    """C0, C1 and bidirectional controls: in a table, in a sentence, and as JSON."""
    _show.say("{}", STEERING)
    _show.print_json({STEERING: [STEERING, "Zo\u00eb \u6f22"]})
    _show.print_json_list([{"name": STEERING}])
    _show.print_json_lines([STEERING])
    shown = capsys.readouterr().out
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []
    assert "Zo\u00eb \u6f22" in shown
    document = shown[shown.index("{") : shown.index("}") + 1]
    assert json.loads(document)[STEERING][0] == STEERING
