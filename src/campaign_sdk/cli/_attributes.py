"""`--set NAME=VALUE`: attributes of a contact, as they are typed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import typer


def attributes_of(given: Iterable[str]) -> dict[str, Any]:
    """Return attributes; a dotted name is one within another, as in rules."""
    from campaign_sdk.rules._paths import keys_of

    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise typer.BadParameter("must look like city=Pune", param_hint="--set")
        *above, last = keys_of(name)
        inner = found
        for key in above:
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                raise typer.BadParameter(f"{key} is given twice, differently", param_hint="--set")
        inner[last] = _value(value)
    return found


def _value(text: str) -> Any:
    """Return what JSON reads, such as a number; all else is a text."""
    try:
        return json.loads(text, parse_constant=lambda name: name)
    except ValueError:
        return text
