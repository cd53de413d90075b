"""A report as a picture, drawn by Vega-Lite without a network or a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.files import write_bytes_whole
from campaign_sdk.reports._data import ReportData, ReportRow
from campaign_sdk.reports._export import caption, extra
from campaign_sdk.reports._metrics import METRICS, check_metrics
from campaign_sdk.reports._picture import Picture
from campaign_sdk.reports._plot_series import Key, drawn_rows, key_of, left_out, series_of
from campaign_sdk.reports._plot_style import COLOURS, CONFIG
from campaign_sdk.reports._request import PERIODS

_PLACE = "the place of the picture"
_FORMATS = ("png", "svg", "pdf", "html")
_WIDTH, _HEIGHT, _BAR = 640, 130, 24
# Four of them stand side by side in a legend.
_SHORT_NAME = 20
# So many days, weeks or months are named on an axis.
_TICKS = 8
# Two pixels for each point, for screens and print alike.
_SCALE = 2

# A number as an axis shows it: 0, 7,500, 1.2M.
_SHORT = "abs(datum.value) < 1e5 ? format(datum.value, ',~r') : format(datum.value, '~s')"


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
    drawn = Picture(_drawn(extra("vl_convert", "plots"), picture, kind), kind)
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
    if kind == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(picture, allowed_base_urls=[]))
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
    days = sorted({getattr(row, period) for row in report.rows}) if period else []
    # Of one day there is no course.
    is_course = len(days) > 1
    rows = drawn_rows(report, metrics) if is_course else list(report.rows)
    series = series_of(rows or report.rows, report, lines=bool(is_course and rows))
    data = [_datum(row, metrics, period, series) for row in rows] or _nothing(days)
    panels = [
        _over_time(name, data, _time_axis(period, report.timezone, days), series)
        if period and is_course
        else _bars(name, series)
        for name in metrics
    ]
    about = " · ".join(filter(None, (caption(report), left_out(report, rows))))
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {"text": title or "Engagement", "subtitle": about},
        "data": {"values": data},
        "vconcat": _labelled_once(panels) if is_course else panels,
        "spacing": 18,
        "config": CONFIG,
    }


def _datum(
    row: ReportRow, metrics: Sequence[str], period: str | None, series: dict[Key, str]
) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in metrics}
    plain = {k: float(v) if isinstance(v, Decimal) else v for k, v in values.items()}
    day = getattr(row, period) if period else None
    return {"name": series[key_of(row)], "period": day and day.isoformat(), **plain}


def _nothing(days: Sequence[date]) -> list[dict[str, Any]]:
    """The frame of a picture without a line."""
    return [{"period": day.isoformat()} for day in days]


def _axis(name: str, *, ticks: int) -> dict[str, Any]:
    metric = METRICS[name]
    axis: dict[str, Any] = {"title": metric.title, "tickCount": ticks}
    if metric.kind == "rate":
        return {**axis, "title": f"{metric.title} (%)", "format": ".1~%"}
    if metric.kind == "amount":
        return {**axis, "labelExpr": _SHORT}
    return {**axis, "tickMinStep": 1, "labelExpr": f"datum.value % 1 ? '' : {_SHORT}"}


def _over_time(
    name: str, data: list[dict[str, Any]], axis: dict[str, Any], series: dict[Key, str]
) -> dict[str, Any]:
    has_points = len(data) <= 62 * len(series)
    scale: dict[str, Any] = {"zero": True, "nice": True}
    if not any(datum.get(name) for datum in data):
        # Zero would stand in the middle.
        scale["domain"] = [0, 1]
    mark = {"type": "line", "strokeWidth": 2, "color": COLOURS[0]}
    panel: dict[str, Any] = {
        "width": _WIDTH,
        "height": _HEIGHT,
        "mark": {**mark, "point": {"size": 22, "color": COLOURS[0]} if has_points else False},
        "encoding": {
            # Dates without a time: a zone of the machine must not move them.
            "x": {
                "field": "period",
                "type": "temporal",
                "timeUnit": "utcyearmonthdate",
                "axis": axis,
            },
            "y": {
                "field": name,
                "type": "quantitative",
                "axis": _axis(name, ticks=4),
                "scale": scale,
            },
        },
    }
    if len(series) > 1 and "name" in data[0]:
        panel["encoding"]["color"] = _colour(series)
    return panel


def _time_axis(period: str, timezone: str, days: Sequence[date]) -> dict[str, Any]:
    titles = {"day": "Day", "week": "Week from Monday", "month": "Month"}
    formats = {"day": "%-d %b %Y", "week": "%-d %b %Y", "month": "%b %Y"}
    return {
        "title": f"{titles[period]} ({timezone})",
        "format": formats[period],
        "grid": False,
        "labelOverlap": True,
        "labelFlush": False,
        # Named here, as Vega would have weeks begin on Sundays and a day begin twice.
        "values": [_instant(day) for day in days[:: -(-len(days) // _TICKS)]],
    }


def _instant(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1_000)


def _colour(series: dict[Key, str]) -> dict[str, Any]:
    return {
        "field": "name",
        "type": "nominal",
        "sort": list(series.values()),
        "title": None,
        "legend": {
            "orient": "bottom",
            "columns": 4 if max(map(len, series.values())) <= _SHORT_NAME else 2,
            "labelLimit": 300,
        },
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
            "y": {**y, "axis": {"labelLimit": 300, "domain": False, "ticks": False}},
            "x": {
                "field": name,
                "type": "quantitative",
                "axis": _axis(name, ticks=6),
                "scale": {"zero": True},
            },
        },
        "layer": [
            {"mark": {"type": "bar", "color": COLOURS[0], "height": {"band": 0.7}}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11},
                "encoding": {"text": {"field": name, "type": "quantitative", "format": number}},
            },
        ],
    }
