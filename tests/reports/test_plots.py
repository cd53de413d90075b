"""Pictures, without a network."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from campaign_sdk import Engagement, InvalidInput, Report, ReportRow
from campaign_sdk.reports import _plots
from reports.test_export import made

FORMULA = "=1+1"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.attributes.update(name for name, _ in attrs)


def texts(svg: bytes) -> list[str]:
    return [node.text or "" for node in ET.fromstring(svg).iter() if node.tag.endswith("text")]


def test_a_png_has_a_size(tmp_path: Path) -> None:
    drawn = made("Spring", "Autumn").plot(tmp_path / "report.png")
    assert (tmp_path / "report.png").read_bytes() == drawn
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", drawn[16:24])
    assert width > 1_000
    assert height > 500


def test_an_svg_names_axes_units_and_lines() -> None:
    drawn = texts(made("Spring", FORMULA).plot(format="svg", title="What happened"))
    for text in (
        "What happened",
        "2025-06-01 to 2025-06-02 (UTC)",
        "Impressions",
        "Click-through rate (%)",
        "Day (UTC)",
        "Spring",
        FORMULA,
    ):
        assert text in drawn


def test_a_page_needs_no_network(tmp_path: Path) -> None:
    page = made("</script><img src=x>").plot(tmp_path / "report.html").decode()
    assert (tmp_path / "report.html").read_bytes().decode() == page
    tags = Tags()
    tags.feed(page)
    known = {"html", "head", "meta", "title", "style", "body", "div", "script"}
    assert {"script", "body"} <= set(tags.found) <= known
    assert not {"src", "href"} & tags.attributes


def test_bars_where_there_is_no_time() -> None:
    row = ReportRow(
        campaign=UUID(int=1), campaign_name="Spring", impressions=1_234, clicks=5, conversions=0
    )
    other = {"campaign": UUID(int=2), "campaign_name": "Autumn", "impressions": 0}
    report = Report(
        metrics=("impressions", "ctr"),
        group_by=("campaign",),
        timezone="UTC",
        rows=(row, row.model_copy(update=other)),
        totals=Engagement(impressions=1_234, clicks=5, conversions=0),
    )
    drawn = texts(report.plot(format="svg"))
    assert {"Spring", "Autumn", "1,234", "0.41%"} <= set(drawn)


def test_two_campaigns_of_one_name_are_two_lines() -> None:
    drawn = texts(made("Spring", "Spring").plot(format="svg"))
    assert sum(text.startswith("Spring (") for text in drawn) == 2


def test_the_days_are_those_of_the_report_wherever_it_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    rows = tuple(
        ReportRow(day=date(2025, 6, day), impressions=day, clicks=0, conversions=0)
        for day in range(1, 5)
    )
    totals = Engagement(impressions=10, clicks=0, conversions=0)
    report = made("x").model_copy(update={"rows": rows, "group_by": ("day",), "totals": totals})
    drawn = texts(report.plot(format="svg", metrics=["impressions"]))
    assert "1 Jun 2025" in drawn
    assert "31 May 2025" not in drawn


def course(period: str, days: list[date], **campaigns: int) -> Report:
    """So many impressions of each campaign, in each period."""
    rows = tuple(
        ReportRow(
            day=day if period == "day" else None,
            week=day if period == "week" else None,
            month=day if period == "month" else None,
            campaign=UUID(int=number),
            campaign_name=name,
            impressions=impressions,
            clicks=0,
            conversions=0,
        )
        for day in days
        for number, (name, impressions) in enumerate(campaigns.items())
    )
    totals = Engagement(impressions=0, clicks=0, conversions=0)
    groups = (period, "campaign")
    return made("x").model_copy(update={"rows": rows, "group_by": groups, "totals": totals})


def marks(report: Report) -> set[str]:
    drawn = _plots.specification(report, ["impressions"], None)
    (panel,) = drawn["vconcat"]
    return {one["mark"]["type"] for one in panel.get("layer", [panel])}


def test_one_day_has_no_course() -> None:
    one, two = date(2026, 3, 2), date(2026, 3, 3)
    for period in ("day", "week", "month"):
        assert marks(course(period, [one], Spring=5, Autumn=6)) == {"bar", "text"}
    assert marks(course("day", [one, two], Spring=5)) == {"line"}
    many = {f"No. {number}": 5 for number in range(30)}
    assert "No. 29" in texts(course("day", [one], **many).plot(format="svg"))
    nameless = course("day", [one], Spring=5).model_copy(update={"group_by": ("day",)})
    row = nameless.rows[0].model_copy(update={"campaign": None, "campaign_name": None})
    report = nameless.model_copy(update={"rows": (row,)})
    assert "2026-03-02" in texts(report.plot(format="svg", metrics=["impressions"]))


def test_weeks_and_days_are_named_once_and_begin_when_they_do() -> None:
    mondays = [date(2026, 3, day) for day in (2, 9, 16, 23, 30)]
    drawn = texts(course("week", mondays, Spring=5).plot(format="svg", metrics=["impressions"]))
    named = [text for text in drawn if text.endswith("2026")]
    assert named == [f"{day.day} Mar 2026" for day in mondays]
    drawn = texts(course("day", mondays[:2], Spring=5).plot(format="svg", metrics=["impressions"]))
    assert drawn.count("2 Mar 2026") == 1
    year = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 12, 1)]
    drawn = texts(course("month", year, Spring=5).plot(format="svg", metrics=["impressions"]))
    assert {"Jan 2026", "Dec 2026"} <= set(drawn)


def test_drafts_are_no_lines_at_zero() -> None:
    days = [date(2026, 3, day) for day in (2, 3, 4)]
    drawn = texts(course("day", days, Spring=5, Draft=0).plot(format="svg"))
    assert any(text.endswith("nothing yet of Draft") for text in drawn)
    assert "Draft" not in drawn
    nothing = course("day", days, Draft=0, Other=0)
    data = _plots.specification(nothing, ["impressions"], None)["data"]["values"]
    assert all("impressions" not in datum for datum in data)
    assert any(text.endswith("nothing yet") for text in texts(nothing.plot(format="svg")))


def test_long_names_that_begin_alike_can_be_told_apart() -> None:
    long = "The newsletter of this spring for all who have bought something in the shop"
    days = [date(2026, 3, day) for day in (2, 3)]
    drawn = texts(course("day", days, **{f"{long}, 1": 5, f"{long}, 2": 6}).plot(format="svg"))
    shown = [text for text in drawn if text.startswith("The newsletter")]
    assert len(set(shown)) == 2
    assert all(len(text) < 50 for text in shown)


def test_a_notebook_shows_it() -> None:
    for kind, shown_as in (("png", "image/png"), ("svg", "image/svg+xml")):
        drawn: Any = made("Spring").plot(format=kind)
        assert list(drawn._repr_mimebundle_(include=None, exclude=None)) == [shown_as]
    assert drawn._repr_mimebundle_()["image/svg+xml"].startswith("<svg")


def test_a_pdf(tmp_path: Path) -> None:
    assert made("Spring").plot(tmp_path / "report.pdf").startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"path": "report.gif"}, "format"),
        ({"path": "report"}, "format"),
        ({"format": "gif"}, "format"),
        ({"metrics": ["clicks"]}, "metrics"),
        ({"metrics": ["opens"]}, "metrics"),
    ],
)
def test_what_cant_be_drawn_is_refused(arguments: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        made("Spring").plot(**arguments)
    assert caught.value.path == path


def test_neither_nothing_nor_everything_is_drawn() -> None:
    for names in ((), tuple(f"No. {number}" for number in range(11))):
        with pytest.raises(InvalidInput) as caught:
            _plots.specification(made(*names), ["impressions"], None)
        assert caught.value.path == "report"
