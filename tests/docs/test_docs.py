"""Every code block of the README and the docs runs."""

from __future__ import annotations

import multiprocessing
import os
import re
import runpy
import shlex
import subprocess
import sys
import warnings
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest
from typer.testing import CliRunner

from campaign_sdk import CampaignClient, LocalSupabase
from campaign_sdk.cli._app import app
from clients import PASSWORD

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted(ROOT.glob("docs/*.md"))]
# Those in a list are indented.
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
QUOTED = re.compile("'[^']*'")
FRESH = multiprocessing.get_context("forkserver")
FRESH.set_forkserver_preload(["campaign_sdk._client", "campaign_sdk.cli._app", "runpy"])
CSV = "email,orders,city,last_order_at\nAnn@Example.com,4,Pune,2020-01-31\nben@example.com,1,,\n"
FUNCTIONS = ("campaign functions deploy", "campaign functions serve")
# What changes more than a test may, and is run by CI itself or by tests of its own.
ELSEWHERE = ("make ", "pip ", "supabase ", "campaign local ", "campaign demo", *FUNCTIONS)


@pytest.fixture
def folder(stack: LocalSupabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the docs suppose it: a project in the environment, an account, a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUPABASE_URL", stack.url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", stack.anon_key)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("CAMPAIGN_PASSWORD", PASSWORD)
    (tmp_path / "customers.csv").write_text(CSV)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


def blocks(page: Path, *languages: str) -> list[str]:
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [dedent(code) for _, language, code in found if language in languages]


def commands(page: Path) -> list[str]:
    """What a page types, but for what is run elsewhere."""
    lines = "\n".join(blocks(page, "console", "sh", "bash")).splitlines()
    typed = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [line for line in typed if not line.startswith(ELSEWHERE)]


def execute(script: str, environment: dict[str, str]) -> None:
    """What a new process does, which a server has forked with everything imported."""
    warnings.simplefilter("error")
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(Path(script).parent)
    sys.path.insert(0, str(Path(script).parent))
    runpy.run_path(script, run_name="__main__")


WITH_PYTHON = [page for page in PAGES[1:] if blocks(page, "python")]
WITH_COMMANDS = [page for page in PAGES[1:] if commands(page)]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_blocks_run_as_one_script(page: Path, folder: Path, stack: LocalSupabase) -> None:
    with CampaignClient(stack.url, stack.anon_key) as client:
        account = f"{page.stem.lower()}@docs.example.com"
        client.auth.sign_up(account, PASSWORD)
        client.contacts.import_csv("customers.csv")
        code = "\n".join(blocks(page, "python")).replace("you@example.com", account)
        script = folder / "page.py"
        script.write_text(f"from prepared import *\n{code}")
        (folder / "prepared.py").write_text(
            "from campaign_sdk import CampaignClient\n"
            "client = CampaignClient.from_env()\n"
            f"client.auth.sign_in_with_password({account!r}, {PASSWORD!r})\n"
        )
    process = FRESH.Process(target=execute, args=(str(script), dict(os.environ)))
    process.start()
    process.join(120)
    assert process.exitcode == 0


@pytest.mark.parametrize("number", range(len(blocks(README, "python"))))
def test_each_block_of_the_readme_runs_by_itself(
    number: int, folder: Path, stack: LocalSupabase
) -> None:
    """As somebody pastes it into a fresh shell, once the one with `auth signup` was pasted."""
    account = f"readme-{number}@docs.example.com"
    with CampaignClient(stack.url, stack.anon_key) as client:
        client.auth.sign_up(account, PASSWORD)
        client.contacts.upsert([{"email": "ann@example.com", "attributes": {"name": "Ann"}}])
    code = blocks(README, "python")[number].replace("you@example.com", account)
    (folder / "block.py").write_text(code)
    run = [sys.executable, "-W", "error", str(folder / "block.py")]
    for _ in range(1 if "LocalSupabase" in code else 2):
        subprocess.run(run, check=True, timeout=120)


def test_the_readmes_commands_work_twice(folder: Path) -> None:
    """As somebody types them, and once more as the other pages' are run."""
    for command in commands(README):
        assert shelled(command.replace("you@example.com", "readme@commands.example.com")) == 0
    test_commands_run(README, folder)


def shelled(line: str) -> int:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": tools}
    return subprocess.run(["bash", "-c", line], timeout=120, env=environment).returncode


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_run(page: Path, folder: Path) -> None:  # noqa: ARG001 - where they are run
    typed = commands(page)
    if not any("auth signup" in command for command in typed):
        # Its reader is signed in already.
        typed.insert(0, "campaign auth signup --email you@example.com")
    for command in typed:
        line = command.replace("you@example.com", f"{page.stem.lower()}@commands.example.com")
        program, *words = shlex.split(line, comments=True)
        assert program in ("campaign", "printf"), line
        if program == "campaign" and not set("|&;<>$`*") & set(QUOTED.sub("", line)):
            # As a shell would split it, so it needs none and no process.
            code = CliRunner().invoke(app, words).exit_code
        else:
            code = shelled(line)
        # The tutorial's file has a line that is refused.
        assert code in ((0, 19) if " import " in line else (0,)), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_sql_runs(page: Path, stack: LocalSupabase) -> None:
    with psycopg.connect(stack.db_url) as connection:
        for statements in blocks(page, "sql"):
            connection.execute(statements)
        connection.rollback()


def test_every_block_is_of_a_kind_that_runs() -> None:
    kinds = {language for page in PAGES for _, language, _ in BLOCK.findall(page.read_text())}
    # What PostgreSQL runs where the additions are is run by tests/scale.
    assert kinds <= {"python", "console", "json", "sql", "postgresql", "text", "liquid"}, kinds


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150
