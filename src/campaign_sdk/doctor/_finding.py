"""`Finding`: what one check found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failed", "skipped"]
"""What came of a check; only `failed` is a fault."""


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        name: what was checked.
        status: "skipped" is what couldn't be checked, or isn't used: no fault by itself.
        message: what was found.
        remedy: what to do about it; `None` if there is nothing to do.
    """

    name: str
    status: Status
    message: str
    remedy: str | None = None
