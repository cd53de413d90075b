"""docs/production.md quotes what was measured; it invents no number."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| .+? \| (.+) \| (benchmarks/results/\w+\.md) \|$", re.MULTILINE)


def test_every_measured_number_stands_in_its_source() -> None:
    rows = ROW.findall((ROOT / "docs" / "production.md").read_text(encoding="utf-8"))
    assert len(rows) == 12
    for numbers, source in rows:
        measured = (ROOT / source).read_text(encoding="utf-8")
        for number in numbers.split(" | "):
            assert re.search(rf"(?<![\d.,]){re.escape(number)}(?!\d|[.,]\d)", measured), number
