"""`make mutants`: each mutation alone on a stack of its own, before the tests that are to see it.

    python tests/mutants/run.py [--only REGEX] [--part N/M] [--workers N] [--write]

A mutation is killed if a test fails by what it sees. One that doesn't migrate says nothing of
the tests and is an error, as is one whose text isn't found.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Imported once, but for plugins, which pytest imports itself: the tests run in forks.
import psycopg
import pytest
import supabase

HOUSE = Path(__file__).parents[2]
sys.path[:0] = [str(HOUSE / "tests")]

import campaign_sdk.local  # noqa: E402 - after the path is set
from mutants.mutation import MIGRATIONS, Mutation  # noqa: E402
from mutants.table import MUTATIONS  # noqa: E402

SECONDS = 240
PASSED, FAILED = 0, 1
LOADED = (psycopg, supabase, campaign_sdk.local)
RESULT = HOUSE / "benchmarks" / "results" / "mutants.md"
TOLD = """# Mutants

{total} faults put into the migrations one by one, each before the tests that are to see it, on a
stack of its own. Made by `make mutants`, {workers} at a time.

| what | seen |
|---|---|
| killed | {killed} |
| survived | {survived} |
| minutes | {minutes:.1f} |

*{machine}*
"""


class Trial:
    """The tests of one mutation, in a process of their own."""

    def __init__(self, mutation: Mutation) -> None:
        self.mutation = mutation
        self._folder = Path(tempfile.mkdtemp(prefix="mutant-"))
        # A server that runs as somebody else reads them too.
        self._folder.chmod(0o755)
        self._said = self._folder / "said"
        self._ends = time.monotonic() + SECONDS
        migrations = self._folder / "migrations"
        shutil.copytree(MIGRATIONS, migrations)
        (migrations / mutation.file.name).write_text(mutation.applied(), encoding="utf-8")
        self.process = os.fork()
        if self.process == 0:
            self._test(migrations)

    def _test(self, migrations: Path) -> None:
        code = 70
        try:
            os.setsid()
            said = os.open(self._said, os.O_WRONLY | os.O_CREAT)
            os.dup2(said, 1)
            os.dup2(said, 2)
            os.environ["CAMPAIGN_TEST_MIGRATIONS"] = str(migrations)
            options = ("-q", "-x", "--tb=line", "-p", "no:cacheprovider")
            code = pytest.main([*options, *self.mutation.killers])
            sys.stdout.flush()
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)

    def verdict(self) -> str | None:
        """Return what came of it, or `None` while it lasts."""
        process, status = os.waitpid(self.process, os.WNOHANG)
        if not process and time.monotonic() < self._ends:
            return None
        if not process:
            os.killpg(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        said = self._said.read_text(encoding="utf-8", errors="replace")
        shutil.rmtree(self._folder)
        return "killed" if not process else _meaning(os.waitstatus_to_exitcode(status), said)


def _meaning(code: int, said: str) -> str:
    if "LocalStackError" in said:
        return f"doesn't migrate: {said[-600:]}"
    if code == FAILED:
        return "killed"
    return "survived" if code == PASSED else f"no tests ran: {said[-400:]}"


def tried(mutations: list[Mutation], workers: int) -> Iterator[tuple[Mutation, str]]:
    """Try all, so many at a time."""
    left, running = list(reversed(mutations)), list[Trial]()
    while left or running:
        while left and len(running) < workers:
            running.append(Trial(left.pop()))
        for trial in list(running):
            said = trial.verdict()
            if said is not None:
                running.remove(trial)
                yield trial.mutation, said
        time.sleep(0.05)


def chosen(arguments: argparse.Namespace) -> list[Mutation]:
    number, _, parts = arguments.part.partition("/")
    some = [each for each in MUTATIONS if re.search(arguments.only, each.name)]
    return some[int(number) - 1 :: int(parts)]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def compiled_once() -> Iterator[None]:
    """Let the tests' modules be rewritten for the first mutation, not for each."""
    with tempfile.TemporaryDirectory() as folder:
        sys.dont_write_bytecode, sys.pycache_prefix = False, folder
        yield


def write(total: int, survived: int, workers: int, minutes: float) -> None:
    sys.path[:0] = [str(HOUSE)]
    page = importlib.import_module("benchmarks._page")
    told = {"killed": total - survived, "survived": survived, "machine": page.machine()}
    text = TOLD.format(total=total, workers=workers, minutes=minutes, **told)
    RESULT.write_text(text, encoding="utf-8")


def main() -> int:
    """Try the mutations; return how many weren't killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    arguments = parser.parse_args()
    os.chdir(HOUSE)
    mutations, begun, alive = chosen(arguments), time.monotonic(), list[str]()
    with compiled_once():
        for mutation, said in tried(mutations, arguments.workers):
            say(f"{said:9} {mutation.name}")
            if said != "killed":
                alive.append(f"{said:9} {mutation.name}")
    minutes = (time.monotonic() - begun) / 60
    say("\n".join(["", *alive]))
    say(f"{len(mutations)} mutations, {len(alive)} not killed, {minutes:.1f} minutes")
    if arguments.write:
        write(len(mutations), len(alive), arguments.workers, minutes)
    return min(len(alive), 100)


if __name__ == "__main__":
    sys.exit(main())
