"""A report, and every form in which people take it away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from campaign_sdk._core.files import Target
from campaign_sdk.reports import _export
from campaign_sdk.reports._data import ReportData

if TYPE_CHECKING:
    import pandas
    import polars
    from rich.table import Table


class Report(ReportData):
    """Counts by time, campaign, segment or event type. The lines sum up to the totals.

    What isn't additive (reach, and every rate) is reckoned anew for the totals.

    Attributes:
        metrics: what was asked for.
        group_by: what the lines are about.
        timezone: the IANA time zone of its days.
        start: the first day, or `None` if there is nothing to report.
        end: the day after the last one.
        rows: the lines, by time, then campaign, segment and event type. Gaps are zeros.
        totals: the whole.
    """

    def to_csv(self, path: Target | None = None, *, encoding: str = "utf-8") -> str:
        """Return the lines as CSV (RFC 4180), and write them to a file if one is named.

        A text that a spreadsheet would run as a formula gets an apostrophe in front.

        Args:
            path: the file, which appears whole or not at all.
            encoding: of the file; "utf-8-sig" has the mark by which Excel knows UTF-8.

        Raises:
            InvalidInput: the file can't be written.
        """
        text = _export.csv_text(self.columns, self.records())
        return _export.written(text, path, encoding)

    def to_json(self, path: Target | None = None) -> str:
        """Return the report as JSON, and write it to a file if one is named.

        Values are texts, so that no reader rounds them.
        """
        return _export.written(_export.json_text(self), path)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the lines as a frame of pandas; values become floats.

        Raises:
            ConfigurationError: pandas isn't installed (`campaign-sdk[frames]`).
        """
        return _export.pandas_frame(self)

    def to_polars(self) -> polars.DataFrame:
        """Return the lines as a frame of polars; values become floats.

        Raises:
            ConfigurationError: polars isn't installed (`campaign-sdk[frames]`).
        """
        return _export.polars_frame(self)

    def plot(
        self,
        path: Path | str | None = None,
        *,
        format: str | None = None,
        metrics: Sequence[str] | None = None,
        title: str | None = None,
    ) -> bytes:
        """Draw the report, and write it to a file if one is named. Needs no network.

        A notebook shows what is returned as a picture.

        Args:
            path: ends in .png, .svg, .pdf or .html; the page is self-contained.
            format: `png` (the default), `svg`, `pdf` or `html`, if the path doesn't say.
            metrics: those to draw; by default all that the report has.
            title: stands above it.

        Raises:
            InvalidInput: the format is another one, or there is nothing to draw.
            ConfigurationError: vl-convert isn't installed (`campaign-sdk[plots]`).
        """
        from campaign_sdk.reports import _plots

        return _plots.draw(self, path, format=format, metrics=metrics, title=title)

    def to_html(self, path: Path | str | None = None, *, title: str | None = None) -> str:
        """Return the report as one page, and write it to a file if one is named.

        It has no script and fetches nothing; it follows the reader's light or dark, and can be
        printed. Every number stands there as `to_json` has it, in `<data value="…">`. It is
        drawn as well if `campaign-sdk[plots]` is installed.

        Args:
            path: the file, which appears whole or not at all.
            title: stands above it.

        Raises:
            InvalidInput: the file can't be written.
        """
        from campaign_sdk.reports import _page

        return _export.written(_page.page(self, title), path)

    def to_text(self, width: int = 100) -> str:
        """Return a table for a terminal, so many characters wide."""
        from campaign_sdk.reports import _terminal

        return _terminal.text(self, width)

    def __rich__(self) -> Table:
        """Return a table for `rich.print`."""
        from campaign_sdk.reports import _terminal

        return _terminal.table(self)

    def _repr_html_(self) -> str:
        return _export.html_table(self)
