"""How an ingestion is accounted for: every event is new, a duplicate, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Annotated, Any

from pydantic import Field

from campaign_sdk._core.errors import CampaignError, InvalidInput, ProtocolError
from campaign_sdk._core.model import Model, are_positions
from campaign_sdk.analytics._events import prepare_event

_PROBLEMS_KEPT = 1_000


class EventProblem(Model):
    """An event that was refused.

    Attributes:
        position: which one of those given, counted from 0.
        path: the field that is wrong, or `row`.
        reason: what is wrong with it.
        line: of a file, counted from 1, the header included.
    """

    position: int
    path: str
    reason: str
    line: int | None = None


class IngestReport(Model):
    """What became of the events given.

    Attributes:
        inserted: events that are new, and are counted now.
        duplicates: the same events again, which were counted before, here or earlier.
        rejected: events that were refused.
        problems: the first 1,000 refusals.
    """

    inserted: int
    duplicates: int
    rejected: int
    problems: tuple[EventProblem, ...] = ()


class Stored(Model):
    """The database's answer to a batch: positions in it, each with a reason."""

    inserted: int = Field(ge=0)
    duplicates: int = Field(ge=0)
    rejected: list[Annotated[int, Field(ge=0)]]
    reasons: list[str]

    def check(self, sent: int) -> None:
        """Raise `ProtocolError` unless the answer accounts for what was sent."""
        whole = self.inserted + self.duplicates + len(self.rejected)
        if whole != sent or not are_positions(self.rejected, self.reasons, sent):
            raise ProtocolError(f"the server accounts for {whole} of the {sent} events sent")


Refused = Callable[[int, str, str], int | None]


@dataclass
class Batch:
    """Events that are sent together.

    Attributes:
        events: the good ones, as they are sent.
        positions: theirs, counted from 0 over all events.
        refused: the position of each other one, the field, and what is wrong with it.
    """

    events: list[dict[str, Any]] = dataclass_field(default_factory=list)
    positions: list[int] = dataclass_field(default_factory=list)
    refused: list[tuple[int, str, str]] = dataclass_field(default_factory=list)

    @property
    def all_positions(self) -> list[int]:
        """The positions of all of them."""
        return sorted({*self.positions, *(position for position, _, _ in self.refused)})

    @property
    def keys(self) -> set[tuple[str, str]]:
        """Which events these are: of two of one id the first counts."""
        return {(event["campaign_id"], event["event_id"]) for event in self.events}

    def add(self, position: int, event: Any) -> None:
        """Check an event and take it in."""
        try:
            if isinstance(event, InvalidInput):
                raise event
            self.events.append(prepare_event(event))
        except InvalidInput as error:
            self.refused.append((position, error.path, error.reason))
        else:
            self.positions.append(position)


class Account:
    """The running account of one ingestion.

    Args:
        refused: called with the position of an event that is refused, the field, and what
            is wrong with it; returns its line, if it has one.
    """

    def __init__(self, refused: Refused = lambda _position, _path, _reason: None) -> None:
        self._refused = refused
        self._read = self._inserted = self._duplicates = self._rejected = 0
        self._problems: list[EventProblem] = []

    def prepare(self, events: Iterable[Any]) -> Batch:
        """Return the next events, checked."""
        batch = Batch()
        for position, event in enumerate(events, self._read):
            batch.add(position, event)
        self._read += len(batch.positions) + len(batch.refused)
        return batch

    def refuse(self, batch: Batch) -> None:
        """Account for the bad ones of a batch."""
        for position, path, reason in sorted(batch.refused):
            self._reject(position, path, reason)

    def stored(self, batch: Batch, result: Stored) -> None:
        """Account for a batch that the database has taken.

        Raises:
            ProtocolError: the answer can't be one to this batch.
        """
        result.check(len(batch.positions))
        self._inserted += result.inserted
        self._duplicates += result.duplicates
        for index, reason in zip(result.rejected, result.reasons, strict=True):
            path, _, why = reason.partition(": ")
            batch.refused.append((batch.positions[index], path, why))
        self.refuse(batch)

    def report(self) -> IngestReport:
        """Return the account so far."""
        return IngestReport(
            inserted=self._inserted,
            duplicates=self._duplicates,
            rejected=self._rejected,
            problems=tuple(self._problems),
        )

    def explain(self, error: CampaignError) -> None:
        """Say in an error how far the ingestion came."""
        error.add_note(
            f"{self._inserted} new events were counted before this. Give all of them again: "
            "none is counted twice."
        )

    def _reject(self, position: int, path: str, reason: str) -> None:
        self._rejected += 1
        line = self._refused(position, path, reason)
        if len(self._problems) < _PROBLEMS_KEPT:
            problem = EventProblem(position=position, path=path, reason=reason, line=line)
            self._problems.append(problem)
