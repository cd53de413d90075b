"""How a picture looks."""

from __future__ import annotations

from typing import Any

# Okabe and Ito's palette, which people who don't see red or green can tell apart.
COLOURS = [
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
CONFIG: dict[str, Any] = {
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
    "range": {"category": COLOURS},
}
