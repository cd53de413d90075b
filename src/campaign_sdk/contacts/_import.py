"""How an import is accounted for: every row is exactly one of five things."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pydantic import model_validator

from campaign_sdk._core.model import Model
from campaign_sdk.contacts._csv import Row

# A file full of problems must not fill the memory with them.
_PROBLEMS_KEPT = 1_000


class Problem(Model):
    """A row that wasn't stored.

    Attributes:
        line: of the file, counted from 1, the header included; or a position, from 0.
        column: the column that is wrong, or `row`.
        reason: what is wrong with it.
    """

    line: int
    column: str
    reason: str


class ImportReport(Model):
    """What became of the rows: `read = created + updated + unchanged + duplicate + rejected`.

    Attributes:
        read: rows in all.
        created: contacts that are new.
        updated: contacts that were there, and have changed.
        unchanged: contacts that were there, just so.
        duplicate: rows whose address stood in an earlier row already; that one counts.
        rejected: rows that were refused.
        problems: the first 1,000 duplicates and refusals, each with its line and reason.
    """

    read: int
    created: int
    updated: int
    unchanged: int
    duplicate: int
    rejected: int
    problems: tuple[Problem, ...] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> ImportReport:
        stored = self.created + self.updated + self.unchanged
        if self.read != stored + self.duplicate + self.rejected:
            raise ValueError("the rows of an import don't add up")
        return self


T = TypeVar("T")


def ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, making each in a thread while the one before is in use.

    Reading and checking a batch takes about as long as storing one: side by side, an
    import takes half the time.
    """
    source = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="campaign-import") as pool:
        coming = pool.submit(next, source, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, source, None)
            yield item


class Tally:
    """The running account of one import."""

    def __init__(
        self, reject: Callable[[Row, Problem], object] = lambda _row, _problem: None
    ) -> None:
        self._reject = reject
        self._lines: dict[str, int] = {}
        self._problems: list[Problem] = []
        self._folded = 0
        self.created = self.updated = self.unchanged = self.duplicate = self.rejected = 0

    def batches(self, rows: Iterable[Row], size: int) -> Iterator[list[dict[str, Any]]]:
        """Yield the items to be stored, so many at a time, and account for the other rows."""
        batch: list[dict[str, Any]] = []
        for row in rows:
            item = self._accepted(row)
            if item is None:
                continue
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch

    def stored(self, sent: int, result: dict[str, int]) -> None:
        """Account for a batch that the database has stored."""
        self.created += result["created"]
        self.updated += result["updated"]
        self.unchanged += result["unchanged"]
        # The database folds a few addresses that Python's lower-casing keeps apart.
        self._folded += sent - sum(result.values())

    def report(self) -> ImportReport:
        """Return the account so far."""
        counts = {
            name: getattr(self, name)
            for name in ("created", "updated", "unchanged", "duplicate", "rejected")
        }
        counts["duplicate"] += self._folded
        return ImportReport(read=sum(counts.values()), problems=tuple(self._problems), **counts)

    def _accepted(self, row: Row) -> dict[str, Any] | None:
        if row.problem is not None:
            problem = Problem(line=row.line, column=row.problem.path, reason=row.problem.reason)
            self.rejected += 1
            self._note(problem)
            self._reject(row, problem)
            return None
        item = row.item or {}
        first = self._lines.setdefault(item["email"], row.line)
        if first != row.line:
            self.duplicate += 1
            reason = f"the address stands in line {first} already"
            self._note(Problem(line=row.line, column="email", reason=reason))
            return None
        return item

    def _note(self, problem: Problem) -> None:
        if len(self._problems) < _PROBLEMS_KEPT:
            self._problems.append(problem)
