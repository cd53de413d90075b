"""Which files begin first, where files are shared out among workers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

# Those that take seconds, longest first: the last file to end is the end of the run.
LONGEST = (
    "deliveries/test_chaos.py",
    "local/test_stack.py",
    "docs/test_docs.py",
    "local/test_users.py",
    "tracking/test_function.py",
    "demo/test_demo.py",
    "cli/test_output.py",
    "cli/test_examples_in_help.py",
    "database/test_first_contact.py",
    "local/test_damage.py",
    "cli/test_doctor.py",
    "cli/test_sending.py",
    "faults/test_shapes.py",
    "docs/test_examples.py",
    "soak/test_soak.py",
    "local/test_functions.py",
    "local/test_background.py",
    "soak/test_machine.py",
    "attributes/test_source.py",
    "attributes/test_types.py",
    "cli/test_complete.py",
    "cli/test_functions.py",
    "cli/test_local.py",
    "cli/test_pipes.py",
    "core/test_elsewhere.py",
    "database/test_cli.py",
    "faults/test_screen.py",
    "rules/test_behaviour_differential.py",
    "rules/test_differential.py",
    "rules/test_crosswise.py",
    "rules/test_hot_fields.py",
)
TESTS = Path(__file__).parent


def longest_first(items: list[pytest.Item]) -> None:
    """Put the longest files first, then those of many tests; each stays as it is."""
    begins = {TESTS / name: number for number, name in enumerate(LONGEST)}
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (begins.get(item.path, len(begins)), -sizes[item.path], item.path))
