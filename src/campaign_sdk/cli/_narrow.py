"""Tables that a narrow terminal can show: rows become paragraphs there."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

# Text may be folded, but not to a column of syllables.
_READABLE = 16


class FittingTable(Table):
    """A table; or, where its columns don't fit, a paragraph for each row."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render it."""
        gaps = len(self.columns) * self.padding[1]
        needed = gaps + sum(_needed(console, options, column) for column in self.columns)
        if needed <= options.max_width:
            yield from super().__rich_console__(console, options)
        else:
            yield from self._paragraphs()

    def _paragraphs(self) -> Iterator[Table | Text]:
        names = [str(column.header) for column in self.columns]
        cells = [list(column.cells) for column in self.columns]
        for number in range(self.row_count):
            if number:
                yield Text()
            row = Table.grid(padding=(0, 2, 0, 0))
            row.add_column(style="cyan")
            row.add_column(overflow="fold")
            for name, column in zip(names, cells, strict=True):
                row.add_row(name, column[number])
            yield row


def _needed(console: Console, options: ConsoleOptions, column: Column) -> int:
    """Return how wide a column must be to be read."""
    wide = options.update(max_width=10_000)
    widths = [Measurement.get(console, wide, each).maximum for each in column.cells]
    longest = max(widths, default=0)
    shown = longest if column.justify == "right" else min(longest, _READABLE)
    return max(shown, Measurement.get(console, wide, column.header).maximum)
