"""benchmarks/results/again.md: how far a second run lies from the first, ratio by ratio."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from statistics import median

from benchmarks._measure import keep, table

# The columns that hold what is claimed; times of the clock belong to their machine.
CLAIMED = frozenset({
    "ratio", "measured", "over the other [quartiles]", "beside over alone",
    "time over hand-written SQL", "times_faster", "insert_ratio", "over without [quartiles]",
})  # fmt: skip
ALLOWED = 0.15
# Of a ratio of hundredths, a hundredth more or less says nothing.
UNSEEN = 0.01
NUMBER = re.compile(r"\d[\d,]*\.?\d*")
ABOUT = """# Again

Made by `python -m benchmarks again`: each benchmark once more, and how far its ratios lie from
those of the run before. 15 % are allowed on a machine that does nothing else. Benchmarks that tell
no ratios aren't compared.
"""


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Write how far the results of two runs lie from each other."""
    head = ("benchmark", "ratios", "median difference", "over 15 %", "largest", "which")
    lines = [line for name in after if (line := _line(name, before[name], after[name]))]
    keep("again", f"{ABOUT}\n{table(head, lines)}")


def _line(name: str, before: str, after: str) -> tuple[object, ...]:
    then, now = dict(claims(before)), dict(claims(_made_anew(after, before)))
    apart = {what: _apart(then[what], now[what]) for what in then.keys() & now.keys()}
    if not apart:
        return ()
    worst = max(sorted(apart), key=lambda what: apart[what])
    over = sum(each > ALLOWED for each in apart.values())
    return (
        name, len(apart), f"{median(apart.values()):.1%}", over, f"{apart[worst]:.1%}", worst
    )  # fmt: skip


def _made_anew(after: str, before: str) -> str:
    """Leave out sections that stand in both to the letter: sizes that weren't run again."""
    sections = re.split(r"^(?=## )", after, flags=re.MULTILINE)
    return "".join(each for each in sections if each not in before)


def _apart(one: float, other: float) -> float:
    low, high = sorted((one, other))
    if high - low <= UNSEEN:
        return 0.0
    return high / low - 1 if low else float(high > 0)


def claims(result: str) -> Iterator[tuple[str, float]]:
    """Yield what a result's tables claim: where it stands, and its number."""
    sections, head = [""], [""]
    for line in result.splitlines():
        if line.startswith("#"):
            title = line.lstrip("#")
            sections = [*sections[: len(line) - len(title) - 1], title.strip()]
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if not line.startswith("|"):
            head = [""]
        elif head == [""]:
            head = cells
        else:
            for column, cell in zip(head, cells, strict=False):
                found = NUMBER.search(cell)
                if column in CLAIMED and found:
                    said = takewhile(lambda cell: not NUMBER.match(cell), cells[1:])
                    where = ", ".join(filter(None, (*sections[1:], cells[0], *said, column)))
                    yield where, float(found[0].replace(",", ""))
