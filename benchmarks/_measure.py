"""What the benchmarks share: turns, spread, and a person on one connection."""

from __future__ import annotations

import json
import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from campaign_sdk import LocalSupabase

RESULTS = Path(__file__).parent / "results"
Database = psycopg.Connection[tuple[Any, ...]]
Timer = Callable[[], int]


def cpu_of(db: Database) -> Timer:
    """Tell how many nanoseconds of a processor a connection's server process has used.

    Neighbours on a busy machine take turns, not processor time: it is what repeats. Where the
    system doesn't tell, it is the time of the clock.
    """
    process = Path(f"/proc/{db.info.backend_pid}")
    if not (process / "schedstat").exists():
        return time.perf_counter_ns

    def used() -> int:
        # Having answered it runs on for a moment, and what it has used is told once it rests.
        while (process / "stat").read_text().rpartition(") ")[2].startswith("R"):
            pass
        return int((process / "schedstat").read_text().split()[0])

    return used


def by_turns(
    sides: Mapping[str, Callable[[], object]], rounds: int, now: Timer = time.perf_counter_ns
) -> dict[str, list[float]]:
    """Take each side once a round, A B A B, and return the milliseconds of each; one is thrown."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds + 1):
        for name, run in sides.items():
            begun = now()
            run()
            if turn:
                taken[name].append((now() - begun) / 1e6)
    return taken


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the ratio of the medians, and in brackets the quartiles over the rounds."""
    pairs = [a / b for a, b in zip(ours, theirs, strict=True)]
    low, _, high = statistics.quantiles(pairs, n=4)
    return f"{statistics.median(ours) / statistics.median(theirs):.2f} [{low:.2f}, {high:.2f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def keep(name: str, text: str) -> None:
    """Write a result, and show it."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    print(text, flush=True)


@contextmanager
def database(stack: LocalSupabase) -> Iterator[Database]:
    """Open a connection as the superuser."""
    with psycopg.connect(stack.db_url, autocommit=True) as db:
        yield db


def somebody(db: Database) -> str:
    """Make an account and return its id."""
    user = str(uuid.uuid4())
    db.execute("insert into auth.users (id) values (%s)", [user])
    return user


def become(db: Database, user: str) -> None:
    """Act as a signed-in person, under all policies."""
    claims = json.dumps({"sub": user, "role": "authenticated"})
    db.execute("set role authenticated")
    db.execute("select set_config('request.jwt.claims', %s, false)", [claims])
    # The stock auth.uid() keeps queries from running in parallel; a peer's shouldn't either.
    db.execute("set max_parallel_workers_per_gather = 0")


def become_nobody(db: Database) -> None:
    """Be the superuser again."""
    db.execute("reset role")


@contextmanager
def unchecked(db: Database) -> Iterator[None]:
    """Fill tables without triggers and foreign keys: only for data that keep to them."""
    become_nobody(db)
    db.execute("set session_replication_role = replica")
    yield
    db.execute("set session_replication_role = origin")


def vacuum(db: Database, *tables: str) -> None:
    """Vacuum and analyse tables until an index alone can answer.

    A page stays unmarked while somebody, be it PostgreSQL's own vacuum, looks at an older state.
    """
    unmarked = """
        select count(*) from pg_class
        where oid = any (%s::regclass[]) and relallvisible < 0.99 * relpages
    """
    for _ in range(50):
        # Apart: a vacuum that finds nothing to clean leaves an index's statistics as they were.
        for what in ("vacuum", "analyze"):
            db.execute(f"{what} {', '.join(tables)}".encode())
        if db.execute(unmarked, [list(tables)]).fetchone() == (0,):
            return
        time.sleep(0.2)
    raise RuntimeError(f"somebody looks at an older state of {tables}")
