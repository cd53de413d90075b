"""docs/cli.md says what the commands say."""

from __future__ import annotations

import re
from pathlib import Path

from campaign_sdk.cli._errors import (
    ABORTED,
    BUG,
    EXIT_CODES,
    INTERRUPTED,
    PARTLY,
    UNHEALTHY,
)
from campaign_sdk.cli.reference import reference

from .test_examples_in_help import COMMANDS, example_of

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), (
        "stale: run `python -m campaign_sdk.cli.reference > docs/cli.md`"
    )


def test_every_command_is_there_with_its_example() -> None:
    page = reference()
    for name in COMMANDS:
        assert re.search(rf"^##+ {name}$", page, re.MULTILINE), name
        assert f"$ campaign {example_of(name)}\n" in page


def test_every_exit_code_is_there() -> None:
    codes = {0, 2, BUG, ABORTED, PARTLY, INTERRUPTED, UNHEALTHY, *EXIT_CODES.values()}
    listed = re.findall(r"^\| (\d+) \|", reference(), re.MULTILINE)
    assert list(map(int, listed)) == sorted(codes)
