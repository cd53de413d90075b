"""The truth table: one data file, tested with both executors and shown in the docs.

`python tests/rules/truth_table.py` writes it into docs/rules.md anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "rules.md"
BLOCK = re.compile(r"(?<=<!-- truth table -->\n).*(?=<!-- /truth table -->)", re.DOTALL)

DATA: dict[str, Any] = json.loads((HERE / "truth_table.json").read_text("utf-8"))
OPPOSITE = {
    "notNull": "null",
    "null": "notNull",
    "=": "!=",
    "in": "notIn",
    "between": "notBetween",
    "contains": "doesNotContain",
    "beginsWith": "doesNotBeginWith",
    "endsWith": "doesNotEndWith",
}


@dataclass(frozen=True)
class Case:
    """One contact, one rule, one answer."""

    contact: dict[str, Any]
    field: str
    operator: str
    value: Any
    timezone: str
    answer: bool


def cases() -> Iterator[Case]:
    """Every cell of the table and every edge, and the opposite of each."""
    for case in (*_cells(), *_edges()):
        yield case
        if case.operator in OPPOSITE:
            opposite = OPPOSITE[case.operator]
            yield Case(**{**vars(case), "operator": opposite, "answer": not case.answer})


def _cells() -> Iterator[Case]:
    for rule in DATA["rules"]:
        for column, stored in enumerate(DATA["stored"]):
            attributes = {"x": stored["json"]} if "json" in stored else {}
            contact, answer = {"attributes": attributes}, column in rule["true"]
            yield Case(contact, "x", rule["operator"], rule["value"], "UTC", answer)


def _edges() -> Iterator[Case]:
    for edge in DATA["edges"]:
        contact = edge["stored"] if "stored" in edge else {"attributes": {"x": edge["json"]}}
        timezone = edge.get("timezone", "UTC")
        field = edge.get("field", "x")
        yield Case(contact, field, edge["operator"], edge["value"], timezone, edge["true"])


def markdown() -> str:
    """Write both tables as Markdown."""
    names = [stored["name"] for stored in DATA["stored"]]
    lines = [f"| rule | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for rule in DATA["rules"]:
        cells = ["✓" if n in rule["true"] else "·" for n in range(len(names))]
        lines.append(f"| {_code(rule)} | {' | '.join(cells)} |")
    notes = [
        f"{stored['name'].split()[-1]} `{json.dumps(stored['json'])}`"
        for stored in DATA["stored"]
        if not stored["name"].startswith(("`", "missing"))
    ]
    lines += [
        "",
        f"{', '.join(notes)}. Relative dates are resolved at `{DATA['as_of']}`, in UTC.",
        "",
    ]
    lines += ["| stored | rule | | because |", "|---|---|---|---|", *map(_edge_row, DATA["edges"])]
    return "\n".join(lines) + "\n"


def _edge_row(edge: dict[str, Any]) -> str:
    stored = edge["stored"] if "stored" in edge else edge["json"]
    shown = json.dumps(stored, ensure_ascii="e\\u0301" in json.dumps(stored))
    zone = f" in {edge['timezone']}" if "timezone" in edge else ""
    mark = "✓" if edge["true"] else "·"
    return f"| `{shown}` | {_code(edge, edge.get('field', ''))}{zone} | {mark} | {edge['why']} |"


def _code(rule: dict[str, Any], field: str = "") -> str:
    value = None if rule["value"] is None else _written(rule["value"])
    return "`" + " ".join(part for part in (field, rule["operator"], value) if part) + "`"


def _written(value: Any) -> str:
    if isinstance(value, dict):
        shown = f"{value['anchor']} {value['offset']:+d} {value['unit']}"
        return f"{shown} of any year" if "recurring" in value else shown
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return json.dumps(value)


if __name__ == "__main__":
    table = markdown()
    PAGE.write_text(BLOCK.sub(lambda _: table, PAGE.read_text("utf-8")), "utf-8")
