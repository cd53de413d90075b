"""A report as a page: one file that runs nothing, fetches nothing, and lies about nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from campaign_sdk import InvalidInput, Report
from campaign_sdk._core.errors import ConfigurationError
from campaign_sdk.reports import _plots
from campaign_sdk.reports._request import prepare_report

from .conftest import Year

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=https://evil.example/x.png onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><link rel=stylesheet href=//evil.example/x.css>",
    "url(https://evil.example) ]]> <!-- -->",
    "&lt;script&gt;",
]
EMPTY = {"meta", "br", "hr", "img", "link", "input"}
# What makes a browser fetch, run, or go somewhere.
ACTIVE = {"script", "iframe", "object", "embed", "link", "img", "image", "video", "audio", "base"}
FETCHING = {"src", "href", "xlink:href", "srcset", "data", "action", "poster", "background", "ping"}


class Page(HTMLParser):
    """What a page consists of; refuses tags that don't match."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.values: list[str] = []
        self.styles: list[str] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.values += [value or "" for name, value in attrs if (tag, name) == ("data", "value")]
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.styles if self._open[-1:] == ["style"] else self.texts).append(data)


def report(
    names: Sequence[str], metrics: Sequence[str] = ("impressions", "clicks", "ctr")
) -> Report:
    """What the database would answer for campaigns of these names."""
    request = prepare_report(
        metrics, "campaign", start=None, end=None, campaigns=None, segment=None, timezone=None
    )
    ids = [f"00000000-0000-0000-0000-{number:012}" for number in range(len(names))]
    zeros = [0] * len(ids)
    counts = dict.fromkeys(
        ("delivered", "bounced", "complained", "unsubscribed", "machine_impressions"), zeros
    )
    answer: dict[str, Any] = {
        "timezone": "UTC",
        "since": "2026-01-01",
        "until": "2026-02-01",
        "days": None,
        "campaigns": ids,
        "segments": None,
        "impressions": [3 * number for number in range(len(ids))],
        "clicks": list(range(len(ids))),
        "conversions": zeros,
        **counts,
        "machine_clicks": zeros,
        "reach": None,
        "identified": None,
        "value": None,
        "total": {"impressions": 45, "clicks": 50, "conversions": 0},
        "names": dict(zip(ids, names, strict=True)),
    }
    return Report.of(request, answer)


def check_harmless(text: str) -> Page:
    page = Page(text)
    assert not page.tags & ACTIVE
    names = {name for name, _ in page.attributes}
    assert not names & FETCHING
    assert not [name for name in names if name.startswith("on")]
    styles = " ".join([*page.styles, *(v for n, v in page.attributes if n == "style")])
    assert not re.search(r"url\(|@import|expression|javascript:", styles)
    assert ("http-equiv", "Content-Security-Policy") in page.attributes
    assert any(value.startswith("default-src 'none'") for _, value in page.attributes)
    return page


def json_numbers(found: Report) -> list[str]:
    """The numbers of `--json`, line by line and then the totals."""
    data = json.loads(found.to_json())
    lines = [*data["rows"], data["totals"]]
    values = [line[name] for line in lines for name in found.metrics]
    return [str(value) for value in values if value is not None]


@pytest.mark.parametrize("drawn", [True, False])
def test_names_are_only_ever_text(drawn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not drawn:
        monkeypatch.setattr(_plots, "draw", missing)
    text = report(HOSTILE).to_html(title=HOSTILE[0])
    page = check_harmless(text)
    assert ("svg" in page.tags) is drawn
    shown = [part.strip() for part in page.texts]
    for name in HOSTILE:
        assert name in shown
    assert "xmlns" not in text
    assert page.values == json_numbers(report(HOSTILE))


def missing(*_: Any, **__: Any) -> bytes:
    raise ConfigurationError("vl_convert isn't installed")


def test_a_page_without_lines_or_with_too_many_series_is_still_one() -> None:
    for found in (report([]), report([f"c{number}" for number in range(40)])):
        page = check_harmless(found.to_html())
        assert page.values == json_numbers(found)


def test_doubts_are_told() -> None:
    page = check_harmless(report(["a"]).to_html())
    assert "Doubts" in page.texts
    assert any("ctr is 111%" in text for text in page.texts)


@pytest.mark.parametrize("groups", ["day", "month", ["week", "campaign"], "event_type", []])
def test_its_numbers_are_those_of_the_json(year: Year, groups: Any, tmp_path: Path) -> None:
    metrics = ["impressions", "clicks", "reach", "value", "ctr", "cvr"]
    found = year.client.analytics.report(metrics, groups)
    path = tmp_path / "spring.html"
    text = found.to_html(path)
    assert path.read_text(encoding="utf-8") == text
    page = check_harmless(text)
    assert page.values == json_numbers(found)
    for look in ("prefers-color-scheme: dark", "@media print"):
        assert look in page.styles[0]


def test_a_file_that_cant_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        report(["a"]).to_html(tmp_path / "no" / "such" / "folder.html")
