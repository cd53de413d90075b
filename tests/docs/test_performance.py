"""docs/performance.md is what the benchmarks have written down."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["sdk", "peers", "growth", "weight"])
def test_the_page_holds_the_results(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    page = importlib.import_module("benchmarks._page")
    written = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    remedy = "run `python -m benchmarks page`"
    assert f"## {page.TITLES[name]}\n" in written, remedy
    assert page.body(ROOT / "benchmarks" / "results" / f"{name}.md") in written, remedy
