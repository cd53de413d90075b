"""What a campaign says, checked before it is stored."""

from __future__ import annotations

import re
from typing import Any

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.assets._html import blanked
from campaign_sdk.templates import Template

MAX_HTML = 524_288
_LONGEST_LINE = 998  # RFC 5322, section 2.1.1
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(value: Any, name: str) -> str | None:
    """Return a template that is one line: a subject, or what an inbox shows after it.

    Raises:
        InvalidInput: it is empty, too long, malformed, or has a line break in it.
    """
    if value is None:
        return None
    Template.parse(value, path=name)
    if not value.strip() or len(value) > _LONGEST_LINE or _CONTROL.search(value):
        raise InvalidInput(name, f"must be one line of 1 to {_LONGEST_LINE} characters")
    return str(value)


def message(value: Any) -> str | None:
    """Return a template, or raise `InvalidInput` if it is malformed or too long."""
    return None if value is None else Template.parse(value).source


def html(value: Any) -> str | None:
    """Return a template of HTML, or raise `InvalidInput` if it is malformed or too long."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInput("html", "must be a text")
    Template.parse(blanked(value), path="html", longest=MAX_HTML)
    return value
