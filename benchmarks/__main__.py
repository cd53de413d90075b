"""Run the benchmarks, and write down what they found.

    python -m benchmarks                 all of them
    python -m benchmarks sdk peers       some
    python -m benchmarks rules 100000    one, with arguments of its own
    python -m benchmarks page            only docs/performance.md, out of the results
    python -m benchmarks again [NAME]    once more, and how far from the run before

Each writes benchmarks/results/NAME.md; the page puts them side by side, with the machine on which
they were made. `make chaos` has a target of its own: it proves, and doesn't measure.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from benchmarks._again import compare
from benchmarks._measure import RESULTS
from benchmarks._page import write

NAMES = sorted(
    path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem != "chaos"
)


def main(asked: list[str]) -> None:
    again = asked[:1] == ["again"]
    asked = asked[again:]
    if asked and asked[0] not in (*NAMES, "page"):
        sys.exit(f"there is no benchmark {asked[0]!r}, only {', '.join(NAMES)}, page and again")
    names = [name for name in asked if name in NAMES] or ([] if asked else NAMES)
    rest = [argument for argument in asked if argument not in (*NAMES, "page")]
    before = {name: result(name) for name in names}
    for name in names:
        print(f"== {name}", flush=True)
        sys.argv = [f"benchmarks/{name}.py", *rest]
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")
    if again:
        compare(before, {name: result(name) for name in names})
    write(names)


def result(name: str) -> str:
    path = RESULTS / f"{name}.md"
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    main(sys.argv[1:])
