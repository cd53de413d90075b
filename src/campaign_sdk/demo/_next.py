"""What to type next: commands that can be pasted as they stand, from where one stands."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from shlex import join


def next_steps(customers: Path) -> tuple[str, ...]:
    """Return commands that make a stack that stays, with the demo's customers in it."""
    program = _program()
    steps = (
        ("local", "start"),
        ("auth", "signup", "--email", "you@example.com", "--password", "a password of yours"),
        ("contacts", "import", _from_here(customers)),
        ("segments", "preview", "--where", "orders >= 3"),
    )
    return tuple(join((program, *step)) for step in steps)


def _program() -> str:
    """The command as this shell finds it: ours needn't be on its path."""
    ours = Path(sys.executable).parent / "campaign"
    found = shutil.which("campaign")
    is_ours = found is not None and Path(found).resolve() == ours.resolve()
    return "campaign" if is_ours or not ours.exists() else _from_here(ours)


def _from_here(path: Path) -> str:
    shown = os.path.relpath(path)
    return str(path) if shown.startswith("..") else shown
