"""A report in the hands of other programs."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console

from campaign_sdk import ConfigurationError, Engagement, Report, ReportRow
from campaign_sdk.reports import _export

A, B = UUID(int=1), UUID(int=2)
EVIL = '=HYPERLINK("http://evil.example";"click")'


def made(*names: str, metrics: tuple[str, ...] = ("impressions", "ctr", "value")) -> Report:
    rows = [
        ReportRow(
            day=date(2025, 6, day),
            campaign=UUID(int=number),
            campaign_name=name,
            impressions=1_000 * day,
            clicks=10 * number,
            conversions=0,
            value=Decimal("0.10") * day,
        )
        for day in (1, 2)
        for number, name in enumerate(names)
    ]
    total = Engagement(
        impressions=sum(row.impressions for row in rows),
        clicks=sum(row.clicks for row in rows),
        conversions=0,
        value=sum((row.value or Decimal(0) for row in rows), Decimal(0)),
    )
    return Report(
        metrics=metrics,
        group_by=("day", "campaign"),
        timezone="UTC",
        start=date(2025, 6, 1),
        end=date(2025, 6, 3),
        rows=tuple(rows),
        totals=total,
    )


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_holds_every_line(tmp_path: Path) -> None:
    report = made("Spring, 2025", 'The "big" one')
    text = report.to_csv(tmp_path / "report.csv")
    assert (tmp_path / "report.csv").read_bytes().decode() == text
    lines = read(text)
    assert [line["campaign_name"] for line in lines[:2]] == ["Spring, 2025", 'The "big" one']
    assert [int(line["impressions"]) for line in lines] == [1_000, 1_000, 2_000, 2_000]
    assert (lines[0]["day"], lines[0]["value"]) == ("2025-06-01", "0.10")


@pytest.mark.parametrize(
    "name",
    [
        EVIL,
        "+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\uff1d1",
        "\u00a0=1",
        "\u3000@x",
        "\u2003=1",
        "\u200b=1",
        "\ufeff=1",
        "\v=1",
        "\f=1",
    ],
)
def test_no_text_of_a_csv_is_a_formula(name: str) -> None:
    line = read(made(name).to_csv())[0]
    assert line["campaign_name"] == f"'{name}"


def test_a_negative_number_stays_a_number() -> None:
    assert _export.cell(-5) == -5
    assert _export.cell(Decimal("-1E+3")) == "-1000"
    assert _export.cell("Spring = fun") == "Spring = fun"


def test_a_file_for_spreadsheets_has_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    text = made("Köln").to_csv(path, encoding="utf-8-sig")
    assert path.read_bytes() == b"\xef\xbb\xbf" + text.encode()
    assert path.stat().st_mode & 0o777 == 0o600


def test_json_says_what_it_is(tmp_path: Path) -> None:
    report = made("Spring \u2603", EVIL)
    text = report.to_json(tmp_path / "report.json")
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert json.loads(text) == told
    assert told["rows"][1]["campaign_name"] == EVIL
    assert told["totals"]["value"] == "0.60"
    assert (told["start"], told["timezone"]) == ("2025-06-01", "UTC")


def test_frames_hold_every_line_with_its_type() -> None:
    report = made("Spring", EVIL)
    pandas, polars = report.to_pandas(), report.to_polars()
    assert (
        list(pandas["impressions"]) == polars["impressions"].to_list() == [1000, 1000, 2000, 2000]
    )
    assert str(pandas["day"].dtype).startswith("datetime64")
    assert polars["day"].to_list()[0] == date(2025, 6, 1)
    assert list(pandas["value"]) == polars["value"].to_list() == [0.1, 0.1, 0.2, 0.2]
    assert pandas["campaign_name"][1] == polars["campaign_name"][1] == EVIL


def test_an_empty_report_has_frames_too() -> None:
    report = made()
    assert list(report.to_pandas().columns) == list(report.columns)
    assert report.to_polars().columns == list(report.columns)
    assert read(report.to_csv()) == []


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(_export, "import_module", gone)
    report = made("Spring")
    for take, extra in (
        (report.to_pandas, "frames"),
        (report.to_polars, "frames"),
        (report.plot, "plots"),
    ):
        with pytest.raises(ConfigurationError, match=rf"\[{extra}\]"):
            take()


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_a_notebook_shows_a_table_and_runs_nothing() -> None:
    name = "<script>alert(1)</script>"
    cells = Cells()
    cells.feed(made("Spring", name)._repr_html_())
    assert "script" not in cells.tags
    assert name in cells.text
    assert {"Total", "6,000", "0.60"} <= set(cells.text)


def test_a_notebook_shows_the_ends_of_a_long_table() -> None:
    report = made(*(f"No. {number}" for number in range(100)))
    html = report._repr_html_()
    assert html.count("<tr>") == 63
    assert "140 more lines" in html


def test_a_terminal_shows_the_lines_and_the_totals() -> None:
    text = made("Spring", "[bold]Autumn[/bold]").to_text()
    assert "[bold]Autumn[/bold]" in text
    for part in ("Click-through rate", "1.00%", "2025-06-02", "6,000", "0.60"):
        assert part in text
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(made("Spring"))
    assert "2025-06-01 to 2025-06-02 (UTC)" in console.export_text()


def test_a_report_introduces_itself() -> None:
    assert repr(made("Spring")) == "<Report by day, campaign: 2 lines, 2025-06-01 to 2025-06-03>"
