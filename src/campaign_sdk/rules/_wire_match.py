"""The match mode of a rule: how many elements of a list must fulfil its rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from campaign_sdk._core.errors import InvalidRules

from ._check import check_keys
from ._tree import Mode

MODES: tuple[str, ...] = get_args(Mode)
COUNTING = ("atLeast", "atMost", "exactly")
MOST = 1_000_000_000

_KEYS = frozenset(("mode", "threshold"))


def load_match(match: object, path: str) -> tuple[Mode, int | float | None]:
    """Read a match mode and its threshold, which three of the modes have.

    The component leaves a threshold beside the other three; it says nothing there.

    Raises:
        InvalidRules: it isn't one of the six modes, or lacks its threshold.
    """
    if not isinstance(match, Mapping):
        raise InvalidRules(path, 'must be {"mode", "threshold"}')
    check_keys(match, _KEYS, path)
    mode = match.get("mode")
    if not isinstance(mode, str) or mode not in MODES:
        raise InvalidRules(f"{path}.mode", f"must be one of {', '.join(MODES)}")
    if mode not in COUNTING:
        return cast(Mode, mode), None
    return cast(Mode, mode), check_threshold(match.get("threshold"), f"{path}.threshold")


def check_threshold(value: Any, path: str) -> int | float:
    """Refuse a threshold that is neither a number of elements nor a share of them."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidRules(path, "must be a number")
    if not 0 <= value <= MOST or (value > 1 and value % 1):
        raise InvalidRules(path, "must be a whole number, or a share between 0 and 1")
    return value if 0 < value < 1 else int(value)
