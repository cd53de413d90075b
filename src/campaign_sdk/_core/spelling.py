"""Which of the names that exist was most likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the name that is written most like another, whatever its capitals."""
    plain = {each.casefold(): each for each in sorted(known, reverse=True)}
    near = get_close_matches(name.casefold(), plain, n=1)
    return plain[near[0]] if near else None
