"""docs/reliability.md, out of the tables that the tests go by.

`PYTHONPATH=src:tests python -m faults.reliability > docs/reliability.md` writes it; a test
compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from .faults import CASES, SHORT, Case, again
from .operations import CORE, OTHERS
from .promises import PROMISES

_INTRODUCTION = """\
# Reliability

Made from the tables of the tests by `python -m faults.reliability > docs/reliability.md`; don't
edit it.

The promise: no hang, no silent loss, no partial truth, no traceback for a user of the command
line, no secret in any output; always a typed error, with the remedy that fits.

- A read, and a write that carries a key of its own, is sent up to four times; a write that
  carries none is sent once, unless there was no connection to send it on. The deadline
  (`timeout`) is for all of it together, looking up the host's name included.
- `maybe_applied` of an error says whether something may have been carried out all the same. Of
  reads it is never true. The command line then says what to look at first.
- What is said of a write holds for the database as well: the tests count its rows.

What isn't promised: a disk can't be trusted that says it has written what it hasn't.
"""


def page() -> str:
    """Return the whole page."""
    reads = sum(each.kind == "read" for each in (*CORE, *OTHERS))
    parts = [
        _INTRODUCTION,
        "## On the wire",
        "",
        f"Each is done to {len(CORE)} kinds of requests, in both modes, by a socket that stands "
        "before a real stack.",
        "",
        *_table(("what happens", "error", "sent", "in doubt"), map(_row, CASES)),
        "",
        "## Answers of another form",
        "",
        f"Every answer to {len(CORE) + len(OTHERS)} operations, {reads} of them reads, is replaced "
        "by some seventy others, and by itself with each part left out, of another type, or "
        "doubled: thousands of answers. Each is a typed error, or the truth; nothing of Python's "
        "own comes out. A success that isn't an answer (201 to 205, or no body) ends no listing.",
    ]
    for chapter, promises in PROMISES.items():
        parts.extend(("", f"## {chapter}", ""))
        parts.extend(
            _table(("what happens", "what you get"), ((p.fault, p.result) for p in promises))
        )
    return "\n".join(parts) + "\n"


def _row(case: Case) -> tuple[str, str, str, str]:
    tried = {case.requests(kind) for kind in ("read", "write")}
    sent = "once" if tried == {1} else "twice, with a renewed session" if tried == {2} else ""
    if case.requests is again:
        sent = "four times; a write without a key once"
    doubt = case.raises.__name__ in ("Unavailable", "TimedOut", "ProtocolError")
    late = ", at the deadline" if case.timeout == SHORT else ""
    name = f"`{case.raises.__name__}`{late}"
    return case.name, name, sent, "writes" if doubt else "nothing"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
