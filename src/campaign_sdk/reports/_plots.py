"""A report as a picture, drawn by Vega-Lite without a network or a browser."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.files import write_bytes_whole
from campaign_sdk.reports._data import ReportData, ReportRow
from campaign_sdk.reports._export import caption, extra
from campaign_sdk.reports._metrics import METRICS, check_metrics
from campaign_sdk.reports._request import PERIODS

# What tells one line or bar from another: campaign, segment, event type.
Key = tuple[UUID | None, UUID | None, str | None]

_PLACE = "the place of the picture"
_FORMATS = ("png", "svg", "html")
_WIDTH, _HEIGHT, _BAR = 640, 130, 24
# More lines than this can't be told apart.
_SERIES = 10
# Two pixels for each point, for screens and print alike.
_SCALE = 2

# A number as an axis shows it: 0, 7,500, 1.2M.
_SHORT = "abs(datum.value) < 1e5 ? format(datum.value, ',~r') : format(datum.value, '~s')"

# Okabe and Ito's palette, which people who don't see red or green can tell apart.
_COLOURS = [
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#882255",
    "#44AA99",
    "#999933",
    "#666666",
]
_CONFIG: dict[str, Any] = {
    "font": "sans-serif",
    "background": "white",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 11,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelColor": "#444",
        "titleColor": "#222",
        "gridColor": "#e6e6e6",
        "domainColor": "#999",
        "tickColor": "#999",
    },
    "legend": {"labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal"},
    "title": {
        "anchor": "start",
        "fontSize": 15,
        "subtitleFontSize": 12,
        "subtitleColor": "#555",
        "offset": 12,
    },
    "range": {"category": _COLOURS},
}


def draw(
    report: ReportData,
    path: Path | str | None,
    *,
    format: str | None,
    metrics: Sequence[str] | None,
    title: str | None,
) -> bytes:
    """Return the picture, and write it to a file if one is named."""
    kind = _format(path, format)
    picture = specification(report, check_metrics(metrics, default=report.metrics), title)
    drawn = _drawn(extra("vl_convert", "plots"), picture, kind)
    if path is not None:
        write_bytes_whole(path, drawn)
    return drawn


def _format(path: Path | str | None, format: str | None) -> str:
    kind = format or (Path(path).suffix.lstrip(".").lower() if path is not None else "png")
    if kind not in _FORMATS:
        raise InvalidInput("format", f"{kind!r} isn't one of {', '.join(_FORMATS)}")
    return kind


def _drawn(vl_convert: Any, picture: dict[str, Any], kind: str) -> bytes:
    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(picture, scale=_SCALE, allowed_base_urls=[]))
    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(picture, allowed_base_urls=[])).encode()
    return _page(str(vl_convert.vegalite_to_html({"description": _PLACE}, bundle=True)), picture)


def _page(frame: str, picture: dict[str, Any]) -> bytes:
    """Put a picture into a page; vl-convert would let a name end the script it stands in."""
    harmless = json.dumps(picture).replace("<", "\\u003c")
    before, after = re.split(rf'{{\s*"description":\s*"{_PLACE}"\s*}}', frame)
    return f"{before}{harmless}{after}".encode()


def specification(report: ReportData, metrics: Sequence[str], title: str | None) -> dict[str, Any]:
    """Return the picture as Vega-Lite describes it.

    Raises:
        InvalidInput: there is nothing to draw, or a metric that the report doesn't have.
    """
    missing = [name for name in metrics if name not in report.metrics]
    if missing:
        raise InvalidInput("metrics", f"{missing[0]} isn't in this report")
    if not report.rows:
        raise InvalidInput("report", "has no lines to draw")
    period = next((group for group in report.group_by if group in PERIODS), None)
    series = _series(report, period)
    panels = [
        _over_time(report, name, period, series) if period else _bars(name, series)
        for name in metrics
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {"text": title or "Engagement", "subtitle": caption(report)},
        "data": {"values": [_datum(row, metrics, period, series) for row in report.rows]},
        "vconcat": _labelled_once(panels) if period else panels,
        "spacing": 18,
        "config": _CONFIG,
    }


def _series(report: ReportData, period: str | None) -> dict[Key, str]:
    """Return the names of the lines or bars, in the order of the report."""
    others = "no segment" if "segment" in report.group_by else "all"
    named = {_key(row): _name(row) or others for row in report.rows}
    if period and len(named) > _SERIES:
        raise InvalidInput("report", f"has {len(named)} series, which nobody can tell apart")
    often = Counter(named.values())
    return {
        key: name if often[name] == 1 else f"{name} ({str(key[0])[-6:]})"
        for key, name in named.items()
    }


def _key(row: ReportRow) -> Key:
    return row.campaign, row.segment, row.event_type


def _name(row: ReportRow) -> str:
    parts = (row.campaign_name, row.segment_name, row.event_type)
    return ", ".join(part for part in parts if part)


def _datum(
    row: ReportRow, metrics: Sequence[str], period: str | None, series: dict[Key, str]
) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in metrics}
    plain = {k: float(v) if isinstance(v, Decimal) else v for k, v in values.items()}
    day = getattr(row, period) if period else None
    return {"name": series[_key(row)], "period": day and day.isoformat(), **plain}


def _axis(name: str, *, ticks: int) -> dict[str, Any]:
    metric = METRICS[name]
    axis: dict[str, Any] = {"title": metric.title, "tickCount": ticks}
    if metric.kind == "rate":
        return {**axis, "title": f"{metric.title} (%)", "format": ".1~%"}
    if metric.kind == "amount":
        return {**axis, "labelExpr": _SHORT}
    return {**axis, "tickMinStep": 1, "labelExpr": f"datum.value % 1 ? '' : {_SHORT}"}


def _over_time(
    report: ReportData, name: str, period: str, series: dict[Key, str]
) -> dict[str, Any]:
    has_points = len(report.rows) <= 62 * len(series)
    mark = {"type": "line", "strokeWidth": 2, "color": _COLOURS[0]}
    panel: dict[str, Any] = {
        "width": _WIDTH,
        "height": _HEIGHT,
        "mark": {**mark, "point": {"size": 22, "color": _COLOURS[0]} if has_points else False},
        "encoding": {
            # Dates without a time: a zone of the machine must not move them.
            "x": {
                "field": "period",
                "type": "temporal",
                "timeUnit": "utcyearmonthdate",
                "axis": _time_axis(period, report.timezone),
            },
            "y": {
                "field": name,
                "type": "quantitative",
                "axis": _axis(name, ticks=4),
                "scale": {"zero": True, "nice": True},
            },
        },
    }
    if len(series) > 1:
        panel["encoding"]["color"] = _colour(series)
    return panel


def _time_axis(period: str, timezone: str) -> dict[str, Any]:
    titles = {"day": "Day", "week": "Week from Monday", "month": "Month"}
    formats = {"day": "%-d %b %Y", "week": "%-d %b %Y", "month": "%b %Y"}
    return {
        "title": f"{titles[period]} ({timezone})",
        "format": formats[period],
        "grid": False,
        "labelOverlap": True,
        "tickCount": {"interval": "month", "step": 1} if period == "month" else 7,
    }


def _colour(series: dict[Key, str]) -> dict[str, Any]:
    return {
        "field": "name",
        "type": "nominal",
        "sort": list(series.values()),
        "title": None,
        "legend": {"orient": "bottom", "columns": 4, "labelLimit": 150},
    }


def _labelled_once(panels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the title of the time axis for the lowest panel only."""
    for panel in panels[:-1]:
        panel["encoding"]["x"]["axis"]["title"] = None
    return panels


def _bars(name: str, series: dict[Key, str]) -> dict[str, Any]:
    number = ".2%" if METRICS[name].kind == "rate" else ",~r"
    y = {"field": "name", "type": "nominal", "sort": list(series.values()), "title": None}
    return {
        "width": _WIDTH,
        "height": {"step": _BAR},
        "encoding": {
            "y": {**y, "axis": {"labelLimit": 180, "domain": False, "ticks": False}},
            "x": {
                "field": name,
                "type": "quantitative",
                "axis": _axis(name, ticks=6),
                "scale": {"zero": True},
            },
        },
        "layer": [
            {"mark": {"type": "bar", "color": _COLOURS[0], "height": {"band": 0.7}}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11},
                "encoding": {"text": {"field": name, "type": "quantitative", "format": number}},
            },
        ],
    }
