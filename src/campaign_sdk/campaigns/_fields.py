"""Fields that a campaign names, asked about before it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.assets._html import blanked
from campaign_sdk.campaigns._content import MAX_HTML
from campaign_sdk.rules import Rules
from campaign_sdk.segments._conditions import odd_conditions
from campaign_sdk.segments._fields import odd_fields
from campaign_sdk.templates import Template

TEXTS = ("message", "subject", "preheader", "html")


def check_fields(resource: Resource[Any], row: Mapping[str, Any]) -> Steps[tuple[str, ...]]:
    """Return what is to be said about the fields that a campaign is stored with.

    Raises:
        InvalidInput: a text has a placeholder that the schema of the contacts doesn't name.
    """
    rules = None if row.get("rules") is None else Rules.of(row["rules"])
    asked = () if rules is None else rules.fields
    templates = list(_templates(row))
    used = [name for template in templates for name in template.fields]
    odd = yield from odd_fields(resource, [*asked, *used])
    for template in templates:
        for name in template.fields:
            if name in odd and odd[name].outside:
                raise template.error_of(name, odd[name].reason)
    strange = () if rules is None else (yield from odd_conditions(resource, rules, odd))
    return (*(each.reason for each in odd.values()), *(each.reason for each in strange))


def _templates(row: Mapping[str, Any]) -> Iterator[Template]:
    """Yield the templates among what is stored, the variants' included."""
    yield from _of_one(row, "")
    for variant in row.get("variants") or ():
        yield from _of_one(variant, f"variants.{variant['name']}.")


def _of_one(row: Mapping[str, Any], above: str) -> Iterator[Template]:
    for name in TEXTS:
        if row.get(name) is not None:
            text = blanked(row[name]) if name == "html" else row[name]
            yield Template.parse(text, path=f"{above}{name}", longest=MAX_HTML)
