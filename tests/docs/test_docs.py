"""Every code block of the README and the docs runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from campaign_sdk import CampaignClient, LocalSupabase
from clients import PASSWORD

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = sorted(ROOT.glob("docs/*.md"))
PAGES = [README, *DOCS]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
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
    return [code for language, code in BLOCK.findall(page.read_text()) if language in languages]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
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
    subprocess.run([sys.executable, "-W", "error", script], check=True, timeout=120)


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
    for _ in range(2):
        test_commands_run(README, folder)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_run(page: Path, folder: Path) -> None:
    lines = "\n".join(blocks(page, "console", "sh", "bash")).splitlines()
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands:
        if not command.startswith(ELSEWHERE):
            account = f"{page.stem.lower()}@commands.example.com"
            line = command.replace("you@example.com", account)
            assert shlex.split(line, comments=True)[0] in ("campaign", "printf"), command
            environment = {**os.environ, "PATH": tools}
            done = subprocess.run(["bash", "-c", line], timeout=120, cwd=folder, env=environment)
            # The tutorial's file has a line that is refused.
            assert done.returncode in ((0, 19) if " import " in line else (0,)), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_sql_runs(page: Path, stack: LocalSupabase) -> None:
    with psycopg.connect(stack.db_url) as connection:
        for statements in blocks(page, "sql"):
            connection.execute(statements)
        connection.rollback()


def test_every_block_is_of_a_kind_that_runs() -> None:
    kinds = {language for page in PAGES for language, _ in BLOCK.findall(page.read_text())}
    assert kinds <= {"python", "console", "json", "sql", "text", "liquid"}, kinds


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150
