"""How an import is accounted for: every row is exactly one of five things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from operator import attrgetter
from threading import Lock
from typing import Any

from pydantic import Field, model_validator

from campaign_sdk._core.errors import CampaignError
from campaign_sdk._core.model import Model
from campaign_sdk.contacts._batches import Batch, Gathered, Seen, opt_out
from campaign_sdk.contacts._models import Stored
from campaign_sdk.contacts.files._notes import ImportColumn, Note
from campaign_sdk.contacts.files._plan import Row

# A file full of problems must not fill the memory with them.
_PROBLEMS_KEPT = 1_000
_SHOWN = 5


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
        duplicate: rows whose address stood in an earlier row already; that one counts, but
            for an unsubscription, which counts in any row.
        rejected: rows that were refused.
        opted_out: rows that say that their person has unsubscribed, whatever they are else.
        problems: the first 1,000 duplicates and refusals, each with its line and reason.
        notes: what was found out about the file.
        warnings: what somebody should look at.
        columns: what became of each column.
        delimiter: what stands between the cells.
        encoding: of the file's text.
        program: the program that wrote the file, if it is a known one.
        dry_run: whether nothing was written: the counts say what would have become.
        sample: of a dry run: the first contacts as they would be stored.
    """

    read: int
    created: int
    updated: int
    unchanged: int
    duplicate: int
    rejected: int
    opted_out: int = 0
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    columns: tuple[ImportColumn, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None
    program: str | None = None
    dry_run: bool = False
    sample: tuple[dict[str, Any], ...] = Field(default=(), repr=False)

    @model_validator(mode="after")
    def _adds_up(self) -> ImportReport:
        stored = self.created + self.updated + self.unchanged
        if self.read != stored + self.duplicate + self.rejected:
            raise ValueError("the rows of an import don't add up")
        return self


class Tally:
    """The running account of one import.

    Args:
        reject: takes each refused row, the column and the reason.
        expected: how many rows there may be.
        about: what a report says of the file.
    """

    def __init__(
        self,
        reject: Callable[[Row, str, str], object] | None = None,
        *,
        expected: int = 0,
        **about: Any,
    ) -> None:
        self._reject = reject
        self._about = about
        self._is_dry = bool(about.get("dry_run"))
        self._seen = Seen(expected)
        self._refused_but_gone: dict[str, str] = {}
        self._problems: list[Problem] = []
        self._sample: dict[int, dict[str, Any]] = {}
        self._misfits: Counter[str] = Counter()
        self._folded = self._refused_late = 0
        # Rows are read in one thread while others are stored in another; both refuse some.
        self._noting = Lock()
        self.created = self.updated = self.unchanged = self.duplicate = self.rejected = 0
        self.opted_out = 0

    def batches(self, rows: Iterable[Row], size: int) -> Generator[Batch, None, None]:
        """Yield what is to be sent, so many at a time, and account for the other rows."""
        batch = self._gathered()
        for row in rows:
            if row.opted_out:
                self.opted_out += 1
            if row.item is not None:
                self._accept(row, row.item, batch)
            elif row.problem is not None:
                self._refuse(row, row.problem.path, row.problem.reason, batch)
            if batch.size == size:
                yield batch.written()
                batch = self._gathered()
        if batch.size:
            yield batch.written()

    def _gathered(self) -> Gathered:
        return Gathered(keeps_cells=self._reject is not None)

    def stored(self, batch: Batch, result: Stored) -> None:
        """Account for a batch that the database has stored, but for the rows that it refused.

        Raises:
            ProtocolError: the answer can't be one to this batch.
        """
        result.check(len(batch.rows))
        self.created += result.created
        self.updated += result.updated
        self.unchanged += result.unchanged
        self._misfits.update(result.misfits or {})
        self._refused_late += len(result.rejected)
        for position, reason in zip(result.rejected, result.reasons, strict=True):
            column, _, why = reason.partition(": ")
            row = batch.row(position)
            self._note(row, column, why, refused=True)
            self._sample.pop(row.line, None)
        # The database folds a few addresses that Python's lower-casing keeps apart.
        taken = result.created + result.updated + result.unchanged + len(result.rejected)
        self._folded += len(batch.rows) - taken

    def explain(self, error: CampaignError) -> None:
        """Say in an error how far the import came."""
        if (stored := self.created + self.updated + self.unchanged) and not self._is_dry:
            error.add_note(
                f"{stored} contacts were stored before this. Give all of them again: what is "
                "there comes out as unchanged."
            )

    def report(self) -> ImportReport:
        """Return the account so far."""
        counts = {
            name: getattr(self, name)
            for name in ("created", "updated", "unchanged", "duplicate", "rejected")
        }
        counts["duplicate"] += self._folded
        counts["rejected"] += self._refused_late
        about = dict(self._about)
        misfits = map(_misfit, self._misfits.most_common())
        about["warnings"] = (*about.get("warnings", ()), *misfits)
        if self._is_dry:
            about["sample"] = tuple(self._sample.values())
        return ImportReport(
            read=sum(counts.values()),
            opted_out=self.opted_out,
            problems=tuple(sorted(self._problems, key=attrgetter("line"))),
            **counts,
            **about,
        )

    def _accept(self, row: Row, item: dict[str, Any], batch: Gathered) -> None:
        email: str = item["email"]
        first = self._seen.first(email, row.line)
        if first != row.line:
            self.duplicate += 1
            reason = f"the address stands in line {first} already"
            self._note(row, "email", reason)
        else:
            batch.add(row, item)
            if len(self._sample) < _SHOWN:
                self._sample[row.line] = item
        since = row.opted_out[1] if row.opted_out else self._refused_but_gone.get(email)
        if since:
            self._opt_out(email, since, batch)

    def _refuse(self, row: Row, column: str, reason: str, batch: Gathered) -> None:
        self.rejected += 1
        self._note(row, column, reason, refused=True)
        if row.opted_out:
            # Their contact may be there already, or come with a later row.
            email, since = row.opted_out
            self._opt_out(email, since, batch)
            self._refused_but_gone.setdefault(email, since)

    def _opt_out(self, email: str, since: str, batch: Gathered) -> None:
        batch.opt_out(email, since)
        # What is text by now is shown as well.
        for shown in [*self._sample.values()]:
            if shown["email"] == email:
                opt_out(shown, since)

    def _note(self, row: Row, column: str, reason: str, *, refused: bool = False) -> None:
        with self._noting:
            if len(self._problems) < _PROBLEMS_KEPT:
                self._problems.append(Problem(line=row.line, column=column, reason=reason))
            if refused and self._reject is not None:
                self._reject(row, column, reason)


def _misfit(counted: tuple[str, int]) -> Note:
    """Return what is to be said of contacts that were stored, and break the schema."""
    field, _, expected = counted[0].partition(": ")
    return Note(
        kind="schema",
        column=field,
        text=f"breaks the schema in {counted[1]} contacts, which are stored: it {expected}",
    )
