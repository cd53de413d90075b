"""The command line when things break: one line, the remedy that fits, and no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from campaign_sdk import CampaignClient, cli, everyone
from campaign_sdk.cli import _app
from campaign_sdk.cli._app import app
from campaign_sdk.local import LocalSupabase
from campaign_sdk.stores import FileStore
from clients import PASSWORD

from .faults import status
from .proxy import Proxy, Visit

# It says when the first line of ours has run: until then it is Python's own.
PROGRAM = """
import _signal as signal
from campaign_sdk.cli import main

def told(*given, real=signal.signal):
    signal.signal = real
    before = real(*given)
    print(flush=True)
    return before

signal.signal = told
main()
"""
EVIL = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202e[bold]x[/bold]"

Campaign = Callable[..., Result]


@pytest.fixture
def proxy(stack: LocalSupabase) -> Iterator[Proxy]:
    with Proxy(stack.url) as proxy:
        yield proxy


@pytest.fixture
def campaign(
    stack: LocalSupabase, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Campaign:
    """Run `campaign` through the proxy, for somebody new."""
    for name, value in {
        "SUPABASE_URL": proxy.url,
        "SUPABASE_ANON_KEY": stack.anon_key,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "COLUMNS": "120",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with CampaignClient(proxy.url, stack.anon_key, store=FileStore(proxy.url)) as client:
        client.auth.sign_up(f"screen-{uuid.uuid4().hex}@example.com", PASSWORD)

    def run(*arguments: str, code: int) -> Result:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == code, (arguments, result.output, result.exception)
        return result

    return run


@pytest.mark.parametrize("milliseconds", range(0, 900, 150))
def test_ctrl_c_in_the_first_second(tmp_path: Path, milliseconds: int) -> None:
    environment = {
        **os.environ,
        "SUPABASE_URL": "http://127.0.0.1:9",
        "SUPABASE_ANON_KEY": "sb_publishable_x",
        "XDG_STATE_HOME": str(tmp_path),
    }
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(milliseconds / 1000)
        is_over = process.poll() is not None
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert "Traceback" not in told, told
    assert is_over or process.returncode in (130, -signal.SIGINT, 4, 10), told


def test_nothing_of_the_data_steers_a_terminal(campaign: Campaign, stack: LocalSupabase) -> None:
    url = os.environ["SUPABASE_URL"]
    with CampaignClient(url, stack.anon_key, store=FileStore(url)) as client:
        client.contacts.upsert([{"email": "ann@example.com", "attributes": {EVIL: EVIL}}])
        client.segments.create(EVIL, everyone(), description=EVIL)
        client.campaigns.create(EVIL, message=EVIL, rules=everyone())
    for words in (
        ("contacts", "fields"),
        ("contacts", "list"),
        ("contacts", "find", "ann@example.com"),
        ("segments", "list"),
        ("segments", "show", EVIL),
        ("segments", "preview", EVIL),
        ("list",),
        ("show", EVIL),
        ("preflight", EVIL),
        ("contacts", "list", "--json"),
        ("list", "--json"),
    ):
        result = CliRunner().invoke(app, list(words))
        shown = result.output
        assert not [char for char in "\x1b\x07\x9b\u202e" if char in shown], (words, shown)
        assert "Traceback" not in shown
    lost = campaign("show", f"{EVIL}?", code=6).output
    assert "\x1b" not in lost


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_told_to_end_leaves_no_part(
    campaign: Campaign,
    proxy: Proxy,
    tmp_path: Path,
    number: signal.Signals,
    request: pytest.FixtureRequest,
) -> None:
    # Whoever runs the tests under nohup has SIGHUP ignored, and the command would hand that on.
    request.addfinalizer(partial(signal.signal, number, signal.signal(number, signal.SIG_DFL)))
    campaign("contacts", "add", "ann@example.com", code=0)
    output = tmp_path / "out.csv"
    output.write_text("as it was")
    words = ["contacts", "export", "--output", str(output)]
    # The second page never comes.
    with (
        proxy.doing(lambda visit: visit.hang(), "/rest/v1/contacts", skip=1) as arrived,
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words], stderr=subprocess.PIPE
        ) as process,
    ):
        while len(arrived) < 2:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        _, told = process.communicate(timeout=20)
    assert (process.returncode, told) == (128 + number, b"error: told to end\n")
    assert output.read_text() == "as it was"
    assert list(tmp_path.glob(".*.part")) == []


@pytest.mark.parametrize(
    "words",
    [
        ("contacts", "list", "--limit", "9" * 30),
        ("suppressions", "list", "--limit", "9" * 19),
        ("contacts", "export", "--output", "/no/such/folder/file.csv"),
    ],
    ids=" ".join,
)
def test_a_huge_limit_is_no_bug(campaign: Campaign, words: tuple[str, ...]) -> None:
    assert "bug" not in campaign(*words, code=8).output


def test_a_cut_import_says_how_far_it_came(
    campaign: Campaign, proxy: Proxy, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "".join(f"a{n}@example.com\n" for n in range(6_000)))

    def hang_up(visit: Visit) -> None:
        visit.reset()

    with proxy.doing(hang_up, "upsert_contacts", skip=2):
        told = campaign("contacts", "import", str(path), code=10).output
    assert "contacts were stored before this. Give all of them again" in " ".join(told.split())
    again = campaign("contacts", "import", str(path), code=0).output
    assert "unchanged" in again


@pytest.mark.parametrize(
    ("words", "path", "look"),
    [
        (("create", "Spring", "--message", "Hi"), "POST /rest/v1/campaigns", "campaign list"),
        (
            ("segments", "create", "All", "--where", "everyone"),
            "POST /rest/v1/audience_segments",
            "campaign segments list",
        ),
        (("tracking", "rotate"), "/rpc/rotate_link_key", "campaign tracking keys"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else each,
)
def test_a_write_in_doubt_says_where_to_look(
    campaign: Campaign, proxy: Proxy, words: tuple[str, ...], path: str, look: str
) -> None:
    with proxy.doing(status(502), path):
        told = " ".join(campaign(*words, code=10).output.split())
    assert f"look first with `{look}`" in told
    assert "local start" not in told


def test_nothing_is_loaded_before_ctrl_c_is_seen_to() -> None:
    program = (
        "import sys; before = set(sys.modules); import campaign_sdk.cli;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["__future__", "campaign_sdk", "campaign_sdk.cli"], done.stderr


def test_an_interruption_in_disguise_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python makes another error of Ctrl-C while a class is made, and asks its attributes."""

    def make() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise RuntimeError("Error calling __set_name__") from error

    def end() -> None:
        raise SystemExit(130)

    monkeypatch.setattr(_app, "app", make)
    monkeypatch.setattr(cli, "_end", end)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 130
