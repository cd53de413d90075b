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


TABLE = """# Things

## 1,000

| what | ms | ratio |
| --- | --- | --- |
| count | 3.1 | 1.24 [1.1, 1.3] |
| page | 2.0 | - |
"""


def test_a_second_run_is_compared_by_what_is_claimed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    again = importlib.import_module("benchmarks._again")
    measure = importlib.import_module("benchmarks._measure")
    monkeypatch.setattr(measure, "RESULTS", tmp_path)
    assert dict(again.claims(TABLE)) == {"1,000, count, ratio": 1.24}
    again.compare({"things": TABLE}, {"things": TABLE.replace("1.24", "1.55")})
    assert "| things | 1 | 25.0% | 1 | 25.0% | 1,000, count, ratio |" in (
        tmp_path / "again.md"
    ).read_text(encoding="utf-8")
