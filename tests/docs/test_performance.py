"""docs/performance.md is what the benchmarks have written down, and nothing else."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    page = importlib.import_module("benchmarks._page")
    remedy = "run `python -m benchmarks page`"
    assert (ROOT / "docs" / "performance.md").read_text(encoding="utf-8") == page.page(), remedy
    # No benchmark that nobody finds there.
    names = {path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py")} - {"chaos"}
    assert names == set(page.TITLES)
