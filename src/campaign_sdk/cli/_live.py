"""What is seen of a campaign while it is sent."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from campaign_sdk.cli import _show

if TYPE_CHECKING:
    from rich.console import Console

    from campaign_sdk.deliveries import SendReport

# Seconds over which a pace is taken, and between two lines where nothing is live.
_WINDOW = 15.0
_BETWEEN = 5.0


@dataclass
class Pace:
    """How fast something goes, as of its last seconds."""

    _marks: deque[tuple[float, int]] = field(default_factory=deque)

    def mark(self, moment: float, done: int) -> None:
        """Note how much is done."""
        self._marks.append((moment, done))
        while len(self._marks) > 2 and moment - self._marks[1][0] > _WINDOW:
            self._marks.popleft()

    @property
    def per_second(self) -> float | None:
        """The pace, or `None` while there is none to speak of."""
        if len(self._marks) < 2:
            return None
        (start, before), (end, now) = self._marks[0], self._marks[-1]
        return (now - before) / (end - start) if end > start and now > before else None

    def left(self, rest: int) -> float | None:
        """Return the seconds that a rest will take."""
        pace = self.per_second
        return None if pace is None else rest / pace


class View(Protocol):
    """Shows reports, and remembers the last."""

    last: SendReport | None

    def show(self, report: SendReport) -> None:
        """Show how far it is."""


@contextmanager
def live_view() -> Iterator[View]:
    """Show progress on stderr: live on a terminal, as a line now and then elsewhere."""
    screen = _show.console(stderr=True)
    if screen.is_terminal:
        with _Bar(screen) as bar:
            yield bar
    else:
        yield _Lines()


def handled(report: SendReport) -> int:
    """Return how many have an outcome."""
    return report.sent + report.failed + report.skipped + report.unknown


def sentence(report: SendReport, pace: Pace) -> str:
    """Return a report as one line."""
    counts = [f"{report.sent:,} sent"]
    for name in ("failed", "skipped", "unknown"):
        if number := getattr(report, name):
            counts.append(f"{number:,} {name}")
    counts.append(f"{report.pending:,} left")
    if (speed := pace.per_second) is not None:
        counts.append(f"{speed:,.0f}/s")
    if report.pending and (left := pace.left(report.pending)) is not None:
        counts.append(f"{_clock(left)} to go")
    said = ", ".join(counts)
    return f"{said}; waiting: {report.waiting}" if report.waiting else said


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class _Lines:
    def __init__(self) -> None:
        self._pace = Pace()
        self._next = time.monotonic() + _BETWEEN
        self.last: SendReport | None = None

    def show(self, report: SendReport) -> None:
        self.last = report
        now = time.monotonic()
        self._pace.mark(now, handled(report))
        if now >= self._next:
            self._next = now + _BETWEEN
            _show.note(sentence(report, self._pace))


class _Bar:
    def __init__(self, screen: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._pace = Pace()
        self._progress = Progress(
            TextColumn("[green]{task.percentage:>3.0f}%"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            console=screen,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)
        self.last: SendReport | None = None

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, report: SendReport) -> None:
        self.last = report
        done = handled(report)
        self._pace.mark(time.monotonic(), done)
        self._progress.update(
            self._task,
            completed=done,
            total=done + report.pending,
            description=sentence(report, self._pace),
        )
