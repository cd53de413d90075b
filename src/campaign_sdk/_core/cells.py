"""Texts in the cells of a spreadsheet: none of them is a formula."""

from __future__ import annotations

import re

# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), also in its
# full-width form and behind what can't be seen.
_FORMULA = re.compile(
    r"[\t\r\n]|[\s\x00-\x1f\x7f-\x9f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*"
    r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take a text for a formula."""
    return _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """Return a text as a cell; one that could be a formula gets an apostrophe in front."""
    return f"'{text}" if is_formula(text) else text
