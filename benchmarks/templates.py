"""Rendering 100,000 messages, against a compiled Jinja2 template that does the same.

    pip install jinja2 && python -m benchmarks templates

The two take turns, round by round, on the same contacts; the ratio is the median of
the rounds' ratios, so that a busy machine slows both. Both must put out the same text.
Memory is the peak of what Python allocates while it streams a tenth of the messages,
and all of them: flat means that the two are equal.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import jinja2

from campaign_sdk.templates import Template

MESSAGES, ROUNDS, BAR = 100_000, 9, 1.5
RESULTS = Path(__file__).parent / "results"

Contact = dict[str, Any]
Render = Callable[[Contact], object]


@dataclass(frozen=True)
class Case:
    name: str
    ours: str
    theirs: str
    html: bool = False


PLAIN = (
    "Hi {{ first_name }}, is {{ city }} still right for {{ email }}?\n",
    "Hi {{ attributes.first_name }}, is {{ attributes.city }} still right for {{ email }}?\n",
)
FULL = (
    'Hi {{ nickname | default: "there" }},\n\nthank you for {{ orders }} orders from '
    "{{ address.city | upcase }}: {{ spend | round: 2 }} in all, the last on "
    '{{ last_order_at | date: "%d %B %Y" }}.\n\nYou get this as {{ email }}.\n',
    'Hi {{ attributes.nickname | default("there", true) }},\n\nthank you for '
    "{{ attributes.orders }} orders from {{ attributes.address.city | upper }}: "
    '{{ "%.2f" | format(attributes.spend) }} in all, the last on '
    "{{ attributes.last_order_at | day }}.\n\nYou get this as {{ email }}.\n",
)
CASES = (
    Case("three fields", *PLAIN),
    Case("three fields, HTML", *PLAIN, html=True),
    Case("six fields, four filters", *FULL),
    Case("six fields, four filters, HTML", *FULL, html=True),
)


def contacts(count: int) -> Iterator[Contact]:
    for number in range(count):
        attributes: Contact = {
            "first_name": "Ann & Bob",
            "city": "Pune",
            "address": {"city": "Pune"},
            "orders": number % 12,
            "spend": number / 7,
            "last_order_at": "1998-06-03T10:00:00+00:00",
        }
        if number % 3:
            attributes["nickname"] = "Ann"
        yield {"email": f"customer-{number}@example.com", "attributes": attributes}


def ours(case: Case) -> Render:
    template = Template.parse(case.ours)
    return lambda contact: template.render(contact, html=case.html)


def theirs(case: Case) -> Render:
    environment = jinja2.Environment(
        autoescape=case.html, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    environment.filters["day"] = lambda value: datetime.fromisoformat(value).strftime("%d %B %Y")
    return environment.from_string(case.theirs).render


def seconds(render: Render, batch: list[Contact]) -> float:
    start = time.perf_counter()
    for contact in batch:
        render(contact)
    return time.perf_counter() - start


def peak_kilobytes(render: Render, count: int) -> int:
    seconds(render, list(contacts(10)))
    tracemalloc.start()
    for contact in contacts(count):
        render(contact)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return round(peak / 1000)


def measure(case: Case) -> dict[str, Any]:
    mine, other, batch = ours(case), theirs(case), list(contacts(MESSAGES))
    assert all(mine(one) == other(one) for one in batch[:1_000]), case.name
    rounds = [(seconds(mine, batch), seconds(other, batch)) for _ in range(ROUNDS)]
    return {
        "case": case.name,
        "campaign_sdk_us": round(median(a for a, _ in rounds) / MESSAGES * 1e6, 2),
        "jinja2_us": round(median(b for _, b in rounds) / MESSAGES * 1e6, 2),
        "ratio": round(median(a / b for a, b in rounds), 2),
        "peak_kb_at_a_tenth": peak_kilobytes(mine, MESSAGES // 10),
        "peak_kb": peak_kilobytes(mine, MESSAGES),
    }


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        f"# Templates: {MESSAGES:,} renders against Jinja2 {jinja2.__version__}",
        f"\nMedian of {ROUNDS} rounds; the bar is a ratio of {BAR}.\n",
        "| message | campaign_sdk, µs | Jinja2, µs | ratio | peak kB, a tenth / all |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        case, mine, other, ratio, tenth, peak = row.values()
        lines.append(f"| {case} | {mine} | {other} | {ratio} | {tenth} / {peak} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    rows = [measure(case) for case in CASES]
    RESULTS.mkdir(exist_ok=True)
    result = {"messages": MESSAGES, "bar": BAR, "jinja2": jinja2.__version__, "cases": rows}
    (RESULTS / "templates.json").write_text(json.dumps(result, indent=2) + "\n")
    (RESULTS / "templates.md").write_text(table(rows))
    print(table(rows))


if __name__ == "__main__":
    main()
