"""`campaign functions`: exported, served, and deployed by a Supabase CLI that is watched."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from campaign_sdk import LocalStackError
from campaign_sdk.cli._supabase import functions_secrets
from campaign_sdk.cli.functions import _follow
from campaign_sdk.local import LocalSupabase
from tools.npm import modules

from .conftest import Campaign
from .test_examples_in_help import example_of
from .test_output import EXECUTABLE

# Takes the place of the CLI: notes what it is asked, and what it is given to read.
CLI = """#!{python}
import json, os, pathlib, stat, sys
given = sys.argv[1:]
file = given[given.index("--env-file") + 1] if "--env-file" in given else None
note = {{"given": given, "file": file}}
if file:
    note["text"] = pathlib.Path(file).read_text()
    note["mode"] = stat.S_IMODE(os.stat(file).st_mode)
with open({notes!r}, "a") as notes:
    notes.write(json.dumps(note) + "\\n")
if given[:2] == ["db", "query"]:
    print(json.dumps([{{"name": "CAMPAIGN_LINK_KEY", "value": "secret-of-links"}}]))
if given[:2] == ["functions", "deploy"]:
    sys.exit({code})
"""


class Watched:
    def __init__(self, folder: Path) -> None:
        self.folder, self.notes = folder, folder / "notes.jsonl"
        self.write(0)

    def write(self, code: int) -> None:
        program = self.folder / "bin" / "supabase"
        program.parent.mkdir(exist_ok=True)
        program.write_text(CLI.format(python=sys.executable, notes=str(self.notes), code=code))
        program.chmod(0o755)

    def asked(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.notes.read_text().splitlines()]


@pytest.fixture
def cli(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setenv("PATH", str(folder / "bin"))
    (folder / "functions.env").write_text("OPENAI_API_KEY=secret-of-openai\nEMPTY=\n# a comment\n")
    return Watched(folder)


def test_they_are_exported_and_never_overwritten(campaign: Campaign, folder: Path) -> None:
    said = campaign(*shlex.split(example_of("functions export"))).stdout
    assert "[functions.t]\nverify_jwt = false" in said
    assert "[functions.draft]\nverify_jwt = true" in said
    index = folder / "supabase" / "functions" / "t" / "index.ts"
    assert (index.parent.parent / "_shared" / "database.ts").exists()
    campaign("functions", "export")
    index.write_text("mine")
    assert "differs from ours" in campaign("functions", "export", code=7).stderr
    assert index.read_text() == "mine"


def test_deploying_names_secrets_and_never_shows_them(campaign: Campaign, cli: Watched) -> None:
    campaign("functions", "export")
    done = campaign(*shlex.split(example_of("functions deploy")), "--remote", "abc", "--yes")
    assert "Secrets: CAMPAIGN_LINK_KEY, OPENAI_API_KEY" in done.stdout
    assert "secret-of" not in done.output
    query, secrets, deploy = cli.asked()
    assert query["given"][:2] == ["db", "query"]  # type: ignore[index]
    assert secrets["given"] == [
        *("secrets", "set", "--env-file", secrets["file"], "--yes", "--remote=abc")
    ]
    assert secrets["text"] == "CAMPAIGN_LINK_KEY=secret-of-links\nOPENAI_API_KEY=secret-of-openai\n"
    assert secrets["mode"] == 0o600
    assert not Path(str(secrets["file"])).parent.exists()
    names = ["draft", "hook", "t"]
    assert deploy["given"] == ["functions", "deploy", *names, "--use-api", "--yes", "--remote=abc"]


def test_nothing_is_done_before_a_person_agrees(campaign: Campaign, cli: Watched) -> None:
    campaign("functions", "export")
    campaign("functions", "deploy", code=18, input="n\n")
    [query] = cli.asked()
    assert query["given"][:2] == ["db", "query"]  # type: ignore[index]


def test_what_is_missing_is_said(campaign: Campaign, cli: Watched) -> None:
    assert "campaign functions export" in campaign("functions", "deploy", code=3).stderr
    campaign("functions", "export")
    cli.write(1)
    assert "deploy failed" in campaign("functions", "deploy", "--yes", code=3).stderr
    (cli.folder / "bin" / "supabase").unlink()
    assert "npm install" in campaign("functions", "deploy", "--yes", code=3).stderr


def test_the_real_cli_tells_a_projects_secrets(
    stack: LocalSupabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = modules() / "@supabase"
    [binary] = real.glob("cli-*/bin/supabase")
    monkeypatch.setenv("PATH", str(binary.parent))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert "CAMPAIGN_LINK_KEY" in functions_secrets(f"--remote={stack.db_url}")


def test_a_stack_that_ends_by_itself_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    class Ending(LocalSupabase):
        def running(self) -> bool:
            return False

        def log(self) -> str:
            return "its last words\n"

    with pytest.raises(LocalStackError, match="nobody asked"):
        _follow(Ending())
    assert capsys.readouterr().out == "its last words\n"


def test_serving_them_until_ctrl_c(folder: Path) -> None:
    (folder / "functions.env").write_text("OPENAI_API_KEY=x\n")
    command = [str(EXECUTABLE), *shlex.split(example_of("functions serve"))]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        urls = [process.stdout.readline().strip() for _ in range(3)]
        assert [url.rsplit("/", 1)[1] for url in urls] == ["draft", "hook", "t"]
        assert httpx.get(f"{urls[2]}/c/x", timeout=30).status_code == 404
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
