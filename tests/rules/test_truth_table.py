"""The truth table is what both executors do, and what the docs show."""

from __future__ import annotations

import json
from datetime import datetime

from campaign_sdk.rules import Rules

from .conftest import Audience, wire
from .truth_table import BLOCK, DATA, PAGE, Case, cases, markdown

AS_OF = datetime.fromisoformat(DATA["as_of"])


def tree_of(case: Case) -> dict[str, object]:
    return wire(case.field, case.operator, case.value)


def test_python_follows_the_truth_table() -> None:
    wrong = [
        case
        for case in cases()
        if Rules.of(tree_of(case)).matches(case.contact, AS_OF, case.timezone) is not case.answer
    ]
    assert wrong == []


def test_the_database_follows_the_truth_table(asking: Audience) -> None:
    wrong = []
    for timezone in {case.timezone for case in cases()}:
        chosen = [case for case in cases() if case.timezone == timezone]
        people = list({json.dumps(case.contact): case.contact for case in chosen}.values())
        asking.fill(people)
        answers = asking.members(list(map(tree_of, chosen)), DATA["as_of"], timezone)
        wrong += [
            case
            for case, answer in zip(chosen, answers, strict=True)
            if (people.index(case.contact) in answer) is not case.answer
        ]
    assert wrong == []


def test_the_docs_show_the_truth_table() -> None:
    shown = BLOCK.search(PAGE.read_text("utf-8"))
    assert shown is not None
    assert shown[0] == markdown(), "run: python tests/rules/truth_table.py"
