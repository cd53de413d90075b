"""The functions' folder: plain Deno, small, with nothing from elsewhere and no secret key."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from campaign_sdk.local._config import functions_folder
from campaign_sdk.local._functions import deno

FOLDER = functions_folder()
ENTRIES = sorted(FOLDER.glob("*/index.ts"))
SOURCES = sorted(FOLDER.rglob("*.ts"))
MEGABYTE = 1_000_000
OFFLINE = ("--no-remote", "--no-npm", "--no-lock")


def run(*arguments: str) -> str:
    found = deno()
    assert found is not None
    done = subprocess.run([found, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_functions_are_these() -> None:
    assert {entry.parent.name for entry in ENTRIES} == {"t", "hook", "draft"}


def test_all_sources_pass_denos_check() -> None:
    run("check", *OFFLINE, "--no-config", *map(str, SOURCES))


def test_imports_are_files_of_this_folder() -> None:
    for source in SOURCES:
        graph = json.loads(run("info", "--json", *OFFLINE, str(source)))
        found = [unquote(urlsplit(module["specifier"]).path) for module in graph["modules"]]
        assert {urlsplit(module["specifier"]).scheme for module in graph["modules"]} == {"file"}
        assert [each for each in found if FOLDER not in Path(each).parents] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda path: path.parent.name)
def test_a_bundle_is_below_a_megabyte(entry: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.js"
    run("bundle", *OFFLINE, "--output", str(bundle), str(entry))
    assert 0 < bundle.stat().st_size < MEGABYTE


def test_no_function_reads_a_secret_key_of_the_project() -> None:
    text = "\n".join(source.read_text() for source in SOURCES)
    assert not re.search(r"SERVICE_ROLE|SECRET_KEY|SUPABASE_DB_URL|sb_secret", text)
